"""PDF to pieces, through pypdf: paragraphs with their page, without running heads."""

from __future__ import annotations

import io
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from corpus.assemble import Piece, clean
from corpus.errors import UnreadableDocument

# pypdf warns of every oddity it repairs; what matters to the user is told by our own errors.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

# A line found on at least this share of the pages, at their top or bottom, is a running head.
_REPEATED_SHARE = 0.5
_EDGE_LINES = 3
_PAGE_NUMBERS = frozenset({"#", "- # -", "– # –", "page #", "#/#", "# / #", "page #/#", "page # sur #"})
_BULLET = re.compile(r"^\s*(?:[-–—•▪●◦■□✓➢➔*]|\uf0b7|\d{1,2}[.)]|[a-h]\))\s+")
_SENTENCE_END = re.compile(r"[.!?…:;»][\s»”\")]*$")
_OCR_REMEDY = (
    "Passez-le d'abord à la reconnaissance de caractères (paquets Debian « ocrmypdf » et "
    "« tesseract-ocr-fra ») : ocrmypdf -l fra entrée.pdf sortie.pdf."
)


@dataclass(frozen=True, slots=True)
class PdfText:
    pieces: list[Piece]
    title: str
    author: str
    warnings: tuple[str, ...]  # pages that gave no text, in French


def read_pdf(data: bytes, source: str) -> PdfText:
    """The text of a PDF, page by page.

    Raises:
        UnreadableDocument: if the file is empty, damaged, encrypted, or has no text at all.
    """
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableDocument(
                source,
                "ce PDF est protégé par un mot de passe",
                "Enregistrez-en une copie sans mot de passe, puis ajoutez cette copie.",
            )
        pages = [page.extract_text() for page in reader.pages]
        headings = dict(_outline(reader))
        meta = reader.metadata
        title, author = clean((meta and meta.title) or ""), clean((meta and meta.author) or "")
    except UnreadableDocument:
        raise
    except DependencyError as error:
        raise UnreadableDocument(
            source, "ce PDF est chiffré", "Enregistrez-en une copie sans protection, puis ajoutez-la."
        ) from error
    # pypdf lets errors of every kind through on a damaged file (KeyError, AttributeError,
    # RecursionError…): whatever the kind, this one file is unreadable and the others are not.
    except (PyPdfError, Exception) as error:
        raise UnreadableDocument(
            source,
            "ce PDF est abîmé ou incomplet",
            "Téléchargez-le de nouveau, ou ouvrez-le et enregistrez-en une copie.",
        ) from error
    empty = [number for number, text in enumerate(pages, start=1) if len(clean(text)) < 3]
    if len(empty) == len(pages):
        raise UnreadableDocument(source, "ce PDF ne contient que des images, sans texte", _OCR_REMEDY)
    warnings: tuple[str, ...] = ()
    if empty:
        numbers = ", ".join(map(str, empty))
        warnings = (f"{source} : pages sans texte ({numbers}). Il peut s'agir d'images. {_OCR_REMEDY}",)
    lines = [[_mend(line) for line in text.splitlines()] for text in pages]
    repeated = _running_heads(lines)
    kept = [_body(page, repeated) for page in lines]
    return PdfText(_paragraphs(kept, headings), title, author, warnings)


def _outline(reader: PdfReader) -> Iterator[tuple[tuple[int, str], int]]:
    """(page, folded heading) and its level, for every entry of the outline."""

    def walk(entries: Sequence[Any], level: int) -> Iterator[tuple[tuple[int, str], int]]:
        for entry in entries:
            if isinstance(entry, list):
                yield from walk(entry, level + 1)
            elif (number := reader.get_destination_page_number(entry)) is not None:
                yield (number + 1, _fold(entry.title or "")), level

    yield from walk(reader.outline, 1)


def _fold(text: str) -> str:
    return re.sub(r"\W+", "", unicodedata.normalize("NFKC", text)).casefold()


def _mend(line: str) -> str:
    """Ligatures as letters, private-use bullets as bullets, a soft hyphen at the line end as a hyphen."""
    line = line.replace("\uf0b7", "•")
    line = re.sub("[\ufb00-\ufb06]", lambda match: unicodedata.normalize("NFKC", match.group()), line).rstrip()
    return re.sub("\u00ad$", "-", line)


def _shape(line: str) -> str:
    """A line with its numbers hidden, so that « page 3 » and « page 4 » are alike."""
    return re.sub(r"\d+", "#", clean(line)).casefold()


def _edges(page: list[str]) -> set[int]:
    """Numbers of the first and last lines of a page, where running heads are."""
    filled = [number for number, line in enumerate(page) if clean(line)]
    return {*filled[:_EDGE_LINES], *filled[-_EDGE_LINES:]}


def _running_heads(pages: list[list[str]]) -> frozenset[str]:
    """Shapes of the lines that come back at the edge of most pages."""
    edges = [{clean(page[number]) for number in _edges(page)} for page in pages]
    seen = Counter(shape for lines in edges for shape in {_shape(line) for line in lines})
    needed = max(3, _REPEATED_SHARE * len(pages))
    repeated = {shape for shape, count in seen.items() if count >= needed}
    if len(pages) == 2:  # too few to trust a shape (« Article 1 », « Article 2 »): the very same line
        repeated |= {_shape(line) for line in edges[0] & edges[1]}
    return frozenset(repeated | _PAGE_NUMBERS if len(pages) > 1 else repeated)


def _body(page: list[str], repeated: frozenset[str]) -> list[str]:
    """The lines of a page without running heads; a number is kept in mid-page: it is a table's."""
    edges = _edges(page)
    shapes = [_shape(line) for line in page]
    return [
        line
        for number, (line, shape) in enumerate(zip(page, shapes, strict=True))
        if shape not in repeated or (shape in _PAGE_NUMBERS and number not in edges)
    ]


def _paragraphs(pages: list[list[str]], headings: dict[tuple[int, str], int]) -> list[Piece]:
    """Join lines into paragraphs and list items; a paragraph may go on over a page break."""
    lengths = sorted(len(line) for page in pages for line in page if len(line) > 20)
    full = lengths[int(len(lengths) * 0.7)] if lengths else 80
    pieces: list[Piece] = []
    open_piece: Piece | None = None
    last_line = ""
    for number, page in enumerate(pages, start=1):
        for line in page:
            text = clean(line)
            if not text:
                if open_piece and _SENTENCE_END.search(open_piece.text):
                    pieces.append(open_piece)
                    open_piece = None
                continue
            level = headings.get((number, _fold(text)))
            bullet = _BULLET.match(line)
            if open_piece and level is None and not bullet and not _breaks(last_line, text, full):
                open_piece = replace(open_piece, text=_join(open_piece.text, text))
            else:
                if open_piece:
                    pieces.append(open_piece)
                if level is not None:
                    pieces.append(Piece("heading", text, level=level, page=number))
                    open_piece = None
                elif bullet:
                    open_piece = Piece("item", line[bullet.end() :], level=1, page=number)
                else:
                    open_piece = Piece("paragraph", text, page=number)
            last_line = text
    if open_piece:
        pieces.append(open_piece)
    return pieces


def _breaks(before: str, line: str, full: int) -> bool:
    """Whether a line starts a new paragraph after the line before it.

    A line that ends a sentence well short of the measure, followed by a capital, ends its
    paragraph.
    """
    return bool(_SENTENCE_END.search(before)) and len(before) < 0.85 * full and not line[:1].islower()


def _join(before: str, line: str) -> str:
    """Two lines of one paragraph; a word cut at the line end is mended."""
    if re.search(r"[a-zà-ÿœ]-$", before) and line[:1].islower():
        return before[:-1] + line
    return f"{before} {line}"
