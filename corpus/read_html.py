"""Web pages to pieces, through trafilatura: the article, without menus and banners."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import trafilatura
from lxml import etree

from corpus.assemble import Piece, clean
from corpus.errors import UnreadableDocument

# The library reports every page it finds poor; the outcome here is told by our own error.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class WebPage:
    pieces: list[Piece]
    title: str
    publisher: str
    date: str | None  # ISO, as stated by the page
    url: str | None


def read_html(text: str, source: str) -> WebPage:
    """The article of a web page.

    Raises:
        UnreadableDocument: if the page holds no article.
    """
    try:
        found = trafilatura.bare_extraction(
            text, include_tables=True, include_comments=False, favor_recall=True, with_metadata=True
        )
    except (etree.LxmlError, ValueError) as error:
        raise _no_article(source) from error
    if found is None or isinstance(found, dict) or found.body is None:
        raise _no_article(source)
    pieces = list(_pieces(found.body))
    if not any(clean(piece.text) for piece in pieces):
        raise _no_article(source)
    title = clean(found.title or "")
    # The page's own title comes back as its first heading.
    if pieces and pieces[0].kind == "heading" and clean(pieces[0].text) == title:
        pieces = pieces[1:]
    return WebPage(pieces, title, clean(found.sitename or ""), found.date or None, found.url or None)


def _no_article(source: str) -> UnreadableDocument:
    return UnreadableDocument(
        source,
        "cette page ne contient pas de texte à lire",
        "Enregistrez la page complète depuis le navigateur, ou copiez son texte dans un fichier .txt.",
    )


def _pieces(body: etree._Element) -> list[Piece]:
    pieces: list[Piece] = []
    for element in body:
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if name == "head":
            rend = element.get("rend", "h2")
            level = int(rend[1]) if rend[1:2].isdigit() else 2
            pieces.append(Piece("heading", _text(element), level=level))
        elif name == "list":
            for item in element.iter("item"):
                depth = sum(1 for _ in item.iterancestors("list"))
                pieces.append(Piece("item", _text(item, without="list"), level=depth))
        elif name == "table":
            rows = (" | ".join(clean(_text(cell)) for cell in row.iter("cell")) for row in element.iter("row"))
            pieces += [Piece("row", row) for row in rows]
        elif name in ("div", "quote") and len(element):
            if clean(element.text or ""):
                pieces.append(Piece("paragraph", element.text or ""))
            pieces += _pieces(element)
        else:
            pieces.append(Piece("paragraph", _text(element)))
        if clean(element.tail or ""):
            pieces.append(Piece("paragraph", element.tail or ""))
    return pieces


def _text(element: etree._Element, *, without: str = "") -> str:
    """The text of an element, a line break read as a space; not that of the inner elements `without`."""
    out = [element.text or ""]
    for child in element:
        name = etree.QName(child).localname if isinstance(child.tag, str) else ""
        if name in ("lb", without):
            out.append(" ")
        else:
            out.append(_text(child, without=without))
        out.append(child.tail or "")
    return "".join(out)
