"""What a reader of a PDF page sees: pieces of text with their place, and the lines of tables.

pypdf opens the file and decodes its objects and fonts; this module runs the drawing operators
itself, because the order of a content stream is not the order of reading, and because much of what
a stream shows is not seen: white on white, outside the page, under a picture, in a hidden layer.
Operators and tables are those of ISO 32000-2:2020.
"""

from __future__ import annotations

import functools
import io
import logging
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, StreamObject
from pypdf.generic._font import Font

from corpus.errors import UnreadableDocument

# pypdf warns of every oddity it repairs; what matters to the user is told by our own errors.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]  # left, bottom, right, top
Colour = tuple[float, float, float]  # red, green, blue, each from 0 to 1

_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
# A gap wider than this share of the font size is a space between words. TeX shrinks its spaces to
# 0.22 and kerns letters by up to 0.08.
WORD_GAP = 0.15
# A gap wider than this is more than a space: a cell, a column, a tab.
CHUNK_GAP = 0.9
# Colours nearer than this are one colour to the eye (squared distance of the three components).
_SAME_COLOUR = 0.04
_MIN_SIZE = 1.5  # points; smaller letters cannot be read
_UNSEEN = 1 << 1 | 1 << 5  # flags of an annotation: hidden, not shown on a screen (12.5.3)
_MAX_DEPTH = 12  # of forms drawn inside forms
_MAX_CONTENT = 8_000_000  # bytes on one page: half a minute to read, and more than any page of text

_BULLETS = "\uf0b7\uf0a7\uf0d8\uf0fc\uf076"  # of the fonts Symbol and Wingdings: marks of lists
# Accents drawn beside their letter, and the mark that composes with it.
ACCENTS = {"´": "\u0301", "`": "\u0300", "ˆ": "\u0302", "^": "\u0302", "¨": "\u0308", "˜": "\u0303", "¸": "\u0327"}
# What the codes of TeX's fonts mean when the font does not say it: the old encoding (OT1), then T1.
_LIGATURES = dict(zip((*range(0x0B, 0x10), *range(0x1B, 0x20)), ("ff", "fi", "fl", "ffi", "ffl") * 2, strict=True))
_OT1 = _LIGATURES | dict(zip(range(0x10, 0x1C), "ıȷ`´ˇ˘¯˚¸ßæœ", strict=True))
_OT1 |= {0x1E: "Œ", 0x22: "”", 0x27: "’", 0x5C: "“", 0x5E: "ˆ", 0x60: "‘", 0x7B: "–", 0x7C: "—", 0x7E: "˜", 0x7F: "¨"}
_T1 = _LIGATURES | dict(zip(range(0x10, 0x17), "“”„«»–—", strict=True)) | {0x1B: "ff", 0x27: "’", 0x7F: "-"}
_T1 |= {0x88: "•", 0xD7: "Œ", 0xF7: "œ"}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Letters drawn side by side on one baseline, without a gap wider than a space.

    Coordinates are in points, from the lower left corner of the page as it is seen, once the page is
    turned so that this text runs from left to right.
    """

    text: str
    x0: float
    x1: float
    y: float  # of the baseline
    size: float
    bold: bool
    angle: int  # of the text on the page: 0, 90, 180, 270 degrees, or another for slanted text
    order: int  # rank on the page, in drawing order
    unmapped: int = 0  # letters whose font does not say what they are


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line of a table, horizontal or vertical, in points."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class PdfPage:
    number: int  # from 1
    width: float
    height: float
    chunks: tuple[Chunk, ...] = ()  # what is seen, in drawing order
    rules: tuple[Rule, ...] = ()
    dots: tuple[Box, ...] = ()  # small discs, squares and pictures: perhaps the marks of a list
    drawn: bool = False  # a picture or a shape is on it
    hidden: int = 0  # letters that the stream shows and nobody sees
    recognised: bool = False  # its text was recognised in a picture: its sizes are rough
    failed: bool = False  # the page could not be read to its end


@dataclass(frozen=True, slots=True)
class PdfFile:
    pages: tuple[PdfPage, ...]
    outline: tuple[tuple[int, str, int], ...]  # page from 1, heading, level from 1
    title: str
    author: str
    is_portfolio: bool  # an envelope: the documents are its attachments


def open_pdf(data: bytes, source: str) -> PdfFile:
    """Every page of a PDF. A page that cannot be read is marked so, and the others are still read.

    Raises:
        UnreadableDocument: if the file is damaged, or cannot be opened without a password.
    """
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise _locked(source, tried=False)
        layers = _hidden_layers(reader)
        count = len(reader.pages)
    except UnreadableDocument:
        raise
    except DependencyError as error:
        raise UnreadableDocument(
            source, "ce PDF est chiffré", "Enregistrez-en une copie sans protection, puis ajoutez-la."
        ) from error
    # pypdf lets errors of every kind through on a damaged file (KeyError, AttributeError,
    # RecursionError…): whatever the kind, this one file is unreadable and the others are not.
    except (PyPdfError, Exception) as error:
        raise _damaged(source) from error
    fonts: dict[int, _Letters] = {}
    pages = tuple(_page(reader, number, layers, fonts) for number in range(1, count + 1))
    if not pages or all(page.failed for page in pages):
        raise _damaged(source)
    return PdfFile(pages, tuple(_outline(reader)), *_metadata(reader), "/Collection" in reader.root_object)


def unlocked(data: bytes, source: str, password: str) -> bytes:
    """A copy of an encrypted PDF that opens without a password; the same bytes if it is not encrypted.

    Raises:
        UnreadableDocument: if the password does not open it, or the file is damaged.
    """
    try:
        reader = PdfReader(io.BytesIO(data))
        if not reader.is_encrypted:
            return data
        if not reader.decrypt(password):
            raise _locked(source, tried=True)
        out = io.BytesIO()
        PdfWriter(clone_from=reader).write(out)
        return out.getvalue()
    except UnreadableDocument:
        raise
    except (PyPdfError, Exception) as error:  # as in `open_pdf`
        raise _damaged(source) from error


def _locked(source: str, *, tried: bool) -> UnreadableDocument:
    return UnreadableDocument(
        source,
        "ce mot de passe n'ouvre pas ce PDF" if tried else "ce PDF est protégé par un mot de passe",
        "Donnez le bon mot de passe par « amaris corpus add --password », ou enregistrez une copie "
        "sans mot de passe et ajoutez cette copie.",
    )


def _damaged(source: str) -> UnreadableDocument:
    return UnreadableDocument(
        source,
        "ce PDF est abîmé ou incomplet",
        "Téléchargez-le de nouveau, ou ouvrez-le et enregistrez-en une copie.",
    )


def _metadata(reader: PdfReader) -> tuple[str, str]:
    """Title and author; empty when absent or unreadable."""
    try:
        meta = reader.metadata
        return (meta and meta.title) or "", (meta and meta.author) or ""
    except (PyPdfError, Exception):
        return "", ""


def _outline(reader: PdfReader) -> Iterator[tuple[int, str, int]]:
    def walk(entries: Sequence[Any], level: int) -> Iterator[tuple[int, str, int]]:
        for entry in entries:
            if isinstance(entry, list):
                yield from walk(entry, level + 1)
            elif (number := reader.get_destination_page_number(entry)) is not None and number >= 0:
                yield number + 1, str(entry.title or ""), level

    try:
        yield from walk(reader.outline, 1)
    except (PyPdfError, Exception):
        return  # a broken outline loses headings, not text


def _hidden_layers(reader: PdfReader) -> frozenset[int]:
    """Object numbers of the layers that a viewer does not show (8.11.4)."""
    try:
        properties = reader.root_object.get("/OCProperties")
        if properties is None:
            return frozenset()
        properties = properties.get_object()
        default = properties.get("/D", DictionaryObject()).get_object()
        off = {ref.idnum for ref in default.get("/OFF", ArrayObject()).get_object()}
        if default.get("/BaseState") == "/OFF":
            shown = {ref.idnum for ref in default.get("/ON", ArrayObject()).get_object()}
            off |= {ref.idnum for ref in properties.get("/OCGs", ArrayObject()).get_object()} - shown
        return frozenset(off)
    except (PyPdfError, Exception):
        return frozenset()


def _page(reader: PdfReader, number: int, layers: frozenset[int], fonts: dict[int, _Letters]) -> PdfPage:
    width, height = 595.0, 842.0
    drawing: _Drawing | None = None
    try:
        page = reader.pages[number - 1]
        box = page.cropbox
        left, bottom, right, top = (float(value) for value in (box.left, box.bottom, box.right, box.top))
        turn = int(page.rotation) % 360
        base: Matrix = (1.0, 0.0, 0.0, 1.0, -left, -bottom)
        width, height = right - left, top - bottom
        for _ in range(turn // 90):  # each turn is clockwise
            base = _multiply(base, (0.0, -1.0, 1.0, 0.0, 0.0, width))
            width, height = height, width
        drawing = _Drawing(width, height, layers, fonts)
        content = page.get_contents()
        if content is not None:
            data = content.get_data()
            if len(data) > _MAX_CONTENT or (not data.strip() and _holds_bytes(page["/Contents"].get_object())):
                return PdfPage(number, width, height, failed=True)
            stream = ContentStream(content, reader, "bytes")
            drawing.run(stream, page.get("/Resources", DictionaryObject()).get_object(), base)
        drawing.run_annotations(page.get("/Annots", ArrayObject()).get_object(), base)
        return drawing.page(number, failed=False)
    # As above: one page that pypdf or its filters refuse, whatever the error, must not lose the rest.
    except (PyPdfError, Exception):
        return drawing.page(number, failed=True) if drawing else PdfPage(number, width, height, failed=True)


def _holds_bytes(contents: Any) -> bool:
    """Whether the streams of a page hold bytes, which pypdf drops without a word when it cannot inflate them."""
    streams = contents if isinstance(contents, ArrayObject) else [contents]
    return any(len(getattr(stream.get_object(), "_data", b"")) > 2 for stream in streams)


def _multiply(m: Matrix, n: Matrix) -> Matrix:
    """What applying m, then n, does (8.3.4)."""
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _apply(m: Matrix, x: float, y: float) -> tuple[float, float]:
    return x * m[0] + y * m[2] + m[4], x * m[1] + y * m[3] + m[5]


def _bounds(points: Sequence[tuple[float, float]]) -> Box:
    xs = [x for x, _ in points]
    ys = [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _holds(box: Box, x: float, y: float, margin: float = 0.5) -> bool:
    return box[0] - margin <= x <= box[2] + margin and box[1] - margin <= y <= box[3] + margin


class _Letters:
    """A font: what each code shows, and how wide it is."""

    def __init__(self, resource: DictionaryObject) -> None:
        self.font = Font.from_font_resource(resource)
        font = self.font
        name = font.name.lower()
        weight = str(font.font_descriptor.weight)
        self.bold = any(mark in name for mark in ("bold", "black", "heavy", "demi", "cmbx", "sfbx")) or (
            weight.replace(".", "").isdigit() and float(weight) >= 600
        )
        self.composite = isinstance(font.encoding, str)
        # Without a table of letters, the codes of a composite font are numbers of glyphs: they say nothing.
        self.mute = self.composite and not font.character_map and font.encoding == "utf-16-be"
        if self.mute and "/Uni" in str(resource.get("/Encoding", "")):
            self.mute = False
        self.scale = 0.001
        self.tex: dict[int, str] = {}
        if font.sub_type == "Type3":  # its widths are in units of its own matrix (9.6.4)
            matrix = resource.get("/FontMatrix", [0.001])
            self.scale = abs(float(matrix[0])) or 0.001
            self.widths3 = self._type3_widths(resource)
            if f"/a{resource.get('/FirstChar')}" in str(resource.get("/Encoding", "")):
                # Bitmaps of TeX, named by their code. Its first encoding stops at 127, the second goes on.
                self.tex = _T1 if int(resource.get("/LastChar", 255)) > 127 else _OT1
        self._known: dict[int, tuple[str, float, bool]] = {}

    @staticmethod
    def _type3_widths(resource: DictionaryObject) -> dict[int, float]:
        first = int(resource.get("/FirstChar", 0))
        widths = resource.get("/Widths", ArrayObject()).get_object()
        return {first + rank: float(width) for rank, width in enumerate(widths)}

    def codes(self, data: bytes) -> list[int]:
        """The character codes of a string."""
        if not self.composite:
            return list(data)
        if self.font.encoding == "utf-16-be":
            return [data[at] << 8 | data[at + 1] for at in range(0, len(data) - 1, 2)]
        return [ord(char) for char in data.decode(str(self.font.encoding), "replace")]

    def glyph(self, code: int) -> tuple[str, float, bool]:
        """The letters a code shows, its width in text space for a size of 1, and whether it is known."""
        found = self._known.get(code)
        if found is None:
            found = self._known[code] = self._glyph(code)
        return found

    def _glyph(self, code: int) -> tuple[str, float, bool]:
        font = self.font
        raw = chr(code)
        if font.sub_type == "Type3":
            width = self.widths3.get(code, 0.0) * self.scale
        else:
            width = font.character_widths.get(raw, font.character_widths.get("default", 500)) * self.scale
        text, known = self._meaning(code, raw)
        return text, width, known

    def _meaning(self, code: int, raw: str) -> tuple[str, bool]:
        font = self.font
        if not isinstance(font.encoding, dict):
            text = font.character_map.get(raw, raw)
        else:
            named = font.encoding.get(code, raw)
            text = font.character_map.get(named, font.character_map.get(raw, named))
            if self.tex:
                return self.tex.get(code, raw), True
            if text == raw and 0x7F <= code < 0xA0:  # the codes that are left free draw a bullet (annex D.2)
                return "•", True
        if (len(text) > 1 and text.startswith("/")) or "\ufffd" in text:  # a name that means no letter (« /g31 »)
            return (raw if code >= 32 else ""), False
        if len(text) == 1 and ord(text) < 32:
            text = _OT1.get(ord(text), "")
            return text, bool(text)
        strange = any(
            0x80 <= ord(char) < 0xA0 or (0xE000 <= ord(char) < 0xF8FF and char not in _BULLETS) for char in text
        )
        return text, not strange and not self.mute


_Glyph = tuple[str, float, float, bool]  # letters, start and end in text space, whether the font says them
_BLANKS = ("", " ", "\u00a0")


@functools.lru_cache(1000)
def _direction(a: float, b: float, c: float, d: float) -> tuple[float, float, int]:
    """How long a unit is along the line and across it on the page, and the angle of the line, in degrees."""
    angle = round(math.degrees(math.atan2(b, a))) % 360
    right = (right for right in (0, 90, 180, 270) if abs((angle - right + 180) % 360 - 180) <= 3)
    return math.hypot(a, b), math.hypot(c, d), next(right, angle)


@dataclass(slots=True)
class _State:
    """The graphics state (8.4.1), as far as it changes what is read."""

    matrix: Matrix
    clip: Box
    fill: Colour | None = (0.0, 0.0, 0.0)  # None: a pattern or a picture, of no one colour
    stroke: Colour | None = (0.0, 0.0, 0.0)
    spaces: tuple[str, str] = ("/DeviceGray", "/DeviceGray")  # of the fill and the stroke
    letters: _Letters | None = None
    size: float = 1.0
    char_space: float = 0.0
    word_space: float = 0.0
    stretch: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    mode: int = 0  # text rendering mode (9.3.6)
    alpha: float = 1.0  # of what is filled
    veil: float = 1.0  # alpha of the groups that hold it, multiplied
    blended: bool = False


@dataclass(slots=True)
class _Mark:
    """A marked-content sequence that is open (14.6)."""

    hidden: bool = False
    actual: str | None = None  # the text that replaces what is drawn (14.9.4)
    first: int = 0  # rank of the first chunk drawn inside
    furniture: bool = False  # a running head, declared as such (14.8.2.2)


@dataclass(slots=True)
class _Drawn:
    """A chunk as it was drawn, before knowing what covers it."""

    chunk: Chunk
    box: Box  # on the page as seen
    colour: Colour | None
    invisible: bool  # drawn without ink: the text of a scan, or a trap
    hidden: bool


@dataclass(slots=True)
class _Painted:
    """A filled rectangle or a picture."""

    order: int
    box: Box
    colour: Colour | None  # None: a picture
    opaque: bool


@dataclass(slots=True)
class _Drawing:
    """Runs the operators of one page."""

    width: float
    height: float
    layers: frozenset[int]
    fonts: dict[int, _Letters]
    drawn: list[_Drawn] = field(default_factory=list)
    painted: list[_Painted] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    dots: list[Box] = field(default_factory=list)
    inked: bool = False  # a line or a shape was drawn
    order: int = 0

    def run(self, stream: ContentStream, resources: Any, matrix: Matrix) -> None:
        self._run(stream, resources, _State(matrix, (0.0, 0.0, self.width, self.height)), 0, [])

    def run_annotations(self, annotations: Any, matrix: Matrix) -> None:
        """What is written in the fields of a form and in the text boxes laid over a page (12.5.5)."""
        for reference in annotations:
            annotation: Any = reference.get_object()
            if annotation.get("/Subtype") not in ("/Widget", "/FreeText") or int(annotation.get("/F", 0)) & _UNSEEN:
                continue
            shown = annotation.get("/AP", DictionaryObject()).get_object().get("/N", DictionaryObject()).get_object()
            if not isinstance(shown, StreamObject) or "/BBox" not in shown:
                continue
            left, bottom, right, top = (float(value) for value in annotation["/Rect"].get_object())
            box = [float(value) for value in shown["/BBox"].get_object()]  # type: ignore[union-attr]
            place: Matrix = (1.0, 0.0, 0.0, 1.0, min(left, right) - box[0], min(bottom, top) - box[1])
            state = _State(_multiply(place, matrix), (0.0, 0.0, self.width, self.height))
            self._form(shown, DictionaryObject(), state, 0, [])

    def page(self, number: int, *, failed: bool) -> PdfPage:
        seen, hidden = self._seen()
        rules, dots = tuple(self.rules), tuple(self.dots)
        drawn = self.inked or bool(self.painted)
        recognised = self._is_scan() and any(drawn.invisible for drawn in self.drawn)
        return PdfPage(number, self.width, self.height, tuple(seen), rules, dots, drawn, hidden, recognised, failed)

    # One method for all operators: a call for each would take most of the reading time.
    def _run(self, stream: ContentStream, resources: Any, state: _State, depth: int, marks: list[_Mark]) -> None:
        stack: list[_State] = []
        marks = list(marks)
        outer = len(marks)
        text_matrix = line_matrix = _IDENTITY
        path: list[tuple[float, float]] = []
        boxes: list[Box] = []
        lines: list[tuple[float, float, float, float]] = []
        shapes = 0  # sub-paths of the current path
        clipping = False
        for operands, operator in stream.operations:
            try:
                match operator:
                    case b"q":
                        stack.append(replace(state))
                    case b"Q":
                        if stack:
                            state = stack.pop()
                    case b"cm":
                        state.matrix = _multiply(_matrix(operands), state.matrix)
                    case b"BT":
                        text_matrix = line_matrix = _IDENTITY
                    case b"Tf":
                        state.letters = self._font(resources, operands[0])
                        state.size = float(operands[1])
                    case b"Td" | b"TD":
                        x, y = float(operands[0]), float(operands[1])
                        if operator == b"TD":
                            state.leading = -y
                        text_matrix = line_matrix = _multiply((1.0, 0.0, 0.0, 1.0, x, y), line_matrix)
                    case b"Tm":
                        text_matrix = line_matrix = _matrix(operands)
                    case b"T*":
                        text_matrix = line_matrix = _multiply((1.0, 0.0, 0.0, 1.0, 0.0, -state.leading), line_matrix)
                    case b"Tj" | b"TJ" | b"'" | b'"':
                        if operator in (b"'", b'"'):
                            if operator == b'"':
                                state.word_space, state.char_space = float(operands[0]), float(operands[1])
                            line_matrix = _multiply((1.0, 0.0, 0.0, 1.0, 0.0, -state.leading), line_matrix)
                            text_matrix = line_matrix
                        shown = operands[0] if operator == b"TJ" else [operands[-1]]
                        advance = self._show(shown, state, text_matrix, marks)
                        text_matrix = _multiply((1.0, 0.0, 0.0, 1.0, advance, 0.0), text_matrix)
                    case b"Tc":
                        state.char_space = float(operands[0])
                    case b"Tw":
                        state.word_space = float(operands[0])
                    case b"Tz":
                        state.stretch = float(operands[0]) / 100
                    case b"TL":
                        state.leading = float(operands[0])
                    case b"Ts":
                        state.rise = float(operands[0])
                    case b"Tr":
                        state.mode = int(operands[0])
                    case b"g" | b"rg" | b"k":
                        state.fill = _colour(operands)
                    case b"G" | b"RG" | b"K":
                        state.stroke = _colour(operands)
                    case b"cs":
                        state.spaces = (_space(operands[0], resources), state.spaces[1])
                        state.fill = (0.0, 0.0, 0.0)
                    case b"CS":
                        state.spaces = (state.spaces[0], _space(operands[0], resources))
                        state.stroke = (0.0, 0.0, 0.0)
                    case b"sc" | b"scn":
                        state.fill = _tint(operands, state.spaces[0])
                    case b"SC" | b"SCN":
                        state.stroke = _tint(operands, state.spaces[1])
                    case b"gs":
                        self._graphics(state, resources, operands[0])
                    case b"m":
                        point = _apply(state.matrix, float(operands[0]), float(operands[1]))
                        path.append(point)
                        start = last = point
                        shapes += 1
                    case b"l":
                        point = _apply(state.matrix, float(operands[0]), float(operands[1]))
                        if path:
                            lines.append((*last, *point))
                        path.append(point)
                        last = point
                    case b"h":
                        if path:
                            lines.append((*last, *start))
                            last = start
                    case b"c" | b"v" | b"y":
                        points = [
                            _apply(state.matrix, float(operands[at]), float(operands[at + 1]))
                            for at in range(0, len(operands) - 1, 2)
                        ]
                        path.extend(points)
                        last = points[-1]
                        shapes += 2  # a curve is no rectangle
                    case b"re":
                        x, y, w, h = (float(value) for value in operands[:4])
                        corners = [
                            _apply(state.matrix, a, b) for a, b in ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
                        ]
                        path.extend(corners)
                        start = last = corners[0]
                        boxes.append(_bounds(corners))
                        shapes += 1
                    case b"W" | b"W*":
                        clipping = True
                    case b"S" | b"s" | b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" | b"n":
                        if path:
                            if operator != b"n" and not _any_hidden(marks):
                                self._path(operator, state, path, boxes, lines, shapes)
                            if clipping:
                                state.clip = _inside(state.clip, _bounds(path))
                        path, boxes, lines, shapes, clipping = [], [], [], 0, False
                    case b"sh":
                        self._paint(state.clip, None, opaque=state.alpha * state.veil > 0.9)
                    case b"BDC" | b"BMC":
                        marks.append(self._mark(operands, resources))
                    case b"EMC":
                        if len(marks) > outer:
                            self._close(marks.pop())
                    case b"Do":
                        self._object(resources, operands[0], state, depth, marks)
                    case b"INLINE IMAGE":
                        self._picture(state, opaque=True)
                    case _:
                        pass
            except (ValueError, TypeError, IndexError, KeyError, AttributeError, ZeroDivisionError):
                continue  # an operator with wrong operands is skipped, as viewers do

    def _font(self, resources: Any, name: Any) -> _Letters | None:
        found = resources["/Font"].get_object().raw_get(name)
        key = getattr(found, "idnum", None)
        if key is None:
            return _Letters(found.get_object())
        if key not in self.fonts:
            self.fonts[key] = _Letters(found.get_object())
        return self.fonts[key]

    def _show(self, shown: Sequence[Any], state: _State, matrix: Matrix, marks: list[_Mark]) -> float:
        """Draw strings and moves of one TJ; returns how far the pen went, in text space."""
        letters = state.letters
        if letters is None:
            return 0.0
        at = 0.0
        glyphs: list[_Glyph] = []
        for item in shown:
            if isinstance(item, int | float):
                at -= float(item) / 1000 * state.size * state.stretch
                continue
            data = item if isinstance(item, bytes) else str(item).encode("latin-1", "replace")
            for code in letters.codes(data):
                text, width, known = letters.glyph(code)
                end = at + width * state.size * state.stretch
                glyphs.append((text, at, end, known))
                space = state.word_space if code == 32 and not letters.composite else 0.0
                at = end + (state.char_space + space) * state.stretch
        if len(glyphs) > 1 or (glyphs and glyphs[0][0] not in _BLANKS):
            self._place(glyphs, letters, state, _multiply(matrix, state.matrix), _any_hidden(marks))
        return at

    def _place(self, glyphs: list[_Glyph], letters: _Letters, state: _State, full: Matrix, hidden: bool) -> None:
        """Add the chunks that glyphs make on the page, `full` being the matrix of the text on it."""
        along, up, angle = _direction(*full[:4])
        if not along or not up:
            return
        size = abs(state.size * up)
        x, y = _apply(full, 0.0, state.rise)
        tall = (full[2] * state.size * 0.7, full[3] * state.size * 0.7)
        colour = state.stroke if state.mode == 1 else state.fill
        hidden = hidden or size < _MIN_SIZE or state.alpha * state.veil < 0.1
        for text, start, end, unmapped in _words(glyphs, abs(state.size) or 1.0):
            x0, y0 = x + full[0] * start, y + full[1] * start
            x1, y1 = x + full[0] * end, y + full[1] * end
            u0, v = turned(x0, y0, angle, self.width, self.height)
            u1, _ = turned(x1, y1, angle, self.width, self.height)
            box = _bounds([(x0, y0), (x1, y1), (x0 + tall[0], y0 + tall[1]), (x1 + tall[0], y1 + tall[1])])
            out = hidden or not _holds(state.clip, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
            self.order += 1
            chunk = Chunk(text, u0, u1, v, size, letters.bold or state.mode == 2, angle, self.order, unmapped)
            self.drawn.append(_Drawn(chunk, box, colour, state.mode in (3, 7), out))

    def _mark(self, operands: Sequence[Any], resources: Any) -> _Mark:
        mark = _Mark(first=len(self.drawn))
        if len(operands) < 2:
            return mark
        tag, properties = operands[0], operands[1]
        if isinstance(properties, str):
            named = resources.get("/Properties", DictionaryObject()).get_object()
            properties = named.raw_get(properties) if properties in named else None
        if tag == "/OC":
            mark.hidden = self._layer_off(properties)
            return mark
        properties = properties.get_object() if properties is not None else None
        if isinstance(properties, DictionaryObject):
            if "/ActualText" in properties:
                mark.actual = _text_string(properties["/ActualText"])
            if tag == "/Artifact" and properties.get("/Type") == "/Pagination":
                mark.furniture = True
        return mark

    def _layer_off(self, group: Any) -> bool:
        """Whether optional content is not shown (8.11.2)."""
        if group is None:
            return False
        if getattr(group, "idnum", None) in self.layers:
            return True
        group = group.get_object()
        if not isinstance(group, DictionaryObject) or group.get("/Type") != "/OCMD":
            return False
        members: Any = group.raw_get("/OCGs") if "/OCGs" in group else ArrayObject()
        members = [members] if getattr(members, "idnum", None) in self.layers else members.get_object()
        if isinstance(members, DictionaryObject):
            return False
        states = [getattr(member, "idnum", None) not in self.layers for member in members]
        if not states:
            return False
        policy = group.get("/P", "/AnyOn")
        shown = {
            "/AllOn": all(states),
            "/AnyOff": not all(states),
            "/AllOff": not any(states),
        }.get(str(policy), any(states))
        return not shown

    def _close(self, mark: _Mark) -> None:
        """End a marked-content sequence: its own text takes the place of what was drawn."""
        inside = self.drawn[mark.first :]
        if mark.furniture:
            for drawn in inside:
                drawn.hidden = True
        if mark.actual is None or not inside:
            return
        first, last = inside[0].chunk, inside[-1].chunk
        if any(drawn.chunk.angle != first.angle or abs(drawn.chunk.y - first.y) > first.size for drawn in inside):
            return  # over several lines, what is drawn keeps its places
        text = mark.actual.strip("\r\n")
        one = replace(first, text=text, x1=max(first.x1, last.x1), unmapped=0)
        box = _bounds([point for drawn in inside for point in (drawn.box[:2], drawn.box[2:])])
        del self.drawn[mark.first :]
        if text:
            self.drawn.append(replace(inside[0], chunk=one, box=box))

    def _graphics(self, state: _State, resources: Any, name: Any) -> None:
        table: Any = resources["/ExtGState"].get_object()[name].get_object()
        if "/ca" in table:
            state.alpha = float(table["/ca"])
        if "/BM" in table:
            state.blended = str(table["/BM"]) not in ("/Normal", "/Compatible")
        if "/Font" in table:
            font, size = table["/Font"].get_object()
            state.letters, state.size = _Letters(font.get_object()), float(size)

    def _path(
        self,
        operator: bytes,
        state: _State,
        path: list[tuple[float, float]],
        boxes: list[Box],
        lines: list[tuple[float, float, float, float]],
        shapes: int,
    ) -> None:
        filled = operator in (b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*")
        stroked = operator in (b"S", b"s", b"B", b"B*", b"b", b"b*")
        self.inked = True
        white = state.stroke is not None and min(state.stroke) > 0.97
        if stroked and not white:
            for x0, y0, x1, y1 in lines:
                self._rule(x0, y0, x1, y1)
            for left, bottom, right, top in boxes:
                for rule in (
                    (left, bottom, right, bottom),
                    (left, top, right, top),
                    (left, bottom, left, top),
                    (right, bottom, right, top),
                ):
                    self._rule(*rule)
        if (filled and not (state.fill and min(state.fill) > 0.97)) or (stroked and not white):
            self._dot(_bounds(path))
        if filled:
            for left, bottom, right, top in boxes:
                thin = min(right - left, top - bottom) <= 2.5
                if thin and not (state.fill and min(state.fill) > 0.97):  # a line drawn as a thin rectangle
                    self._rule(left, (bottom + top) / 2, right, (bottom + top) / 2)
                    self._rule((left + right) / 2, bottom, (left + right) / 2, top)
            box = _bounds(path)
            # Only a plain rectangle surely hides what is under it: other shapes may have holes.
            plain = shapes == 1 and (len(boxes) == 1 or _rectangular(path, box))
            if plain and min(box[2] - box[0], box[3] - box[1]) > 2.5:
                self._paint(
                    _inside(state.clip, box), state.fill, opaque=state.alpha * state.veil > 0.9 and not state.blended
                )

    def _dot(self, box: Box) -> None:
        wide, tall = box[2] - box[0], box[3] - box[1]
        if 1.2 < wide < 8 and abs(wide - tall) < 0.3 * wide:
            self.dots.append(box)

    def _rule(self, x0: float, y0: float, x1: float, y1: float) -> None:
        x0, x1 = min(x0, x1), max(x0, x1)
        y0, y1 = min(y0, y1), max(y0, y1)
        if (y1 - y0 <= 1.0 and x1 - x0 >= 8) or (x1 - x0 <= 1.0 and y1 - y0 >= 6):
            self.rules.append(Rule(x0, y0, x1, y1))

    def _paint(self, box: Box, colour: Colour | None, *, opaque: bool) -> None:
        if box[2] - box[0] > 3 and box[3] - box[1] > 3:
            self.order += 1
            self.painted.append(_Painted(self.order, box, colour, opaque))

    def _picture(self, state: _State, *, opaque: bool) -> None:
        corners = [_apply(state.matrix, x, y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
        self._dot(_bounds(corners))
        self._paint(_inside(state.clip, _bounds(corners)), None, opaque=opaque and state.alpha * state.veil > 0.9)

    def _object(self, resources: Any, name: Any, state: _State, depth: int, marks: list[_Mark]) -> None:
        found = resources["/XObject"].get_object()[name].get_object()
        if not isinstance(found, StreamObject) or _any_hidden(marks):
            return
        thing: Any = found
        if "/OC" in thing and self._layer_off(thing.raw_get("/OC")):
            return
        if thing.get("/Subtype") == "/Image":
            self._picture(state, opaque="/SMask" not in thing and "/Mask" not in thing and not state.blended)
        elif thing.get("/Subtype") == "/Form" and depth < _MAX_DEPTH:
            self._form(thing, resources, state, depth, marks)

    def _form(self, form: Any, resources: Any, state: _State, depth: int, marks: list[_Mark]) -> None:
        inner = replace(state)
        if "/Group" in form:  # seen through as a whole (11.6.6)
            inner.veil, inner.alpha = state.veil * state.alpha, 1.0
        if "/Matrix" in form:
            inner.matrix = _multiply(_matrix(form["/Matrix"]), state.matrix)
        if "/BBox" in form:
            left, bottom, right, top = (float(value) for value in form["/BBox"].get_object())
            corners = ((left, bottom), (right, bottom), (right, top), (left, top))
            inner.clip = _inside(state.clip, _bounds([_apply(inner.matrix, x, y) for x, y in corners]))
        own = form.get("/Resources")
        own = own.get_object() if own is not None else resources
        self._run(ContentStream(form, getattr(form, "pdf", None), "bytes"), own, inner, depth + 1, marks)

    def _seen(self) -> tuple[list[Chunk], int]:
        """The chunks that a reader of the page sees, and how many letters nobody sees."""
        seen: list[Chunk] = []
        hidden = 0
        scan = self._is_scan()
        shown: dict[tuple[str, int, int], float] = {}
        for drawn in self.drawn:
            chunk = drawn.chunk
            if not self._is_seen(drawn, scan=scan):
                hidden += len(chunk.text)
                continue
            # Drawn twice a hair apart, to look bold: read once.
            key = (chunk.text, round(chunk.y), chunk.angle)
            if len(chunk.text) > 1 and key in shown and abs(shown[key] - chunk.x0) < 0.12 * chunk.size:
                continue
            shown[key] = chunk.x0
            _add(seen, chunk)
        return seen, hidden

    def _is_scan(self) -> bool:
        """Whether the page is a picture of a text, so that the text drawn without ink is what was recognised in it."""
        pictures = sum(_area(painted.box) for painted in self.painted if painted.colour is None)
        without_ink = sum(len(drawn.chunk.text) for drawn in self.drawn if drawn.invisible)
        with_ink = sum(len(drawn.chunk.text) for drawn in self.drawn if not drawn.invisible)
        return pictures > 0.5 * self.width * self.height and (with_ink < 0.2 * without_ink or not without_ink)

    def _is_seen(self, drawn: _Drawn, *, scan: bool) -> bool:
        left, bottom, right, top = drawn.box
        middle = ((left + right) / 2, (bottom + top) / 2)
        if drawn.hidden or not _holds((0.0, 0.0, self.width, self.height), *middle):
            return False
        if drawn.invisible:
            return scan
        over = [painted for painted in self.painted if _holds(painted.box, *middle, margin=-0.5)]
        covered = [painted for painted in over if painted.order > drawn.chunk.order and painted.opaque]
        if covered:  # some programs lay the picture of the page over what they recognised in it
            return scan and all(painted.colour is None for painted in covered)
        under = [painted.colour for painted in over if painted.order < drawn.chunk.order]
        ground = under[-1] if under else (1.0, 1.0, 1.0)
        return drawn.colour is None or ground is None or _distance(drawn.colour, ground) > _SAME_COLOUR


def _add(seen: list[Chunk], chunk: Chunk) -> None:
    """Add a chunk to those seen; TeX draws an accent, then a capital letter: they become one."""
    if seen and (before := seen[-1]).text[-1:] in ACCENTS and chunk.text[:1].isalpha():
        accent_x = before.x1 - 0.15 * before.size
        if chunk.angle == before.angle and chunk.x0 - 0.1 * chunk.size < accent_x < chunk.x0 + chunk.size:
            chunk = replace(chunk, text=compose(chunk.text[0], before.text[-1]) + chunk.text[1:])
            seen.pop()
            if len(before.text) > 1:
                seen.append(replace(before, text=before.text[:-1], x1=min(before.x1, chunk.x0)))
    seen.append(chunk)


def _words(glyphs: list[_Glyph], size: float) -> Iterator[tuple[str, float, float, int]]:
    """(text, start, end, unmapped letters) of the runs between gaps wider than a space."""
    pairs = pairwise(glyphs)
    word_gap = space_width([(b[1] - a[2]) / size for a, b in pairs if a[0].isalpha() and b[0].isalpha()])
    text: list[str] = []
    begin = end = 0.0
    unmapped = 0
    for shown, start, stop, known in _over(glyphs):
        gap = (start - end) / size if text else 0.0
        if text and gap > max(CHUNK_GAP, word_gap):
            yield "".join(text), begin, end, unmapped
            text, unmapped = [], 0
        elif text and gap > word_gap and text[-1] != " " and shown != " ":
            text.append(" ")
        if not text:
            if shown in _BLANKS:
                continue  # a space at the start says nothing: the gap will
            begin = start
        text.append(unicodedata.normalize("NFKC", shown) if "\ufb00" <= shown <= "\ufb06" else shown)
        if shown != " ":
            end = stop if stop > start else max(end, start)
        unmapped += not known
    if text:
        yield "".join(text), begin, end, unmapped


def space_width(gaps: list[float]) -> float:
    """The least gap that is a space, from the gaps between letters, in font sizes."""
    gaps = sorted(gaps)
    # A spaced-out word (« R I S Q U E »): the gap between its letters is not a space.
    spaced = len(gaps) >= 4 and gaps[len(gaps) // 4] > WORD_GAP
    return 1.6 * gaps[len(gaps) // 2] if spaced else WORD_GAP


def _over(glyphs: list[_Glyph]) -> Iterator[_Glyph]:
    """The glyphs, an accent drawn over the next letter or the one before joined to it."""
    held: _Glyph | None = None
    for glyph in glyphs:
        text, start, stop, known = glyph
        if held is not None:
            before, from_, to, known_before = held
            middle = (from_ + to) / 2
            if before in ACCENTS and text[:1].isalpha() and start < middle < stop:
                held = (compose(text[0], before) + text[1:], min(start, from_), stop, known and known_before)
                continue
            if text in ACCENTS and before[-1:].isalpha() and from_ < (start + stop) / 2 < to:
                held = (before[:-1] + compose(before[-1], text), from_, max(to, stop), known and known_before)
                continue
            yield held
        held = glyph
    if held is not None:
        yield held


def compose(letter: str, accent: str) -> str:
    """A letter with its accent, as one character; the letter alone if there is none such."""
    letter = {"ı": "i", "ȷ": "j"}.get(letter, letter)
    both = unicodedata.normalize("NFC", letter + ACCENTS[accent])
    return both if len(both) == 1 else letter


def turned(x: float, y: float, angle: int, width: float, height: float) -> tuple[float, float]:
    """A point once the page is turned so that text at this angle runs from left to right."""
    match angle:
        case 90:
            return y, width - x
        case 180:
            return width - x, height - y
        case 270:
            return height - y, x
        case _:
            return x, y


def _matrix(operands: Sequence[Any]) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in operands[:6])
    return a, b, c, d, e, f


def _colour(operands: Sequence[Any]) -> Colour | None:
    values = [float(value) for value in operands]
    if len(values) == 1:
        return values[0], values[0], values[0]
    if len(values) == 3:
        return values[0], values[1], values[2]
    if len(values) == 4:  # cyan, magenta, yellow, black (10.3.5)
        c, m, y, k = values
        return (1 - min(1.0, c + k)), (1 - min(1.0, m + k)), (1 - min(1.0, y + k))
    return None


def _space(name: Any, resources: Any) -> str:
    """The family of a colour space."""
    named = resources.get("/ColorSpace", DictionaryObject()).get_object()
    space = named[name].get_object() if name in named else name
    return str(space[0]) if isinstance(space, ArrayObject) else str(space)


def _tint(operands: Sequence[Any], space: str) -> Colour | None:
    if space in ("/Separation", "/DeviceN"):  # an ink: none leaves the paper, full is taken as black
        ink = max(float(value) for value in operands)
        return 1 - ink, 1 - ink, 1 - ink
    if space in ("/Pattern", "/Indexed", "/Lab"):
        return None
    return _colour(operands)


def _any_hidden(marks: list[_Mark]) -> bool:
    return any(mark.hidden for mark in marks)


def _text_string(data: Any) -> str:
    """A text string (7.9.2.2), which a content stream read as bytes gives as bytes."""
    if isinstance(data, str):
        return data
    if data.startswith(b"\xfe\xff"):
        return str(data[2:], "utf-16-be", "replace")
    if data.startswith(b"\xef\xbb\xbf"):
        return str(data[3:], "utf-8", "replace")
    return str(data, "latin-1")


def _inside(one: Box, other: Box) -> Box:
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    return left, bottom, max(left, min(one[2], other[2])), max(bottom, min(one[3], other[3]))


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _distance(one: Colour, other: Colour) -> float:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _rectangular(path: list[tuple[float, float]], box: Box) -> bool:
    return len(path) in (4, 5) and all(
        min(abs(x - box[0]), abs(x - box[2])) < 0.5 and min(abs(y - box[1]), abs(y - box[3])) < 0.5 for x, y in path
    )
