"""What the word processor formats share: a zip of XML files, and pieces with notes at the end of their section."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from corpus.assemble import Piece, clean
from corpus.documents import BlockKind
from corpus.errors import UnreadableDocument

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how an old Office file starts, and a .docx with a password
# A text of a thousand pages unpacks to some 20 MB; a zip bomb, to gigabytes.
_MAX_PART_BYTES = 64_000_000
_COPY = "Ouvrez-le et enregistrez-en une copie"
# Titles that a word processor wrote by itself.
_NO_TITLE = re.compile(
    r"document ?\d*|sans titre ?\d*|untitled|microsoft word - .*|mod[eè]le.*|.*\.(?:docx?|odt|dotx?)", re.I
)
_CONTENTS_TITLE = re.compile(r"table des mati[eè]res|sommaire|contents", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OfficeText:
    pieces: list[Piece]
    title: str
    author: str
    date: str | None  # ISO, of the last change
    warnings: tuple[str, ...]  # what was left out, in French


@dataclass(slots=True)
class Package:
    """The XML files inside a document.

    Raises:
        UnreadableDocument: by each of its functions, if the file is locked, damaged, or unpacks to too much.
    """

    data: bytes
    source: str
    _zip: zipfile.ZipFile = field(init=False)

    def __post_init__(self) -> None:
        if self.data.startswith(OLE):
            raise (
                self._locked()
                if "EncryptedPackage".encode("utf-16-le") in self.data
                else self._refusal("c'est un ancien document Word (.doc)", f"{_COPY} au format .docx.")
            )
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(self.data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise self._damaged() from error
        if any(entry.flag_bits & 1 for entry in self._zip.infolist()):
            raise self._locked()

    def part(self, name: str) -> etree._Element | None:
        """The root of an XML file; none if the document has no such file."""
        try:
            entry = self._zip.getinfo(name.lstrip("/"))
            if entry.file_size > _MAX_PART_BYTES:
                raise self._refusal(
                    "une fois décompressé, ce document dépasse 64 Mo de texte", "Découpez-le en plusieurs documents."
                )
            # No entity is ever replaced: neither a file of this machine nor a bomb can come in that way.
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            return etree.fromstring(self._zip.read(entry), parser)
        except KeyError:
            return None
        # zipfile lets errors of other kinds through on a damaged file (a negative position, a name that is no text).
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, etree.LxmlError) as error:
            raise self._damaged() from error

    def needed(self, name: str) -> etree._Element:
        if (root := self.part(name)) is None:
            raise self._damaged()
        return root

    def names(self) -> list[str]:
        return self._zip.namelist()

    def tracked(self, content: etree._Element) -> tuple[str, ...]:
        """A warning if the content has changes that nobody has accepted or refused yet."""
        if not any(True for _ in descendants(content, "ins", "del", "moveTo", "moveFrom", "changed-region")):
            return ()
        return (
            f"{self.source} : modifications suivies, lues comme acceptées. Acceptez-les ou refusez-les dans le "
            "document si ce n'est pas le texte voulu.",
        )

    def _refusal(self, reason: str, remedy: str) -> UnreadableDocument:
        return UnreadableDocument(self.source, reason, remedy)

    def _locked(self) -> UnreadableDocument:
        return self._refusal("ce document est protégé par un mot de passe", f"{_COPY} sans mot de passe.")

    def _damaged(self) -> UnreadableDocument:
        return self._refusal(
            "ce document est abîmé ou incomplet", "Téléchargez-le de nouveau, ou ouvrez-le et enregistrez-en une copie."
        )


class Gathering:
    """The pieces of a document, in order; the notes called in a section come at its end."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.notes: list[str] = []

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        if not clean(text):
            return
        if kind == "heading":
            self.end_section()
        self.pieces.append(Piece(kind, text, level=level))

    def skip_contents(self) -> None:
        """Drop the line that announces the table of contents, which is not read."""
        if self.pieces and _CONTENTS_TITLE.fullmatch(clean(self.pieces[-1].text)):
            self.pieces.pop()

    def end_section(self) -> None:
        self.pieces += [Piece("paragraph", note) for note in self.notes if clean(note)]
        self.notes.clear()

    def row(self, cells: list[str]) -> None:
        if any(map(clean, cells)):
            self.pieces.append(Piece("row", " | ".join(map(clean, cells))))


def is_frame(rows: list[list[etree._Element]]) -> bool:
    """Whether a table only frames a text: one column, of one cell or of cells of several paragraphs."""
    return max(map(len, rows), default=0) < 2 and (
        len(rows) == 1 or any(sum(1 for _ in descendants(cell, "p", "h")) > 1 for row in rows for cell in row)
    )


def local(element: etree._Element) -> str:
    """The name of an element without its namespace: there are two families of them, one per edition of the norm."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def attribute(element: etree._Element | None, name: str) -> str | None:
    """The value of an attribute, whatever its namespace."""
    if element is None:
        return None
    return next((str(value) for key, value in element.attrib.items() if etree.QName(key).localname == name), None)


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first element under these names."""
    for name in path:
        if element is None:
            return None
        element = next((inner for inner in element if local(inner) == name), None)
    return element


def descendants(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    return (inner for inner in element.iter(etree.Element) if local(inner) in names)


def whole(text: str | None, default: int) -> int:
    """A count or level; the default if the text is no plain number."""
    return int(text) if text and text.isascii() and text.isdigit() else default


def own_title(title: str | None) -> str:
    """The title that somebody gave; empty for one that the word processor made up."""
    text = clean(title or "")
    return "" if _NO_TITLE.fullmatch(text) else text


def iso_date(text: str | None) -> str | None:
    found = re.match(r"\d{4}-\d{2}-\d{2}", text or "")
    return found.group() if found else None
