"""An index in memory: documents, passages, and the two ways to find them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from corpus.documents import Document, Passage
from corpus.errors import DamagedIndex, UnknownDocument
from index.dense import Correction, FaissIndex
from index.encoder import Encoder, Vectors
from index.hits import Hit, SearchResult
from index.identity import ANALYSIS, FORMAT, IndexIdentity, check_identity
from index.lexical import LexicalIndex, terms
from index.settings import IndexSettings
from index.store import IDENTITY, IndexStore, json_lines, read_files, read_identity

_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)
_PASSAGE: TypeAdapter[Passage] = TypeAdapter(Passage)
_WORDS = "words/"
# What a passage that no longer says the law keeps of its score.
_SUPERSEDED_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class PassageIndex:
    """What questions are asked of. Built once, never modified."""

    documents: dict[str, Document]
    passages: tuple[Passage, ...]
    raw: Vectors  # the encoder's unit vectors, shape (passages, dimension)
    correction: Correction
    vectors: FaissIndex  # over the corrected vectors
    words: LexicalIndex
    settings: IndexSettings
    version: str

    @classmethod
    def build(
        cls,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        raw: Vectors,
        settings: IndexSettings,
        version: str,
    ) -> PassageIndex:
        correction = Correction.fit(raw)
        return cls(
            documents={document.document_id: document for document in documents},
            passages=tuple(passages),
            raw=raw,
            correction=correction,
            vectors=FaissIndex.build(correction.apply(raw)),
            words=LexicalIndex.build([passage.encoded_text for passage in passages]),
            settings=settings,
            version=version,
        )

    def document(self, document_id: str) -> Document:
        """Raises UnknownDocument if the index does not hold it."""
        try:
            return self.documents[document_id]
        except KeyError as error:
            raise UnknownDocument(document_id, "Il a peut-être été retiré ou renommé.") from error

    def search(self, question: str, k: int, encoder: Encoder) -> SearchResult:
        """The k passages that best answer the question, best first.

        The score is a convex combination of the corrected cosine, scaled between 0 for the
        passage at `settings.depth` and 1 for the nearest, and of BM25 divided by its best
        value for this question. S. Bruch, S. Gai and A. Ingber, "An Analysis of Fusion
        Functions for Hybrid Retrieval", ACM TOIS 2023, compares it with rank fusion.
        """
        started = time.perf_counter()
        vector = encoder.encode_question(question)
        encoded = time.perf_counter()
        bm25 = self.words.scores(question)
        rows, scaled = self._scaled_cosines(vector)
        cosines = np.zeros(len(self.passages), np.float32)
        cosines[rows] = scaled
        best_bm25 = float(bm25.max(initial=0.0))
        weight = self.settings.lexical_weight if best_bm25 > 0 else 0.0
        fused = (1 - weight) * cosines + weight * (bm25 / best_bm25 if best_bm25 > 0 else bm25)
        fused *= self.in_force(dt.date.today())
        order = np.argsort(-fused, kind="stable")[:k]
        hits = tuple(
            Hit(
                passage=self.passages[row],
                score=float(fused[row]),
                rank=rank,
                cosine=float(self.raw[row] @ vector),
                bm25=float(bm25[row]),
            )
            for rank, row in enumerate(order.tolist(), start=1)
        )
        known = self.words.known(terms(question))
        finished = time.perf_counter()
        return SearchResult(
            hits=hits,
            vector=vector,
            known_share=sum(known) / len(known) if known else None,
            encode_ms=1000 * (encoded - started),
            search_ms=1000 * (finished - encoded),
        )

    def in_force(self, today: dt.date) -> Vectors:
        """1 for each passage that says the law of that day, less for one that was replaced.

        A replaced passage comes after the current one that says the same: their scores are near.
        """
        over = [passage.validity.is_over(today) for passage in self.passages]
        return np.where(over, _SUPERSEDED_SHARE, 1.0).astype(np.float32)

    def _scaled_cosines(self, vector: Vectors) -> tuple[NDArray[np.int64], Vectors]:
        """Rows of the nearest passages and their cosines scaled to [0, 1]."""
        rows, cosines = self.vectors.nearest(self.correction.apply(vector[None, :])[0], self.settings.depth)
        low, high = float(cosines[-1]), float(cosines[0])
        if high - low < 1e-9:
            return rows, np.ones_like(cosines)
        return rows, (cosines - low) / (high - low)

    def to_files(self, scratch: Path) -> dict[str, bytes]:
        """The files of a version, without its identity card.

        Args:
            scratch: a folder to write in for a moment, since the library of the word index only
                writes to folders.
        """
        files = {
            "documents.jsonl": json_lines([_DOCUMENT.dump_python(d, mode="json") for d in self.documents.values()]),
            "passages.jsonl": json_lines([_PASSAGE.dump_python(p, mode="json") for p in self.passages]),
            "vectors.f32": self.raw.astype("<f4").tobytes(),
            "correction.f32": np.vstack([self.correction.mean[None, :], self.correction.directions])
            .astype("<f4")
            .tobytes(),
            "vectors.faiss": self.vectors.to_bytes(),
        }
        self.words.save(scratch)
        for path in sorted(scratch.iterdir()):
            files[_WORDS + path.name] = path.read_bytes()
        return files

    @classmethod
    def from_files(
        cls,
        files: dict[str, bytes],
        identity: IndexIdentity,
        settings: IndexSettings,
        words: Path,
    ) -> PassageIndex:
        """The index that `to_files` gave.

        Args:
            words: the folder where the files of the word index are, since their library reads
                folders only.

        Raises:
            DamagedIndex: if a file is not what it should be.
        """
        documents = [_DOCUMENT.validate_json(line) for line in files["documents.jsonl"].splitlines()]
        passages = [_PASSAGE.validate_json(line) for line in files["passages.jsonl"].splitlines()]
        rows = np.frombuffer(files["correction.f32"], "<f4").reshape(-1, identity.dimension)
        return cls(
            documents={document.document_id: document for document in documents},
            passages=tuple(passages),
            raw=np.frombuffer(files["vectors.f32"], "<f4").reshape(len(passages), identity.dimension),
            correction=Correction(rows[0], rows[1:]),
            vectors=FaissIndex.from_bytes(files["vectors.faiss"], len(passages), identity.dimension),
            words=LexicalIndex.load(words, len(passages)),
            settings=settings,
            version=identity.version,
        )


def open_index(
    store: IndexStore, settings: IndexSettings, *, max_passage_chars: int, dimension: int | None = None
) -> PassageIndex:
    """The version in service, after checking its identity and every file. Writes nothing.

    Args:
        dimension: of the encoder, when it is already loaded.

    Raises:
        NoIndex, DamagedIndex, IncompatibleIndex
    """
    version = store.current()
    identity = read_identity(version)
    wanted: dict[str, object] = {
        "format": FORMAT,
        "analysis": ANALYSIS,
        "encoder": settings.encoder,
        "max_passage_chars": max_passage_chars,
    }
    if dimension is not None:
        wanted["dimension"] = dimension
    check_identity(identity, wanted)
    # The files match the digests of the card; if they do not fit together, the card was altered.
    try:
        return PassageIndex.from_files(read_files(version, identity), identity, settings, version / _WORDS)
    except (KeyError, IndexError, ValueError) as error:
        raise DamagedIndex(IDENTITY, "ne correspond pas aux fichiers") from error
