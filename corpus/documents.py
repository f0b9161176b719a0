"""The records of this stage: what a document is, and what is cut out of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

BlockKind = Literal["heading", "paragraph", "item", "row"]
Span = tuple[int, int]  # start included, end excluded, in characters of Document.text


LAST_DAY_OF_FORMER_LAW = dt.date(2015, 10, 22)  # the ordinance of that day was published on the next


@dataclass(frozen=True, slots=True)
class Validity:
    """Until when a document or a section says the law, and what took its place."""

    until: dt.date | None = None  # the last day it was true; None while nothing is known to end it
    superseded_by: str = ""  # "document" or "document#section"; empty when nothing is said of it
    superseded: bool = False  # said to be replaced, without a date or a successor

    def is_over(self, today: dt.date) -> bool:
        """Whether it no longer says the law."""
        return self.superseded or bool(self.superseded_by) or (self.until is not None and self.until < today)

    @property
    def label(self) -> str:
        """What a reader is told of it, in French."""
        if self.until is not None and self.until <= LAST_DAY_OF_FORMER_LAW:
            return "droit antérieur à octobre 2015"
        return f"valable jusqu'au {self.until:%d/%m/%Y}" if self.until else "texte remplacé depuis"

    def or_else(self, outer: Validity) -> Validity:
        """What a part says of itself, else what holds for the whole."""
        return self if self != ALWAYS else outer


ALWAYS = Validity()  # nothing is said: it holds


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, list item or table row of a document."""

    kind: BlockKind
    start: int  # in characters of Document.text, included
    end: int  # excluded
    level: int = 0  # of a heading, from 1; of a list item, its depth from 1; else 0
    page: int | None = None  # of the PDF, from 1, where the block starts
    anchor: str = ""  # of a heading: its id in the document's page, unique in the document
    sources: tuple[str, ...] = ()  # of a heading: keys of the sources named by its section
    validity: Validity = ALWAYS  # of a heading: that of its section
    asked: tuple[str, ...] = ()  # of a heading: the question of its section in other words


@dataclass(frozen=True, slots=True)
class Source:
    """Where the statements of a fiche come from."""

    key: str
    title: str
    publisher: str
    date: str | None  # ISO, possibly truncated: "2017", "2017-06", "2017-06-22"
    url: str | None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can answer better than the assistant."""

    name: str
    role: str
    url: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of the form that a company fills in for itself; its answer goes nowhere."""

    label: str
    hint: str = ""
    lines: int = 1  # height of the answer, 1 to 6; unused when there are choices
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One fiche or publication, as the plain text that quotes are taken from."""

    document_id: str
    title: str
    text: str
    blocks: tuple[Block, ...]  # in reading order, without overlap; they cover the text
    source: str  # file name
    kind: Literal["fiche", "markdown", "text", "html", "pdf", "docx", "odt"]
    publisher: str = ""
    as_of: dt.date | None = None  # the law and the facts are those of this day
    url: str | None = None  # of the original publication
    axis: int | None = None
    audience: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    contacts: tuple[Contact, ...] = ()
    form: tuple[FormField, ...] = ()  # of a fiche: what the company fills in for itself
    related: tuple[str, ...] = ()  # of a fiche: other fiches to read, as "document" or "document#section"
    reviewed: dt.date | None = None
    validity: Validity = ALWAYS
    titled: bool = True  # False when the title was only made from the file name
    warnings: tuple[str, ...] = field(default=())  # what could not be read, in French

    def quote(self, start: int, end: int) -> str:
        """The exact characters of the text between two offsets."""
        return self.text[start:end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A contiguous extract of one document: what is indexed, returned and cited.

    The passages of a document follow each other without overlap and cover its text but for
    the white space between them. A passage starts with the headings that open its section.
    """

    passage_id: str  # "zone-bleue#dois-je-faire-des-travaux": the document, then the section
    document_id: str
    title: str  # of the document; empty when it has none of its own
    section: tuple[str, ...]  # heading path, outermost first
    anchor: str  # of the nearest heading, in the document's page; may be empty
    text: str  # equal to document.text[start:end]
    start: int
    end: int
    body_start: int  # offset in the document where the headings end
    page: int | None
    sentences: tuple[Span, ...]  # of the body, offsets in the document's text
    validity: Validity = ALWAYS  # of its section, else of its document
    asked: tuple[str, ...] = ()  # questions that its section answers, in other words than its own

    @property
    def body(self) -> str:
        """The text without its headings; the whole text when there is nothing else."""
        return self.text[self.body_start - self.start :] or self.text

    @property
    def encoded_text(self) -> str:
        """What is encoded and indexed: the heading path once, then the body."""
        head = " – ".join(part for part in (self.title, *self.section) if part)
        return f"{head}\n{self.body}" if head else self.body
