"""An index in memory: documents, passages, and the two ways to find them."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from corpus.documents import ALWAYS, Document, Passage
from corpus.errors import DamagedIndex, UnknownDocument
from index.dense import Correction, FaissIndex, normalize
from index.encoder import Encoder, Vectors
from index.hits import Hit, SearchResult
from index.identity import ANALYSIS, FORMAT, IndexIdentity, check_identity
from index.lexical import LexicalIndex, terms
from index.settings import IndexSettings
from index.spelling import Speller
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
    raw_asked: Vectors  # the encoder's unit vectors of the questions in `asked_of(passages)`, in their order
    asked: Vectors  # the same, corrected
    words: LexicalIndex
    speller: Speller
    settings: IndexSettings
    version: str

    @classmethod
    def build(
        cls,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        raw: Vectors,
        asked: Vectors,
        settings: IndexSettings,
        version: str,
    ) -> PassageIndex:
        """Args: raw and asked are the encoder's unit vectors of the passages and of `asked_of(passages)`."""
        correction = Correction.fit(raw)
        return cls(
            documents={document.document_id: document for document in documents},
            passages=tuple(passages),
            raw=raw,
            correction=correction,
            vectors=FaissIndex.build(correction.apply(raw)),
            raw_asked=asked,
            asked=correction.apply(asked),
            words=LexicalIndex.build(["\n".join((p.encoded_text, *p.asked)) for p in passages]),
            speller=Speller.of(passage.encoded_text for passage in passages),
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
        passage at `settings.depth` and 1 for the nearest, of BM25 divided by its best value for
        this question, and of the likeness to the questions that the passage is known to answer,
        scaled as the cosine is. S. Bruch, S. Gai and A. Ingber, "An Analysis of Fusion Functions for
        Hybrid Retrieval", ACM TOIS 2023, compares it with rank fusion.
        """
        started = time.perf_counter()
        question = self.speller.repair(question)
        vector = encoder.encode_question(question)
        clause = main_clause(question)
        seen = normalize((0.7 * vector + 0.3 * encoder.encode_question(clause))[None, :])[0] if clause else vector
        encoded = time.perf_counter()
        bm25 = self.words.scores(question)
        lexical = _share_of_best(bm25)
        if clause:
            lexical = 0.5 * lexical + 0.5 * _share_of_best(self.words.scores(clause))
        cosines = self._scaled_cosines(seen)
        settings = self.settings
        weight = settings.lexical_weight_asked if len(self.asked) else settings.lexical_weight
        weight = weight if lexical.any() else 0.0
        fused = (1 - weight) * cosines + weight * lexical
        if len(self.asked):
            share = settings.asked_weight
            fused = (1 - share) * fused + share * self._scaled_asked(seen, fused)
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
            question=question,
            vector=vector,
            known_share=sum(known) / len(known) if known else None,
            encode_ms=1000 * (encoded - started),
            search_ms=1000 * (finished - encoded),
        )

    def in_force(self, today: dt.date) -> Vectors:
        """1 for each passage that says the law of that day, less for one that was replaced.

        A replaced passage comes after the current one that says the same: their scores are near.
        """
        shares = np.ones(len(self.passages), np.float32)
        for row, passage in enumerate(self.passages):
            if passage.validity != ALWAYS and passage.validity.is_over(today):
                shares[row] = _SUPERSEDED_SHARE
        return shares

    def _scaled_cosines(self, vector: Vectors) -> Vectors:
        """For each passage, its cosine scaled to [0, 1]; 0 beyond the nearest `settings.depth`."""
        rows, cosines = self.vectors.nearest(self.correction.apply(vector[None, :])[0], self.settings.depth)
        scaled = np.zeros(len(self.passages), np.float32)
        low, high = float(cosines[-1]), float(cosines[0])
        scaled[rows] = (cosines - low) / (high - low) if high - low >= 1e-9 else 1.0
        return scaled

    def _scaled_asked(self, vector: Vectors, others: Vectors) -> Vectors:
        """For each passage, the likeness of the two nearest questions it is known to answer, in [0, 1].

        A passage without such questions keeps the score that `others` gives it: it must not lose for
        want of them.
        """
        cosines = self.asked @ self.correction.apply(vector[None, :])[0]
        rows, starts = _asked_groups(self.passages)
        nearest = np.maximum.reduceat(cosines, starts)
        # The nearest of each passage put aside, the second nearest is the nearest of the others.
        others_of = np.where(cosines == np.repeat(nearest, np.diff([*starts, len(cosines)])), -np.inf, cosines)
        second = np.maximum.reduceat(others_of, starts)
        likeness = np.full(len(self.passages), np.nan, np.float32)
        likeness[rows] = np.where(np.isfinite(second), (nearest + second) / 2, nearest)
        known = ~np.isnan(likeness)
        ordered = np.sort(likeness[known])[::-1]
        low, high = float(ordered[min(self.settings.depth, len(ordered)) - 1]), float(ordered[0])
        scaled = np.clip((likeness - low) / max(high - low, 1e-9), 0.0, 1.0)
        return np.where(known, scaled, others).astype(np.float32)

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
        if len(self.raw_asked):
            files["asked.f32"] = self.raw_asked.astype("<f4").tobytes()
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
        correction = Correction(rows[0], rows[1:])
        asked = np.frombuffer(files.get("asked.f32", b""), "<f4").reshape(len(asked_of(passages)), identity.dimension)
        return cls(
            documents={document.document_id: document for document in documents},
            passages=tuple(passages),
            raw=np.frombuffer(files["vectors.f32"], "<f4").reshape(len(passages), identity.dimension),
            raw_asked=asked,
            asked=correction.apply(asked),
            correction=correction,
            vectors=FaissIndex.from_bytes(files["vectors.faiss"], len(passages), identity.dimension),
            words=LexicalIndex.load(words, len(passages)),
            speller=Speller.of(passage.encoded_text for passage in passages),
            settings=settings,
            version=identity.version,
        )


def asked_of(passages: Sequence[Passage]) -> list[tuple[int, str]]:
    """The questions that passages are known to answer, each with the row of its passage."""
    return [(row, question) for row, passage in enumerate(passages) for question in passage.asked]


def _asked_groups(passages: Sequence[Passage]) -> tuple[list[int], list[int]]:
    """The rows of the passages with known questions, and where theirs start in `asked_of`."""
    rows = [row for row, passage in enumerate(passages) if passage.asked]
    counts = [len(passages[row].asked) for row in rows]
    return rows, list(accumulate(counts, initial=0))[:-1]


# « Règlement européen : qui doit désigner un délégué ? »: a theme, then the question itself.
_THEME = re.compile(r"^[^:?]{3,60}\s:\s+(?=\S+(?:\s+\S+){2,})")


def main_clause(question: str) -> str:
    """What follows the theme that a question opens with; empty when it opens with none."""
    match = _THEME.match(question)
    return question[match.end() :] if match else ""


def _share_of_best(scores: Vectors) -> Vectors:
    best = float(scores.max(initial=0.0))
    return scores / best if best > 0 else scores


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
