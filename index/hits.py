"""The record of this stage: a passage returned for a question."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.documents import Passage
from index.encoder import Vectors


@dataclass(frozen=True, slots=True)
class Hit:
    passage: Passage
    score: float  # fused, in [0, 1], comparable within one question only; higher is better
    rank: int  # from 1
    cosine: float  # of the encoder's own vectors, in [-1, 1]
    bm25: float  # >= 0; 0 when question and passage share no term


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The hits of one question, and what the whole corpus says of it."""

    hits: tuple[Hit, ...]  # best first
    question: str  # as it was searched: short forms written out, spelling repaired
    vector: Vectors  # of the question, shape (dimension,)
    known_share: float | None  # share of the question's terms that the corpus holds; None without a term
    encode_ms: float
    search_ms: float
