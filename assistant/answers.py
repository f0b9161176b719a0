"""The records of this stage: an answer and the citations that hold it up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from corpus.documents import Contact

Status = Literal["answered", "needs_precision", "not_found", "redirected", "out_of_scope", "emergency"]


@dataclass(frozen=True, slots=True)
class Citation:
    """One exact extract of a document, and the way to it."""

    number: int  # from 1, in order of first use in the answer
    passage_id: str
    document_id: str
    title: str
    section: str  # heading path joined by « › »; may be empty
    page: int | None
    url: str  # opens the document at the quote
    quote: str  # exact substring of the document's text
    publisher: str
    as_of: dt.date | None
    superseded: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    citations: tuple[int, ...]  # numbers; empty only when the answer is not `answered`


@dataclass(frozen=True, slots=True)
class Timings:
    encode: float  # milliseconds, as all of these
    search: float
    compose: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    id: str  # ULID: sorts by time
    question: str
    status: Status
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    notice: str
    contacts: tuple[Contact, ...]
    follow_ups: tuple[str, ...]
    # "extractive"; "fixed", a reviewed text that no search produced; "modele:NAME" when a language model reworded
    # sentences, each of them checked.
    generator: str
    index_version: str | None
    encoder: str | None
    timings_ms: Timings
