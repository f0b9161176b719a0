"""A document as a readable page: sections with anchors, sources, and the quote highlighted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.compose import text_digest
from corpus.documents import Block, Document, Span

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _french_date(date: str | None) -> str:
    """« 2017-06-22 » as 22/06/2017, « 2017-06 » as 06/2017."""
    return "/".join(reversed(date.split("-"))) if date else "date non relevée"


_TEMPLATES.filters["french_date"] = _french_date
_GROUPS = {"item": "list", "row": "table"}


@dataclass(frozen=True, slots=True)
class Part:
    """A run of characters of one block, highlighted or not."""

    text: str
    marked: bool
    first: bool  # the first highlighted run of the page carries the anchor of the quote


def render_document(document: Document, quote: Span | None, digest: str | None, others: Mapping[str, Document]) -> str:
    """The page, with the quote highlighted when its offsets still hold.

    Args:
        quote: offsets in the document's text.
        digest: fingerprint of the text that the offsets were taken from.
        others: every document by its id, for the links to those that a fiche names.
    """
    moved = quote is not None and digest is not None and digest != text_digest(document)
    if quote is not None and not (0 <= quote[0] < quote[1] <= len(document.text)):
        moved = True
    mark = None if moved else quote
    titles = {source.key: source for source in document.sources}
    groups: list[dict[str, Any]] = []
    section_sources: tuple[str, ...] = ()
    marked = False
    for block in document.blocks:
        if block.kind == "heading":
            _close_section(groups, section_sources, titles)
            section_sources = block.sources
        parts, marked = _parts(document, block, mark, marked)
        kind = _GROUPS.get(block.kind, block.kind)
        if kind in ("list", "table") and groups and groups[-1]["kind"] == kind:
            groups[-1]["blocks"].append(parts)
        else:
            groups.append({"kind": kind, "blocks": [parts], "block": block})
        if block.kind != "heading" and block.sources:
            section_sources += block.sources
    _close_section(groups, section_sources, titles)
    contents = [(b.anchor, document.text[b.start : b.end]) for b in document.blocks if b.kind == "heading"]
    return _TEMPLATES.get_template("document.html").render(
        document=document,
        groups=groups,
        contents=contents,
        moved=moved,
        related=_related(document, others),
        today=dt.date.today(),
    )


def _related(document: Document, others: Mapping[str, Document]) -> list[tuple[str, str]]:
    """Address and title of the fiches to read next."""
    links = []
    for link in document.related:
        name, _, anchor = link.partition("#")
        if name in others:
            other = others[name]
            headings = [other.text[b.start : b.end] for b in other.blocks if b.anchor == anchor] if anchor else []
            links.append((f"/documents/{link}", headings[0] if headings else other.title))
    return links


def render_form(document: Document) -> str:
    """The form that a company fills in for itself, as a page to print."""
    return _TEMPLATES.get_template("form.html").render(document=document)


def _close_section(groups: list[dict[str, Any]], keys: tuple[str, ...], titles: dict[str, Any]) -> None:
    found = [titles[key] for key in keys if key in titles]
    if found:
        groups.append({"kind": "sources", "sources": found})


def _parts(document: Document, block: Block, mark: Span | None, marked: bool) -> tuple[list[Part], bool]:
    """The runs of a block, and whether the page now holds a highlighted one."""
    start, end = block.start, block.end
    if mark is None or mark[1] <= start or mark[0] >= end:
        return [Part(document.text[start:end], marked=False, first=False)], marked
    low, high = max(start, mark[0]), min(end, mark[1])
    parts = [
        Part(document.text[start:low], marked=False, first=False),
        Part(document.text[low:high], marked=True, first=not marked),
        Part(document.text[high:end], marked=False, first=False),
    ]
    return [part for part in parts if part.text], True


def render_message(title: str, message: str) -> str:
    """A page that says one thing, such as a document that is gone."""
    return _TEMPLATES.get_template("message.html").render(title=title, message=message)
