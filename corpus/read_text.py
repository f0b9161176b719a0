"""Plain text, in any usual encoding, to pieces."""

from __future__ import annotations

import codecs
import re

from corpus.assemble import Piece
from corpus.errors import UnreadableDocument

_BULLET = re.compile(r"^\s*(?:[-–—•▪*]|\d{1,2}[.)])\s+")


def decode(data: bytes, source: str) -> str:
    """The text of a file: UTF-8 or UTF-16 with its mark, UTF-8, else Windows-1252.

    Raises:
        UnreadableDocument: if the bytes are not a text.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    # A text has no zero byte; a picture, an archive or an office file always has some.
    if b"\x00" in data:
        raise UnreadableDocument(
            source,
            "ce n'est pas un fichier texte",
            "Vérifiez que son extension correspond à son contenu (.pdf, .html, .md, .txt).",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def read_text(text: str) -> list[Piece]:
    """Paragraphs and list items of a plain text.

    An empty line ends a paragraph. Where lines are long (more than 100 characters at the
    median) each line is a paragraph, as in text copied from a page; otherwise the lines were
    wrapped by hand and are joined.
    """
    lines = text.splitlines()
    lengths = sorted(len(line) for line in lines if line.strip())
    one_line_paragraphs = bool(lengths) and lengths[len(lengths) // 2] > 100
    pieces: list[Piece] = []
    current: list[str] = []

    def flush() -> None:
        if current:
            pieces.append(Piece("paragraph", " ".join(current)))
            current.clear()

    for line in lines:
        stripped = line.strip()
        if not stripped:
            flush()
        elif bullet := _BULLET.match(line):
            flush()
            pieces.append(Piece("item", line[bullet.end() :], level=1))
        elif one_line_paragraphs:
            flush()
            pieces.append(Piece("paragraph", stripped.removeprefix(">")))
        elif pieces and pieces[-1].kind == "item" and not current and line[:1].isspace():
            # A line set back under a list item continues it.
            last = pieces.pop()
            pieces.append(Piece("item", f"{last.text} {stripped}", level=1))
        else:
            current.append(stripped.removeprefix(">"))
    flush()
    return pieces
