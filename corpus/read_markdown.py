"""Markdown to pieces, through markdown-it (CommonMark and tables)."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.assemble import Piece

_SOURCES = re.compile(r"^Sources?\s*:\s*(?P<keys>[a-z0-9][a-z0-9, .-]*?)\.?$")


def source_keys(text: str) -> tuple[str, ...] | None:
    """The keys of a « Sources : a, b » line; None if the text is not such a line."""
    match = _SOURCES.match(text.strip())
    if not match:
        return None
    return tuple(key.strip() for key in match["keys"].split(",") if key.strip())


def read_markdown(text: str, *, fiche: bool = False) -> list[Piece]:
    """The blocks of a Markdown text, in order.

    In a fiche, the « Sources : … » line of a section is not part of the text: its keys are
    carried by the heading of that section (by the first piece before any heading).
    """
    if fiche:  # written right under a paragraph or a list, the line is still one of its own
        text = "\n".join(f"\n{line}\n" if source_keys(line) is not None else line for line in text.splitlines())
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
                if row is not None:
                    row.append(content)
                elif keys is not None:
                    _give_sources(pieces, keys)
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


def _give_sources(pieces: list[Piece], keys: tuple[str, ...]) -> None:
    """Attach the keys to the heading of the section that is ending."""
    for index in range(len(pieces) - 1, -1, -1):
        if pieces[index].kind == "heading" or index == 0:
            old = pieces[index]
            pieces[index] = Piece(old.kind, old.text, old.level, old.page, old.sources + keys)
            return
