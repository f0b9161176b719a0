"""The real encoder: a SentenceTransformer, by default on ONNX Runtime with the embedded model.

The only module that imports sentence_transformers and onnxruntime.
"""

from __future__ import annotations

import os

# Before the imports below: no telemetry (ONNX Runtime has it on by default, and writes under the
# user's cache folder), no look-up on a hub for a local model, and no threads that spin while they
# wait (with other work on the cores they are 40 times slower).
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import sentencepiece
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import InputModule, Normalize, Pooling

from corpus.errors import EncoderUnavailable
from index.encoder import Vectors

# Texts of similar length go together: padding is work that nobody reads. Measured on 300 passages:
# 16 by 16 gives 1.25 times the speed of one by one; beyond, nothing is gained and memory grows.
_BATCH = 16
# One space becomes one more token, a place where this encoder gathers what the whole passage says.
# On the CNIL dev questions, vectors alone: MRR@10 0.694 without, 0.721 with, 0.714 with two.
_PASSAGE_END = " "


class OnnxTransformer(InputModule):
    """The first module of the embedded SentenceTransformer: token vectors by ONNX Runtime."""

    def __init__(self, folder: Path) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.max_seq_length: int = config["max_tokens"]
        self._bos, self._eos, self._pad = config["bos"], config["eos"], config["pad"]
        self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # An arena keeps the memory of the largest batch ever seen; ours is small without it.
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any) -> dict[str, torch.Tensor]:
        """Token ids and mask, shape (len(inputs), longest); texts are cut at the model's length."""
        rows = []
        for text in inputs:
            folded = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", (prompt or "") + text))
            rows.append([self._bos, *self._pieces.encode(folded)[: self.max_seq_length - 2], self._eos])
        longest = max(map(len, rows))
        ids = np.full((len(rows), longest), self._pad, np.int64)
        mask = np.zeros_like(ids)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Adds `token_embeddings`, shape (texts, tokens, dimension)."""
        feeds = {name: features[name].numpy() for name in ("input_ids", "attention_mask")}
        [vectors] = self._session.run(["token_embeddings"], feeds)
        features["token_embeddings"] = torch.from_numpy(vectors)
        return features

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """The embedded model is made by `index.convert_encoder`, and never saved again."""
        raise EncoderUnavailable("le modèle embarqué ne s'enregistre pas ailleurs ; copiez son dossier.")


class SentenceEncoder:
    """An `Encoder` on any SentenceTransformer, with its own prompts for questions and documents.

    Args:
        passage_end: characters put after each passage before it is encoded.
    """

    def __init__(self, model: SentenceTransformer, name: str, passage_end: str = "") -> None:
        self._model = model
        self.name = name
        self._passage_end = passage_end
        dimension = model.get_embedding_dimension()
        if dimension is None:
            raise EncoderUnavailable(f"le modèle « {name} » ne dit pas sa dimension. Choisissez-en un autre.")
        self.dimension = dimension

    def encode_question(self, text: str) -> Vectors:
        vectors = self._model.encode_query([text], normalize_embeddings=True, show_progress_bar=False)
        vector: Vectors = np.asarray(vectors[0], np.float32)
        return vector

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] = lambda done: None) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            vectors[batch] = self._model.encode_document(
                [texts[number] + self._passage_end for number in batch],
                batch_size=_BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            progress(min(first + _BATCH, len(order)))
        return vectors


def load_embedded(folder: Path, name: str, passage_end: str = _PASSAGE_END) -> SentenceEncoder:
    """The embedded multilingual-e5-small, from the folder that `index.convert_encoder` made.

    Raises:
        EncoderUnavailable: if a file of the folder is missing or damaged.
    """
    # onnxruntime and sentencepiece raise plain RuntimeError subclasses and OSError on damaged files.
    try:
        transformer = OnnxTransformer(folder)
        dimension = json.loads((folder / "config.json").read_text(encoding="utf-8"))["dimension"]
    except Exception as error:
        raise EncoderUnavailable(
            f"le modèle converti dans {folder} est incomplet. Supprimez ce dossier : il sera refait."
        ) from error
    model = SentenceTransformer(
        modules=[transformer, Pooling(dimension, pooling_mode="mean"), Normalize()],
        prompts={"query": "query: ", "document": "passage: "},
        device="cpu",
    )
    return SentenceEncoder(model, name, passage_end)


def load_other(model_id: str) -> SentenceEncoder:
    """Any sentence-transformers model, by id or folder, as its authors saved it.

    Only what was already downloaded, unless the program is started with HF_HUB_OFFLINE=0.

    Raises:
        EncoderUnavailable: if it cannot be loaded.
    """
    try:
        model = SentenceTransformer(model_id, device="cpu")
    # Whatever the library raises (network, missing file, unknown architecture), the remedy is one.
    except Exception as error:
        raise EncoderUnavailable(
            f"le modèle « {model_id} » ne se charge pas ({type(error).__name__}). Vérifiez "
            "AMARIS_ENCODER : un dossier ou un identifiant sentence-transformers, déjà téléchargé."
        ) from error
    return SentenceEncoder(model, model_id)
