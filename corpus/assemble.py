"""Put the pieces that a reader found into the one text that quotes are taken from."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

from corpus.documents import ALWAYS, Block, BlockKind, Validity


@dataclass(frozen=True, slots=True)
class Piece:
    """One block as a reader saw it, before it has a place in the text."""

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None
    sources: tuple[str, ...] = ()
    validity: Validity = ALWAYS


# Control characters have no place in a text to read, nor do invisible marks that would make a
# quote differ from what its reader sees. A soft hyphen is only a hint for line ends.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffc]"
)
_SPACES = re.compile(r"[ \t\r\n\u2028\u2029]+")


def clean(text: str) -> str:
    """The text on one line, in composed form (NFC), without invisible characters."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def slug(text: str) -> str:
    """A readable anchor: lower case, no accent, words joined by hyphens; at most 60 characters."""
    folded = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    ascii_only = folded.encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", ascii_only)
    result = ""
    for word in words:
        if len(result) + len(word) + 1 > 60 and result:
            break
        result = f"{result}-{word}" if result else word[:60]
    return result


def document_id_of(name: str) -> str:
    """The id of a document that does not state one: its file name, made fit for an address."""
    folded = unicodedata.normalize("NFKD", PurePath(name).stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", folded).strip("-.") or "document"


def title_of(name: str) -> str:
    """A title made from a file name, for a document that has none."""
    words = re.sub(r"[-_\s]+", " ", PurePath(name).stem).strip()
    return words[:1].upper() + words[1:] if words else name


def assemble(pieces: list[Piece]) -> tuple[str, tuple[Block, ...]]:
    """Join the pieces into one text and give each its offsets.

    List items and table rows follow each other on neighbouring lines, other blocks are parted
    by an empty line. Empty pieces are dropped. Anchors of headings are unique: a second heading
    with the same words takes its parent's words in front, then a number.
    """
    parts: list[str] = []
    blocks: list[Block] = []
    position = 0
    anchors: set[str] = set()
    path: list[tuple[int, str]] = []
    previous: Piece | None = None
    for piece in pieces:
        text = clean(piece.text)
        if not text:
            continue
        if previous is not None:
            same_run = piece.kind == previous.kind and piece.kind in ("item", "row")
            follows_intro = piece.kind == "item" and previous.kind == "paragraph"
            gap = "\n" if same_run or follows_intro else "\n\n"
            parts.append(gap)
            position += len(gap)
        anchor = ""
        if piece.kind == "heading":
            path = [(level, name) for level, name in path if level < piece.level]
            anchor = _free_anchor(slug(text) or "section", path, anchors)
            anchors.add(anchor)
            path.append((piece.level, anchor))
        parts.append(text)
        blocks.append(
            Block(
                kind=piece.kind,
                start=position,
                end=position + len(text),
                level=piece.level,
                page=piece.page,
                anchor=anchor,
                sources=piece.sources,
                validity=piece.validity,
            )
        )
        position += len(text)
        previous = piece
    return "".join(parts), tuple(blocks)


def _free_anchor(wanted: str, path: list[tuple[int, str]], taken: set[str]) -> str:
    if wanted not in taken:
        return wanted
    if path and (nested := f"{path[-1][1]}-{wanted}") not in taken:
        return nested
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"
