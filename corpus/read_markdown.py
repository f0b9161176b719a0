"""Markdown to pieces, through markdown-it (CommonMark and tables)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.assemble import Piece
from corpus.documents import LAST_DAY_OF_FORMER_LAW, Validity

_SOURCES = re.compile(r"^Sources?\s*:\s*(?P<keys>[a-z0-9][a-z0-9, .-]*?)\.?$")


def source_keys(text: str) -> tuple[str, ...] | None:
    """The keys of a « Sources : a, b » line; None if the text is not such a line."""
    match = _SOURCES.match(text.strip())
    if not match:
        return None
    return tuple(key.strip() for key in match["keys"].split(",") if key.strip())


_VALIDITY = re.compile(
    r"^Validité\s*:\s*(?:(?P<former>droit antérieur à octobre 2015)|jusqu'au (?P<until>\d{4}-\d{2}-\d{2}))?"
    r"(?:[,;]?\s*remplacé par (?P<by>[a-z0-9-]+(?:#[a-z0-9-]+)?))?\.?$"
)


def validity_of(text: str) -> Validity | None:
    """What a « Validité : … » line says; None if the text is not such a line.

    « Validité : droit antérieur à octobre 2015 », « Validité : jusqu'au 2020-01-31, remplacé par
    ordonnance-2015#que-dit-la-regle », or either half alone.
    """
    match = _VALIDITY.match(text.strip().replace("’", "'"))
    if not match or not any(match.groups()):
        return None
    until = LAST_DAY_OF_FORMER_LAW if match["former"] else None
    if match["until"]:
        try:
            until = dt.date.fromisoformat(match["until"])
        except ValueError:
            return None
    return Validity(until, match["by"] or "")


def read_markdown(text: str, *, fiche: bool = False) -> list[Piece]:
    """The blocks of a Markdown text, in order.

    In a fiche, the « Sources : … » and « Validité : … » lines of a section are not part of the
    text: what they say is carried by the heading of that section (by the first piece before any
    heading).
    """
    if fiche:  # written right under a paragraph or a list, the line is still one of its own
        text = "\n".join(f"\n{line}\n" if _says_of_section(line) else line for line in text.splitlines())
    pieces: list[Piece] = []
    depth = 0
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    kind: str = "paragraph"
    level = 0
    row: list[str] | None = None
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
            case "list_item_open":
                kind = "item"
            case "heading_open":
                kind, level = "heading", int(token.tag[1])
            case "heading_close":
                kind, level = "paragraph", 0
            case "tr_open":
                row = []
            case "tr_close":
                pieces.append(Piece("row", " | ".join(row or [])))
                row = None
            case "inline":
                content = _plain(token)
                keys = source_keys(content) if fiche and kind != "heading" else None
                validity = validity_of(content) if fiche and kind != "heading" else None
                if row is not None:
                    row.append(content)
                elif keys is not None:
                    _tell_section(pieces, sources=keys)
                elif validity is not None:
                    _tell_section(pieces, validity=validity)
                elif kind == "heading":
                    pieces.append(Piece("heading", content, level=level))
                elif depth:
                    # A second paragraph of the same item is a paragraph of its own.
                    pieces.append(Piece("item" if kind == "item" else "paragraph", content, level=depth))
                    kind = "paragraph"
                else:
                    pieces.append(Piece("paragraph", content))
            case "fence" | "code_block":
                pieces.append(Piece("paragraph", token.content))
    return pieces


def _plain(token: Token) -> str:
    """The text a reader sees, without marks; the words of a link, not its address."""
    out: list[str] = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            out.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            out.append(" ")
        elif child.type == "image":
            out.append(child.content)
    return "".join(out)


def _says_of_section(line: str) -> bool:
    return source_keys(line) is not None or validity_of(line) is not None


def _tell_section(pieces: list[Piece], *, sources: tuple[str, ...] = (), validity: Validity | None = None) -> None:
    """Attach what is said of a section to the heading of the one that is ending."""
    for index in range(len(pieces) - 1, -1, -1):
        if pieces[index].kind == "heading" or index == 0:
            old = pieces[index]
            pieces[index] = replace(old, sources=old.sources + sources, validity=validity or old.validity)
            return
