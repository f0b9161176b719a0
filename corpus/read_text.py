"""Plain text, in any usual encoding, to pieces."""

from __future__ import annotations

import codecs
import re

from corpus.assemble import Piece
from corpus.errors import UnreadableDocument

_BULLET = re.compile(r"^\s*(?:[-–—•▪*]|\d{1,2}[.)])\s+")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark starts the same
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Tried on bytes that are not UTF-8, the most common first: the first of the best wins.
_ONE_BYTE = ("cp1252", "iso-8859-15", "mac-roman", "cp850")
# What a French text has outside ASCII, by where it may stand.
_SMALL = "àâäçéèêëîïôöùûüÿ"
_LETTER = f"[A-Za-z{_SMALL}{_SMALL.upper()}œŒ]"
_PLAUSIBLE = re.compile(
    f"[{_SMALL}](?![A-Z{_SMALL.upper()}])"  # a small letter is not followed by a capital
    f"|(?<![a-z{_SMALL}])[{_SMALL.upper()}]"  # nor a capital preceded by a small letter
    f"|[œŒ](?={_LETTER})"
    f"|(?<={_LETTER})’(?={_LETTER})"
    "|(?<=[\\d \xa0\u202f])[€%‰°](?!\\w)|(?<=[nN])°|(?<=\\d)[°²³½¼](?!\\w)|(?<=[mMx])[²³]|(?<!\\w)½"
    "|(?<!\\w)[«“‘•·–—§©](?!\\d)|[»”’…\xa0](?!\\d)|(?<=[ \xa0])[–—×±](?=[ \xa0])"
)
_COMMON = frozenset("éèàêçÉÀ«»’œ€")
_C1 = re.compile("[\x80-\x9f]")


def decode(data: bytes, source: str, declared: str | None = None) -> str:
    """The text of a file: by its mark, as UTF-8 or UTF-16 if it can be, else as the likeliest French.

    Args:
        declared: the encoding that the file says it has; kept unless the bytes contradict it.

    Raises:
        UnreadableDocument: if the bytes are not a text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\x00" in data:
        return _without_mark(data, source)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # A few stray bytes (a truncated end, a line pasted from elsewhere) do not make UTF-8 something else.
    mended = data.decode("utf-8", errors="surrogateescape")
    strays = len(re.findall("[\udc80-\udcff]", mended))
    if len(re.findall("[\x80-\ud7ff]", mended)) > 3 * strays:
        return re.sub("[\udc80-\udcff]", lambda found: _stray(found.group()), mended)
    candidates: tuple[str, ...] = _ONE_BYTE
    if declared and (known := _one_byte(declared)):
        candidates = (known, *_ONE_BYTE[:2])
    texts = [data.decode(encoding, errors="replace") for encoding in candidates]
    return max(texts, key=_plausibility)


def _without_mark(data: bytes, source: str) -> str:
    """UTF-16 without its mark: every second byte of a Western text is zero."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if max(even, odd) > 0.7 * (len(data) // 2) and min(even, odd) < 0.05 * (len(data) // 2):
        text = data.decode(encoding, errors="replace")
        if text.count("\ufffd") < 2 and not re.search("[\x00-\x08\x0e-\x1f]", text):
            return text
    # Any other text has no zero byte; a picture, an archive or an office file always has some.
    raise UnreadableDocument(
        source,
        "ce n'est pas un fichier texte",
        "Vérifiez que son extension correspond à son contenu (.pdf, .docx, .odt, .html, .md, .txt).",
    )


def _stray(surrogate: str) -> str:
    return bytes([ord(surrogate) - 0xDC00]).decode("cp1252", errors="replace")


def _one_byte(name: str) -> str | None:
    """The codec of this name, as browsers read it; none if it is unknown or not of one byte a character."""
    try:
        codec = codecs.lookup(name.strip()).name
        several = len("é".encode(codec, errors="replace")) > 1
    except LookupError:
        return None
    if several:
        return None
    return {"iso8859-1": "cp1252", "ascii": "cp1252"}.get(codec, codec)


def _plausibility(text: str) -> int:
    """How French the characters outside ASCII look: an ill-placed one counts −1, one in its place 1, a common one 2."""
    outside = len(re.findall("[^\x00-\x7f]", text))
    placed = sum(3 if found in _COMMON else 2 for found in _PLAUSIBLE.findall(text))
    return placed - outside - len(_C1.findall(text)) - 2 * text.count("\ufffd")


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
