"""Web pages to pieces: what a reader sees of the content, without menus, banners and hidden text."""

from __future__ import annotations

import codecs
import logging
import re
from dataclasses import dataclass

import trafilatura
from lxml import etree, html

from corpus.assemble import Piece, clean
from corpus.errors import UnreadableDocument
from corpus.html_chrome import SENTENCE, drop_chrome, inner_text
from corpus.html_visibility import drop_hidden

# The library reports every page it finds poor; the outcome here is told by our own error.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_SERVICE = re.compile(
    r"^(?:↑|\^|▲)?\s*(?:haut de (?:la )?page|retour (?:en haut|au sommaire|à l.accueil|à la liste)"
    r"|imprimer(?: la page)?"
    r"|partager(?: .*)?|envoyer (?:à un ami|par (?:mail|courriel))|lire la suite|en savoir plus|précédent|suivant"
    r"|(?:page|article) (?:précédente?|suivante?)|sommaire|accueil|retour|top|fermer|modifier|↩|↑|↩︎|⤴)\W*$",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu ol p pre section summary table tbody td tfoot th "
    "thead tr ul caption".split()
)
_BULLET = re.compile(r"^[·•▪●◦■–§o-]\s{2,}|^[·•▪●◦■]\s*")
_DOCBOOK = frozenset(
    "set book part chapter appendix preface article section sect1 sect2 sect3 sect4 sect5 refentry glossary".split()
)
_DOCUMENT_TITLE = re.compile(r"\s+[|–—·:-]\s+|\s*[|»]\s*")


@dataclass(frozen=True, slots=True)
class WebPage:
    pieces: list[Piece]
    title: str
    publisher: str
    date: str | None  # ISO, as stated by the page
    url: str | None


def declared_charset(data: bytes) -> str | None:
    """The encoding that a page says it has, in its first 4096 bytes."""
    found = re.search(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", data[:4096], re.IGNORECASE)
    try:
        return codecs.lookup(found.group(1).decode("ascii")).name if found else None
    except (LookupError, UnicodeDecodeError):
        return None


def read_html(text: str, source: str) -> WebPage:
    """The content of a web page.

    Raises:
        UnreadableDocument: if the page shows no text.
    """
    # Surrogates have no bytes; a declared encoding would be believed over ours.
    data = text.encode("utf-8", errors="replace")
    try:
        tree = html.document_fromstring(data, parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
        meta = trafilatura.extract_metadata(tree, extensive=False)
        drop_hidden(tree)
        body = tree.find("body")
        if body is None:
            raise _no_text(source)
        drop_chrome(body)
        _name_bold_headings(body)
        walker = _Walker()
        walker.walk(body, 0)
        walker.flush()
    except (etree.LxmlError, ValueError, RecursionError) as error:
        raise _no_text(source) from error
    pieces = [piece for piece in walker.pieces if clean(piece.text) and not _SERVICE.match(clean(piece.text))]
    while pieces and pieces[-1].kind == "heading":  # of a menu that is gone
        pieces.pop()
    title, pieces = _title(pieces, _said_title(tree), clean(tree.findtext(".//title") or ""))
    if not any(piece.kind != "heading" for piece in pieces):
        raise _no_text(source)
    return WebPage(pieces, title, clean(meta.sitename or ""), meta.date or None, meta.url or None)


def _no_text(source: str) -> UnreadableDocument:
    return UnreadableDocument(
        source,
        "cette page ne contient pas de texte à lire",
        "Enregistrez la page complète depuis le navigateur, ou copiez son texte dans un fichier .txt.",
    )


def _said_title(tree: html.HtmlElement) -> str:
    """The title that the page gives to those who share it."""
    said = (meta.get("content", "") for meta in tree.iter("meta") if meta.get("property") == "og:title")
    return clean(next(said, ""))


def _title(pieces: list[Piece], said: str, document: str) -> tuple[str, list[Piece]]:
    """The page's title, and the pieces without the heading that repeats it.

    The heading that the page's metadata name is the title; else its only first-level heading.
    """
    headings = [piece for piece in pieces[:40] if piece.kind == "heading"]
    known = [_fold(text) for text in (said, document) if text]
    named = [
        piece
        for piece in headings
        if any(text.startswith(words) or text.endswith(words) for words in [_fold(piece.text)] for text in known)
    ]
    firsts = [piece for piece in headings if piece.level == 1]
    if named:
        own = max(named, key=lambda piece: len(piece.text))
    elif len(firsts) == 1 and (document or firsts[0] is pieces[0]):
        own = firsts[0]
    else:
        return (said or _DOCUMENT_TITLE.split(document)[0], pieces)
    place = pieces.index(own)
    said_before = [piece for piece in pieces[:place] if piece.kind != "heading" and SENTENCE.search(piece.text)]
    if said_before and any(piece.kind == "heading" for piece in pieces[:place]):
        return clean(own.text), pieces  # a section that has the name of the page
    # What else stands before the title says nothing: a logo's name, a menu's rest.
    return clean(own.text), said_before + pieces[place + 1 :]


def _fold(text: str) -> str:
    return re.sub(r"\W+", " ", clean(text)).strip().casefold()


def _name_bold_headings(body: etree._Element) -> None:
    """Turn short paragraphs all in bold into headings, in a page that has none."""
    if any(True for _ in body.iter("h1", "h2", "h3", "h4", "h5", "h6")):
        return
    for paragraph in body.iter("p", "div"):
        text = inner_text(paragraph)
        bold = clean(" ".join(inner_text(part) for part in paragraph.iterchildren("b", "strong")))
        if bold and bold == text and len(text) < 100 and text[-1] not in ".;,:":
            paragraph.tag = "h2"


class _Walker:
    """Walks the page in its order and gathers the pieces."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self._buffer: list[str] = []
        self._kind = "paragraph"
        self._level = 0

    def flush(self) -> None:
        """End the current piece. Two line breaks end a paragraph as well."""
        text = "".join(self._buffer)
        self._buffer.clear()
        for part in re.split(r"\n\s*\n", text):
            if not clean(part):
                continue
            part = part.replace("\n", " ")
            if self._kind == "paragraph" and self._level == 0 and (bullet := _BULLET.match(part.lstrip())):
                self.pieces.append(Piece("item", part.lstrip()[bullet.end() :], level=1))
                continue
            self.pieces.append(Piece("item" if self._kind == "item" else "paragraph", part, level=self._level))
            self._kind = "paragraph"  # a second paragraph of the same item is a paragraph of its own

    def walk(self, element: etree._Element, depth: int) -> None:
        """Read an element.

        Args:
            depth: how many lists it is in.
        """
        name = str(element.tag)
        if heading := _heading_level(element):
            self.flush()
            self.pieces.append(Piece("heading", _text(element), level=heading))
        elif name == "table" and _is_data(element):
            self.flush()
            self._rows(element)
        elif name in ("li", "dd", "dt"):
            self._item(element, depth + 1 if name == "dd" else max(depth, 1))
        elif name in _BLOCKS:
            self.flush()
            inner = depth + 1 if name in ("ul", "ol", "dl", "menu", "dir") else depth
            self._inside(element, inner)
            self.flush()
        elif name in ("br", "wbr"):
            self._buffer.append("\n" if name == "br" else "")
        else:
            self._inside(element, depth)

    def _inside(self, element: etree._Element, depth: int) -> None:
        self._add(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self.walk(child, depth)
            self._add(child.tail)

    def _add(self, text: str | None) -> None:
        if text:
            self._buffer.append(re.sub(r"[ \t\r\n\f]+", " ", text))

    def _item(self, element: etree._Element, depth: int) -> None:
        self.flush()
        outer = (self._kind, self._level)
        self._kind, self._level = "item", depth
        self._inside(element, depth)
        self.flush()
        self._kind, self._level = outer

    def _rows(self, table: etree._Element) -> None:
        for caption in table.iter("caption"):
            self.pieces.append(Piece("paragraph", _text(caption)))
        for row in table.iter("tr"):
            cells = [clean(_text(cell)) for cell in row.iterchildren("td", "th")]
            if any(cells):
                self.pieces.append(Piece("row", " | ".join(cells)))


def _heading_level(element: etree._Element) -> int:
    """The level of a heading; 0 for any other element."""
    name = str(element.tag)
    if re.fullmatch("h[1-6]", name):
        if "title" in element.get("class", "").split():
            parts = [part for part in element.iterancestors("div") if _DOCBOOK & set(part.get("class", "").split())]
            if parts and any("titlepage" in part.get("class", "") for part in element.iterancestors("div")):
                return len(parts)  # DocBook gives a chapter and its sections the same element
        return int(name[1])
    if element.get("role") == "heading" and not any(child.tag in _BLOCKS for child in element):
        level = element.get("aria-level", "2")
        return int(level) if level in ("1", "2", "3", "4", "5", "6") else 2
    return 0


def _is_data(table: etree._Element) -> bool:
    """Whether a table holds data; else it lays out the page, or frames a text."""
    if table.get("role") in ("presentation", "none") or any(inner is not table for inner in table.iter("table")):
        return False
    if any(True for _ in table.iter("h1", "h2", "h3", "h4")):
        return False
    rows = [[*row.iterchildren("td", "th")] for row in table.iter("tr")]
    if max(map(len, rows), default=0) < 2:
        return len(rows) > 1 and all(len(inner_text(cell)) < 200 for row in rows for cell in row)
    if any(True for _ in table.iter("th", "caption", "thead")):
        return True
    return all(len(inner_text(cell)) < 1000 for row in rows for cell in row)


def _text(element: etree._Element) -> str:
    """The text of an element on one line; blocks and line breaks inside it are parted by a space."""
    out = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            block = child.tag in _BLOCKS or child.tag == "br"
            out += [" ", _text(child), " "] if block else [_text(child)]
        out.append(child.tail or "")
    return "".join(out)
