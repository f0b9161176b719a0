"""Cut a document into passages that follow its structure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from corpus.documents import Block, Document, Passage, Span, Validity
from corpus.sentences import sentence_spans
from corpus.settings import CorpusSettings

# A part may end at a block once it is this full, and must at the limit.
_FULL_SHARE = 0.7
# A last part shorter than this does not stay alone.
_SHORT_SHARE = 0.3
# A list up to this length is quoted whole, with the sentence that announces it: its items are
# fragments that say nothing alone.
_MAX_LIST_CHARS = 700


@dataclass(frozen=True, slots=True)
class _Section:
    """Consecutive blocks under one heading path."""

    path: tuple[str, ...]
    anchor: str
    headings: tuple[Block, ...]  # the headings that open it
    body: tuple[Block, ...]
    validity: Validity


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never cut and is quoted whole: a sentence, a table row, a short list."""

    start: int
    end: int
    page: int | None
    opens_block: bool


def split(document: Document, settings: CorpusSettings) -> tuple[Passage, ...]:
    """The passages of a document, in reading order.

    A section that fits is one passage. A longer one is cut between blocks, else between
    sentences; a sentence is never cut, unless it alone is more
    than twice the limit (text without punctuation), and then between words.

    Ids do not change when another section is edited: the id of a whole section is its anchor,
    the id of a part adds a digest of the part's own text.
    """
    passages: list[Passage] = []
    taken: set[str] = set()
    for section in _sections(document):
        parts = _parts(document, section, settings.max_passage_chars)
        for number, units in enumerate(parts):
            headings = section.headings if number == 0 else ()
            start = headings[0].start if headings else units[0].start
            end = units[-1].end if units else headings[-1].end
            text = document.text[start:end]
            passage_id = f"{document.document_id}#{section.anchor or 'texte'}"
            if len(parts) > 1:
                passage_id += "." + hashlib.sha256(text.encode()).hexdigest()[:8]
            wanted = passage_id
            same = 1
            while passage_id in taken:
                same += 1
                passage_id = f"{wanted}-{same}"
            taken.add(passage_id)
            first = units[0] if units else headings[0]
            passages.append(
                Passage(
                    passage_id=passage_id,
                    document_id=document.document_id,
                    title=document.title if document.titled else "",
                    section=section.path,
                    anchor=section.anchor,
                    text=text,
                    start=start,
                    end=end,
                    body_start=units[0].start if units else end,
                    page=first.page,
                    sentences=tuple((unit.start, unit.end) for unit in units),
                    validity=section.validity,
                    asked=section.headings[-1].asked if section.headings else (),
                )
            )
    return tuple(passages)


def _sections(document: Document) -> list[_Section]:
    """Group the blocks; a heading without text of its own opens the section that follows."""
    sections: list[_Section] = []
    path: list[tuple[int, str, Validity]] = []
    anchor = ""
    headings: list[Block] = []
    body: list[Block] = []

    def close() -> None:
        if body or headings:
            names = tuple(name for _, name, _ in path)
            validity = path[-1][2] if path else document.validity
            if not headings and body:  # before any heading, the first block carries what is said
                validity = body[0].validity.or_else(validity)
            sections.append(_Section(names, anchor, tuple(headings), tuple(body), validity))

    for block in document.blocks:
        if block.kind != "heading":
            body.append(block)
            continue
        if body:
            close()
            headings, body = [], []
        path = [held for held in path if held[0] < block.level]
        outer = path[-1][2] if path else document.validity
        path.append((block.level, document.text[block.start : block.end], block.validity.or_else(outer)))
        anchor = block.anchor
        headings.append(block)
    close()
    return sections


def _parts(document: Document, section: _Section, limit: int) -> list[list[_Unit]]:
    units = _units(document, section.body, limit)
    if not units:
        return [[]]
    total = units[-1].end - units[0].start
    if total <= limit:
        return [units]
    # Filled from the start, so that what is added at the end of a long text without headings leaves
    # the parts before it, and their ids, as they were.
    parts: list[list[_Unit]] = [[]]
    for unit in units:
        current = parts[-1]
        if current:
            size = current[-1].end - current[0].start
            full = unit.opens_block and size >= _FULL_SHARE * limit
            if full or unit.end - current[0].start > limit:
                parts.append([])
        parts[-1].append(unit)
    # A last part of a few lines is a poor passage: it joins the one before, or takes some of it.
    if len(parts) > 1 and _length(parts[-1]) < _SHORT_SHARE * limit:
        both = parts[-2] + parts[-1]
        parts[-2:] = [both] if _length(both) <= limit else _halves(both)
    return parts


def _length(units: list[_Unit]) -> int:
    return units[-1].end - units[0].start


def _halves(units: list[_Unit]) -> list[list[_Unit]]:
    """Two parts of lengths as alike as the units allow."""
    middle = (units[0].start + units[-1].end) / 2
    cut = min(range(1, len(units)), key=lambda number: abs(units[number].start - middle))
    return [units[:cut], units[cut:]]


def _units(document: Document, blocks: tuple[Block, ...], limit: int) -> list[_Unit]:
    """What is never cut, in order. A short list stays with the sentence that announces it."""
    units: list[_Unit] = []
    index = 0
    while index < len(blocks):
        block = blocks[index]
        stop = index + 1
        if block.kind == "paragraph" and document.text[block.end - 1] == ":":
            while stop < len(blocks) and blocks[stop].kind == "item":
                stop += 1
        spans: tuple[Span, ...] = ((block.start, block.end),)
        if block.kind != "row":
            spans = sentence_spans(document.text, block.start, block.end)
        list_end = blocks[stop - 1].end
        if stop > index + 1 and list_end - spans[-1][0] <= min(_MAX_LIST_CHARS, limit):
            spans = (*spans[:-1], (spans[-1][0], list_end))
            index = stop
        else:
            index += 1
        for number, (start, end) in enumerate(
            piece for span in spans for piece in _words(document.text, span, 2 * limit)
        ):
            units.append(_Unit(start, end, block.page, opens_block=number == 0))
    return units


def _words(text: str, span: Span, limit: int) -> list[Span]:
    """Cut an endless sentence between words, so that the encoder sees all of it."""
    start, end = span
    pieces: list[Span] = []
    while end - start > limit:
        cut = text.rfind(" ", start, start + limit)
        cut = cut if cut > start else start + limit
        pieces.append((start, cut))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        pieces.append((start, end))
    return pieces
