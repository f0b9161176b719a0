"""OpenDocument texts (LibreOffice) to pieces: the text as its reader sees it, with tracked changes accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from corpus.assemble import clean
from corpus.documents import BlockKind
from corpus.errors import UnreadableDocument
from corpus.office import (
    Gathering,
    OfficeText,
    Package,
    attribute,
    child,
    descendants,
    is_frame,
    iso_date,
    local,
    own_title,
    whole,
)

_HEADING = re.compile(r"(?:heading|titre) ?([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:contents|table des matières) (?:\d+|heading)", re.IGNORECASE)
# Of the text's own elements, those that are not its text: deleted passages, comments, contents, hidden fields.
_REMOVED = frozenset(
    "tracked-changes annotation annotation-end table-of-content forms sequence-decls variable-decls "
    "user-field-decls note-citation ruby-text hidden-text script desc title event-listeners index-title-template "
    "dde-connection-decls".split()
)


@dataclass(frozen=True, slots=True)
class _Style:
    name: str = ""
    level: int = 0
    hidden: bool | None = None  # None: as what is around
    white: bool | None = None
    tiny: bool | None = None
    shaded: bool = False


def read_odt(data: bytes, source: str) -> OfficeText:
    """The text of an .odt.

    Left out: headers, footers, comments, the table of contents, hidden text, what tracked changes
    delete. Footnotes come as paragraphs at the end of their section.

    Raises:
        UnreadableDocument: if the file is locked, damaged, or not a text.
    """
    package = Package(data, source)
    manifest = package.part("META-INF/manifest.xml")
    if manifest is not None and any(True for _ in descendants(manifest, "encryption-data")):
        raise UnreadableDocument(
            source,
            "ce document est protégé par un mot de passe",
            "Ouvrez-le et enregistrez-en une copie sans mot de passe.",
        )
    content = package.part("content.xml")
    text = child(content, "body", "text")
    if content is None or text is None:
        raise UnreadableDocument(
            source, "ce n'est pas un document texte OpenDocument", "Enregistrez-le au format .odt ou PDF."
        )
    try:
        reader = _Reader(_styles(content, package.part("styles.xml")))
        reader.blocks(text, 0)
        reader.found.end_section()
    except RecursionError as error:
        raise UnreadableDocument(
            source, "les éléments de ce document sont trop imbriqués", "Enregistrez-en une copie au format PDF."
        ) from error
    meta = child(package.part("meta.xml"), "meta")
    said = {local(item): item.text for item in meta} if meta is not None else {}
    return OfficeText(
        reader.found.pieces,
        reader.title or own_title(said.get("title")),
        clean(said.get("initial-creator") or said.get("creator") or ""),
        iso_date(said.get("date")),
        package.tracked(content),
    )


def _styles(*roots: etree._Element | None) -> dict[tuple[str, str], _Style]:
    """By family (paragraph, text, section, table…) and name, each style with what it inherits."""
    elements = {
        (attribute(style, "family") or "", attribute(style, "name") or ""): style
        for root in reversed(roots)
        if root is not None
        for style in descendants(root, "style")
    }
    found: dict[tuple[str, str], _Style] = {}

    def resolved(key: tuple[str, str], seen: frozenset[tuple[str, str]]) -> _Style:
        style = elements.get(key)
        if style is None or key in seen:
            return _Style()
        base = resolved((key[0], attribute(style, "parent-style-name") or ""), seen | {key})
        name = attribute(style, "display-name") or (attribute(style, "name") or "").replace("_20_", " ")
        outline = attribute(style, "default-outline-level")
        look = child(style, "text-properties")
        colour, size = attribute(look, "color"), attribute(look, "font-size") or ""
        background = [
            attribute(part, "background-color") for part in style if attribute(part, "background-color") is not None
        ]
        named = _HEADING.fullmatch(name)
        own = name.lower() in ("title", "titre principal") or _CONTENTS.fullmatch(name)
        result = replace(base, name=name if own else base.name or name)
        if named or outline:
            result = replace(result, level=int(named.group(1)) if named else whole(outline, 0))
        if (display := attribute(look, "display")) is not None:
            result = replace(result, hidden=display == "none")
        if attribute(child(style, "section-properties"), "display") == "none":
            result = replace(result, hidden=True)
        if colour is not None:
            result = replace(result, white=colour.lower() in ("#ffffff", "#fefefe", "#fdfdfd"))
        if found_size := re.fullmatch(r"([\d.]+)pt", size):
            result = replace(result, tiny=float(found_size.group(1)) <= 1.5)
        if background:
            result = replace(result, shaded=any(value not in ("transparent", "#ffffff") for value in background))
        return result

    for key in elements:
        found[key] = resolved(key, frozenset())
    return found


@dataclass(slots=True)
class _Reader:
    styles: dict[tuple[str, str], _Style]
    found: Gathering = field(default_factory=Gathering)
    title: str = ""
    _kind: BlockKind = "paragraph"  # of the next paragraph: « item » for the first of a list item
    _shaded: bool = False

    def blocks(self, parent: etree._Element, depth: int) -> None:
        """Read what stands in the text, a list item, a cell or a text box.

        Args:
            depth: how many lists it is in.
        """
        for element in parent:
            name = local(element)
            if name in ("p", "h"):
                self._paragraph(element, depth)
            elif name == "list":
                for item in element:
                    self._kind = "item" if local(item) == "list-item" else "paragraph"
                    self.blocks(item, depth + 1)
                self._kind = "paragraph"
            elif name == "table":
                self._table(element, depth)
            elif name == "section" and self._is_closed(element):
                continue
            elif name not in _REMOVED:
                self.blocks(element, depth)

    def _style(self, family: str, element: etree._Element) -> _Style:
        """Its style; one that the document does not define has its name."""
        name = attribute(element, "style-name") or ""
        return self.styles.get((family, name), _Style(name=name))

    def _is_closed(self, section: etree._Element) -> bool:
        return attribute(section, "display") == "none" or bool(self._style("section", section).hidden)

    def _paragraph(self, element: etree._Element, depth: int) -> None:
        style = self._style("paragraph", element)
        boxes: list[etree._Element] = []
        text = self._text(element, style, boxes)
        level = style.level
        if local(element) == "h":
            level = whole(attribute(element, "outline-level"), 1)
        kind, self._kind = self._kind, "paragraph"
        if _CONTENTS.fullmatch(style.name):
            self.found.skip_contents()
        elif style.name.lower() in ("title", "titre principal") and local(element) == "p":
            if not self.title and not any(piece.kind == "heading" for piece in self.found.pieces):
                self.title = clean(text)
            else:
                self.found.add("heading", text, 1)
        elif level:
            self.found.add("heading", text, level)
        else:
            self.found.add(kind if clean(text) else "paragraph", text, depth)
        for box in boxes:
            self.blocks(box, depth)

    def _text(self, parent: etree._Element, style: _Style, boxes: list[etree._Element]) -> str:
        """The words of a paragraph; the text boxes anchored in it are added to `boxes`."""
        readable = not (style.hidden or style.tiny or (style.white and not (style.shaded or self._shaded)))
        out = [parent.text or "" if readable else ""]
        for element in parent:
            name = local(element)
            if name == "s":
                out.append(" " * min(whole(attribute(element, "c"), 1), 8))
            elif name in ("tab", "line-break"):
                out.append(" ")
            elif name == "note":
                body = child(element, "note-body")
                if body is not None:
                    self.found.notes.append(self._flat(body))
            elif name == "frame":
                boxes += [box for box in element if local(box) == "text-box"]
            elif name == "custom-shape":
                boxes.append(element)
            elif name == "hidden-paragraph" and attribute(element, "is-hidden") == "true":
                return ""
            elif name == "span":
                own = self.styles.get(("text", attribute(element, "style-name") or ""))
                out.append(self._text(element, _over(style, own), boxes))
            elif name and name not in _REMOVED:
                out.append(self._text(element, style, boxes))
            if readable:
                out.append(element.tail or "")
        return "".join(out)

    def _flat(self, element: etree._Element) -> str:
        """The text inside an element on one line, that of its lists and inner tables too."""
        outer, self.found = self.found, Gathering()
        kind, self._kind = self._kind, "paragraph"
        self.blocks(element, 0)
        inner, self.found, self._kind = self.found, outer, kind
        self.found.notes += inner.notes
        return " ".join(piece.text for piece in inner.pieces)

    def _table(self, table: etree._Element, depth: int) -> None:
        rows = [[*_cells(row)] for row in _rows(table)]
        before = self._shaded
        self._shaded = before or self._style("table", table).shaded
        # A table with headings lays out a page.
        framed = is_frame(rows) or any(True for _ in descendants(table, "h"))
        for cells in rows:
            texts = []
            for cell in cells:
                inside = self._shaded
                self._shaded = inside or self._style("table-cell", cell).shaded
                if framed:
                    self.blocks(cell, depth)
                else:
                    texts.append(self._flat(cell))
                self._shaded = inside
            self.found.row(texts)
        self._shaded = before


def _over(outer: _Style, own: _Style | None) -> _Style:
    """What a span looks like in its paragraph."""
    if own is None:
        return outer
    return replace(
        outer,
        hidden=outer.hidden if own.hidden is None else own.hidden,
        white=outer.white if own.white is None else own.white,
        tiny=outer.tiny if own.tiny is None else own.tiny,
        shaded=outer.shaded or own.shaded,
    )


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for element in table:
        if local(element) == "table-row":
            if attribute(element, "visibility") not in ("collapse", "filter"):
                yield element
        elif local(element) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(element)


def _cells(row: etree._Element) -> list[etree._Element]:
    """The cells of a row; one that is covered by a wider or higher cell has no text of its own."""
    return [cell for cell in row if local(cell) == "table-cell"]
