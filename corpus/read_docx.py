"""Word documents to pieces: the text as its reader sees it, with tracked changes accepted."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from corpus.assemble import clean
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

_HEADING = re.compile(r"(?:heading|titre|überschrift|intestazione|título) ?([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|tm|table of figures|table des illustrations) ?\d*|toc heading", re.IGNORECASE)
# Wrappers whose content is read as if they were not there.
_TRANSPARENT = frozenset(
    ("ins", "moveTo", "smartTag", "hyperlink", "customXml", "sdtContent", "fldSimple", "dir", "bdo")
)
_REMOVED = frozenset(("del", "moveFrom", "delText", "instrText", "delInstrText", "pPr", "rPr", "rt", "sdtPr", "object"))
_SPACES = {"tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "\u2011", "ptab": " "}


@dataclass(frozen=True, slots=True)
class _Style:
    name: str = ""
    level: int = 0  # of a heading, from 1
    number: str | None = None  # of its list
    depth: str | None = None
    hidden: bool = False
    white: bool = False
    shaded: bool = False


def read_docx(data: bytes, source: str) -> OfficeText:
    """The text of a .docx or .docm; macros are not run.

    Left out: headers, footers, comments, the table of contents, hidden text, what tracked changes
    delete. Footnotes come as paragraphs at the end of their section.

    Raises:
        UnreadableDocument: if the file is locked, damaged, or not a Word document.
    """
    package = Package(data, source)
    main = _target(package, "", "officeDocument")
    if main is None or local(root := package.needed(main)) != "document":
        raise UnreadableDocument(
            source, f"ce n'est pas un document Word, mais {_nature(package)}", "Enregistrez-le au format .docx ou PDF."
        )
    try:
        reader = _Reader(package, main)
        body = child(root, "body")
        if body is not None:
            reader.blocks(body)
        reader.found.end_section()
    except RecursionError as error:
        raise UnreadableDocument(
            source, "les éléments de ce document sont trop imbriqués", "Enregistrez-en une copie au format PDF."
        ) from error
    core = _core(package)
    title = reader.title or own_title(core.get("title"))
    return OfficeText(
        reader.found.pieces,
        title,
        clean(core.get("creator", "")),
        iso_date(core.get("modified")),
        package.tracked(root),
    )


def _target(package: Package, part: str, kind: str) -> str | None:
    """The name of the part that another one (the document itself for "") is related to."""
    folder, name = posixpath.split(part)
    relations = package.part(posixpath.join(folder, "_rels", f"{name}.rels"))
    for relation in relations if relations is not None else []:
        if (attribute(relation, "Type") or "").endswith(f"/{kind}") and attribute(relation, "TargetMode") != "External":
            return posixpath.normpath(posixpath.join("/", folder, attribute(relation, "Target") or "")).lstrip("/")
    return None


def _nature(package: Package) -> str:
    names = package.names()
    for start, nature in (("xl/", "un classeur"), ("ppt/", "une présentation"), ("content.xml", "un document ODF")):
        if any(name.startswith(start) for name in names):
            return nature
    return "une archive"


def _core(package: Package) -> dict[str, str]:
    name = _target(package, "", "core-properties")
    root = package.part(name) if name else None
    return {local(item): item.text or "" for item in root} if root is not None else {}


@dataclass(slots=True)
class _Reader:
    package: Package
    main: str
    found: Gathering = field(default_factory=Gathering)
    title: str = ""

    _styles: dict[str, _Style] = field(default_factory=dict)
    _default: str = ""
    _lists: dict[tuple[str, str], str] = field(default_factory=dict)  # (list, depth): its number format
    _depths: dict[tuple[str, str], str] = field(default_factory=dict)  # (list, style): depth
    _notes: dict[tuple[str, str], etree._Element] = field(default_factory=dict)
    _joined: str = ""  # of a paragraph whose mark was deleted: it goes on in the next
    _shaded: bool = False  # within something that may have a dark background

    def __post_init__(self) -> None:
        self._read_styles()
        self._read_lists()
        for kind in ("footnote", "endnote"):
            root = self._part(f"{kind}s")
            for note in root if root is not None else []:
                if local(note) == kind and attribute(note, "type") in (None, "normal"):
                    self._notes[kind, attribute(note, "id") or ""] = note

    def _part(self, kind: str) -> etree._Element | None:
        name = _target(self.package, self.main, kind)
        return self.package.part(name) if name else None

    def _read_styles(self) -> None:
        root = self._part("styles")
        elements = {attribute(style, "styleId") or "": style for style in root} if root is not None else {}

        def resolved(name: str, seen: frozenset[str]) -> _Style:
            style = elements.get(name)
            if style is None or name in seen:
                return _Style()
            base = resolved(attribute(child(style, "basedOn"), "val") or "", seen | {name})
            own = attribute(child(style, "name"), "val") or ""
            paragraph, run = child(style, "pPr"), child(style, "rPr")
            outline = attribute(child(paragraph, "outlineLvl"), "val")
            level = base.level
            if named := _HEADING.fullmatch(own):
                level = int(named.group(1))
            elif outline is not None:
                level = _outlined(outline)
            return _Style(
                name=own.lower() if _CONTENTS.fullmatch(own) or own.lower() in ("title", "titre") else base.name or own,
                level=level,
                number=attribute(child(paragraph, "numPr", "numId"), "val") or base.number,
                depth=attribute(child(paragraph, "numPr", "ilvl"), "val") or base.depth,
                hidden=_switch(run, "vanish", base.hidden),
                white=_is_white(run, base.white),
                shaded=base.shaded or any(True for _ in descendants(style, "shd")),
            )

        for name, style in elements.items():
            self._styles[name] = resolved(name, frozenset())
            if attribute(style, "default") in ("1", "true") and attribute(style, "type") == "paragraph":
                self._default = name

    def _read_lists(self) -> None:
        root = self._part("numbering")
        if root is None:
            return
        abstracts = {attribute(one, "abstractNumId"): one for one in root if local(one) == "abstractNum"}
        for number in root:
            abstract = abstracts.get(attribute(child(number, "abstractNumId"), "val"))
            if local(number) != "num" or abstract is None:
                continue
            name = attribute(number, "numId") or ""
            for level in descendants(abstract, "lvl"):
                depth = attribute(level, "ilvl") or "0"
                mark = attribute(child(level, "lvlText"), "val")
                shown = mark is None or mark.strip(" \u200b") != ""
                self._lists[name, depth] = (attribute(child(level, "numFmt"), "val") or "decimal") if shown else "none"
                if style := attribute(child(level, "pStyle"), "val"):
                    self._depths[name, style] = depth

    def blocks(self, parent: etree._Element) -> None:
        for element in parent:
            name = local(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name == "sdt":
                if attribute(child(element, "sdtPr", "docPartObj", "docPartGallery"), "val") == "Table of Contents":
                    self.found.skip_contents()
                else:
                    self.blocks(element)
            elif name in _TRANSPARENT:
                self.blocks(element)
            elif name == "AlternateContent":
                self.blocks(_shown(element))

    def _paragraph(self, paragraph: etree._Element) -> None:
        properties = child(paragraph, "pPr")
        name = attribute(child(properties, "pStyle"), "val") or self._default
        style = self._named(name)
        boxes: list[etree._Element] = []
        text = self._joined + self._text(paragraph, style, boxes)
        self._joined = ""
        if child(properties, "rPr", "del") is not None or child(properties, "rPr", "moveFrom") is not None:
            self._joined = text
        elif _CONTENTS.fullmatch(style.name):
            self.found.skip_contents()
        else:
            self._add(text, properties, name, style)
        for box in boxes:
            self.blocks(box)

    def _add(self, text: str, properties: etree._Element | None, name: str, style: _Style) -> None:
        outline = attribute(child(properties, "outlineLvl"), "val")
        level = style.level if outline is None else _outlined(outline)
        if style.name in ("title", "titre") and not level:
            if not self.title and not any(piece.kind == "heading" for piece in self.found.pieces):
                self.title = clean(text)
            else:
                self.found.add("heading", text, 1)
            return
        if level:
            self.found.add("heading", text, level)
            return
        number = attribute(child(properties, "numPr", "numId"), "val") or style.number
        depth = attribute(child(properties, "numPr", "ilvl"), "val") or style.depth
        depth = depth or self._depths.get((number or "", name), "0")
        if number and number != "0" and self._lists.get((number, depth), "none") != "none":
            self.found.add("item", text, whole(depth, 0) + 1)
        else:
            self.found.add("paragraph", text)

    def _text(self, parent: etree._Element, style: _Style, boxes: list[etree._Element]) -> str:
        """The words of a paragraph; the text boxes anchored in it are added to `boxes`."""
        out: list[str] = []
        for element in parent:
            name = local(element)
            if name == "r":
                if not self._is_hidden(element, parent, style):
                    out.append(self._text(element, style, boxes))
            elif name == "t":
                out.append(element.text or "")
            elif name in _SPACES:
                out.append(_SPACES[name])
            elif name in ("footnoteReference", "endnoteReference"):
                self._call(name.removesuffix("Reference"), attribute(element, "id") or "")
            elif name == "AlternateContent":
                out.append(self._text(_shown(element), style, boxes))
            elif name in ("drawing", "pict"):
                boxes += descendants(element, "txbxContent")
            elif name not in _REMOVED and child(element, "sdtPr", "showingPlcHdr") is None:
                out.append(self._text(element, style, boxes))
        return "".join(out)

    def _call(self, kind: str, number: str) -> None:
        note = self._notes.pop((kind, number), None)
        if note is not None:
            texts = [self._text(paragraph, self._style(paragraph), []) for paragraph in descendants(note, "p")]
            self.found.notes.append(" ".join(texts))

    def _style(self, paragraph: etree._Element) -> _Style:
        return self._named(attribute(child(paragraph, "pPr", "pStyle"), "val") or self._default)

    def _named(self, style: str) -> _Style:
        """A style by its id, which says enough when the document does not define it: « Heading1 », « Titre1 »."""
        if style in self._styles:
            return self._styles[style]
        named = _HEADING.fullmatch(style)
        return _Style(name=style.lower(), level=int(named.group(1)) if named else 0)

    def _is_hidden(self, run: etree._Element, parent: etree._Element, style: _Style) -> bool:
        """Whether a run is not to be seen: marked hidden, of a dot's size, or white on white."""
        properties = child(run, "rPr")
        own = self._styles.get(attribute(child(properties, "rStyle"), "val") or "", _Style())
        if _switch(properties, "vanish", own.hidden or style.hidden):
            return True
        size = attribute(child(properties, "sz"), "val")
        if whole(size, 99) <= 3:  # in half points
            return True
        shaded = self._shaded or style.shaded or own.shaded
        shaded = shaded or child(properties, "shd") is not None or child(properties, "highlight") is not None
        shaded = shaded or any(child(above, "pPr", "shd") is not None for above in (parent, parent.getparent()))
        return _is_white(properties, own.white or style.white) and not shaded

    def _table(self, table: etree._Element) -> None:
        rows = [[*_cells(row)] for row in _rows(table)]
        before = self._shaded
        table_style = self._styles.get(attribute(child(table, "tblPr", "tblStyle"), "val") or "", _Style())
        self._shaded = before or table_style.shaded
        # A table with headings lays out a page.
        framed = is_frame(rows) or any(self._style(paragraph).level for paragraph in descendants(table, "p"))
        for cells in rows:
            texts = []
            for cell in cells:
                shading = attribute(child(cell, "tcPr", "shd"), "fill")
                inside = self._shaded
                self._shaded = inside or shading not in (None, "auto", "FFFFFF")
                if framed:
                    self.blocks(cell)
                elif attribute(child(cell, "tcPr", "vMerge"), "val") == "restart" or not _continues(cell):
                    texts.append(self._cell(cell))
                self._shaded = inside
            self.found.row(texts)
        self._shaded = before

    def _cell(self, cell: etree._Element) -> str:
        """The text of a cell on one line, that of its lists and inner tables too."""
        inner = Gathering()
        outer, self.found = self.found, inner
        self.blocks(cell)
        self.found = outer
        self.found.notes += inner.notes
        return " ".join(piece.text for piece in inner.pieces)


def _outlined(outline: str) -> int:
    """The heading level of an outline level, from 0; 9 is body text."""
    return whole(outline, 9) + 1 if whole(outline, 9) < 9 else 0


def _switch(properties: etree._Element | None, name: str, default: bool) -> bool:
    """Whether a property is on: `<w:vanish/>` turns it on, `<w:vanish w:val="0"/>` off."""
    element = child(properties, name)
    return default if element is None else attribute(element, "val") not in ("0", "false", "off")


def _is_white(properties: etree._Element | None, default: bool) -> bool:
    colour = attribute(child(properties, "color"), "val")
    return default if colour is None else colour.upper() in ("FFFFFF", "FEFEFE", "FDFDFD")


def _shown(alternate: etree._Element) -> etree._Element:
    """Of two versions of one drawing, the first; the other is for older programs."""
    return next((one for one in alternate if local(one) == "Choice"), alternate)


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for element in table:
        if local(element) == "tr":
            properties = child(element, "trPr")
            if child(properties, "del") is None and not _switch(properties, "hidden", False):
                yield element
        elif local(element) == "sdt" or local(element) in _TRANSPARENT:
            yield from _rows(element)


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for element in row:
        if local(element) == "tc" and child(element, "tcPr", "cellDel") is None:
            yield element
        elif local(element) == "sdt" or local(element) in _TRANSPARENT:
            yield from _cells(element)


def _continues(cell: etree._Element) -> bool:
    """Whether a cell only goes on with the one above it."""
    return child(cell, "tcPr", "vMerge") is not None
