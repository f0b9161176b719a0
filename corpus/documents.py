"""The records of this stage: what a document is, and what is cut out of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

BlockKind = Literal["heading", "paragraph", "item", "row"]
Span = tuple[int, int]  # start included, end excluded, in characters of Document.text


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One fiche or publication, as the plain text that quotes are taken from."""

    document_id: str
    title: str
    text: str
    blocks: tuple[Block, ...]  # in reading order, without overlap; they cover the text
    source: str  # file name
    kind: Literal["fiche", "markdown", "text", "html", "pdf"]
    publisher: str = ""
    as_of: dt.date | None = None  # the law and the facts are those of this day
    url: str | None = None  # of the original publication
    axis: int | None = None
    audience: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    contacts: tuple[Contact, ...] = ()
    reviewed: dt.date | None = None
    superseded: bool = False
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

    @property
    def body(self) -> str:
        """The text without its headings; the whole text when there is nothing else."""
        return self.text[self.body_start - self.start :] or self.text

    @property
    def encoded_text(self) -> str:
        """What is encoded and indexed: the heading path once, then the body."""
        head = " – ".join(part for part in (self.title, *self.section) if part)
        return f"{head}\n{self.body}" if head else self.body
