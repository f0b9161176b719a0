"""Letters that come apart, glue together, or mean nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import reportlab
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    StreamObject,
)
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from corpus.errors import UnreadableDocument
from corpus.read_pdf import PdfText, read_pdf
from tests.corpus.builders import drawn_pdf, edited_pdf

LINES = [
    "Le plan de prévention des risques est approuvé par le préfet.",
    "Les entreprises voisines protègent leurs salariés du danger.",
    "La mairie conserve le règlement, où l'on lit les délais.",
]
registerFont(TTFont("Vera", Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"))


def text_of(result: PdfText) -> str:
    return "\n".join(piece.text for piece in result.pieces)


def embedded(canvas: Canvas) -> None:
    """Lines in a font that only its own table can read."""
    canvas.setFont("Vera", 11)
    for rank, line in enumerate(LINES):
        canvas.drawString(60, 780 - 14 * rank, line)


def plain(canvas: Canvas) -> None:
    for rank, line in enumerate(LINES):
        canvas.drawString(60, 780 - 14 * rank, line)


def without_tables(writer: PdfWriter) -> None:
    for item in writer._objects:
        if isinstance(item, DictionaryObject):
            item.pop("/ToUnicode", None)


def with_shifted_tables(writer: PdfWriter) -> None:
    for item in writer._objects:
        if isinstance(item, DictionaryObject) and "/ToUnicode" in item:
            table = item["/ToUnicode"].get_object()
            assert isinstance(table, StreamObject)
            shifted = re.sub(
                r"<(00[2-9A-F][0-9A-F])>", lambda match: f"<{int(match[1], 16) + 3:04X}>", table.get_data().decode()
            )
            table.set_data(shifted.encode())


@pytest.mark.parametrize("spoil", [without_tables, with_shifted_tables])
def test_a_font_that_does_not_say_its_letters_is_never_read(spoil: Callable[[PdfWriter], None]) -> None:
    with pytest.raises(UnreadableDocument, match=r"polices.*ocrmypdf"):
        read_pdf(edited_pdf(drawn_pdf(embedded), spoil), "a.pdf")


def test_a_page_in_such_a_font_is_told_and_the_others_are_read() -> None:
    [warning] = (result := read_pdf(edited_pdf(drawn_pdf(plain, embedded), without_tables), "a.pdf")).warnings
    assert warning.startswith("a.pdf, page 2 : un texte illisible, laissé de côté")
    assert {piece.page for piece in result.pieces} == {1}
    assert LINES[0] in text_of(result)


def test_ligatures_are_letters() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Vera", 11)
        canvas.drawString(60, 780, "La ﬁche dit un reﬂet de ﬂamme.")

    assert text_of(read_pdf(drawn_pdf(draw), "a.pdf")) == "La fiche dit un reflet de flamme."


def test_words_drawn_without_a_space_between_them_are_parted() -> None:
    def draw(canvas: Canvas) -> None:
        for rank, line in enumerate(LINES):
            x = 60.0
            for word in line.split():
                canvas.drawString(x, 780 - 14 * rank, word)
                x += canvas.stringWidth(word, "Helvetica", 11) + 2.6

    assert text_of(read_pdf(drawn_pdf(draw), "a.pdf")).replace("\n", " ") == " ".join(LINES)


def test_a_word_drawn_letter_by_letter_is_one_word() -> None:
    def draw(canvas: Canvas) -> None:
        x = 60.0
        for letter in LINES[0]:
            canvas.drawString(x, 780, letter)
            x += canvas.stringWidth(letter, "Helvetica", 11)

    assert text_of(read_pdf(drawn_pdf(draw), "a.pdf")) == LINES[0]


@pytest.mark.parametrize(("accent", "letter", "both"), ["´eé", "`aà", "`eè", "ˆeê", "¨iï", "ˆoô", "¸cç", "´EÉ"])
def test_an_accent_drawn_over_its_letter_belongs_to_it(accent: str, letter: str, both: str) -> None:
    def draw(canvas: Canvas) -> None:
        x = 60.0
        for part in ("s", accent, letter, "curit"):
            wide = canvas.stringWidth(part, "Helvetica", 11)
            middle = (canvas.stringWidth(letter, "Helvetica", 11) - wide) / 2 if part == accent else 0
            canvas.drawString(x + middle, 780, part)
            x += 0 if part == accent else wide

    assert text_of(read_pdf(drawn_pdf(draw), "a.pdf")) == f"s{both}curit"


def tex_bitmap_font(codes: Sequence[int]) -> DictionaryObject:
    """A font as TeX makes them without outlines: glyphs named by their code (Type 3)."""
    glyph = DecodedStreamObject()
    glyph.set_data(b"500 0 d0")
    first, last = min(codes), max(codes)
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type3"),
            NameObject("/FontBBox"): ArrayObject([NumberObject(n) for n in (0, 0, 500, 700)]),
            NameObject("/FontMatrix"): ArrayObject([FloatObject(n) for n in (0.001, 0, 0, 0.001, 0, 0)]),
            NameObject("/FirstChar"): NumberObject(first),
            NameObject("/LastChar"): NumberObject(last),
            NameObject("/Widths"): ArrayObject([NumberObject(500)] * (last - first + 1)),
            NameObject("/CharProcs"): DictionaryObject({NameObject(f"/a{code}"): glyph for code in codes}),
            NameObject("/Encoding"): DictionaryObject(
                {
                    NameObject("/Type"): NameObject("/Encoding"),
                    NameObject("/Differences"): ArrayObject(
                        [part for code in codes for part in (NumberObject(code), NameObject(f"/a{code}"))]
                    ),
                }
            ),
        }
    )


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (b"la \x0cche et l'e\x0bet", "la fiche et l’effet"),
        (b"la \x1cche d'\xe9t\xe9 \x13\xa0o\xf9\xa0\x14", "la fiche d’été «\xa0où\xa0»"),
    ],
    ids=["first encoding", "second encoding"],
)
def test_the_bitmap_fonts_of_tex_are_read(shown: bytes, text: str) -> None:
    def draw(writer: PdfWriter) -> None:
        content = DecodedStreamObject()
        content.set_data(b"BT /T 11 Tf 60 700 Td <" + shown.hex().encode() + b"> Tj ET")
        fonts = DictionaryObject({NameObject("/T"): tex_bitmap_font(sorted(set(shown)))})
        writer.pages[0][NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        writer.pages[0][NameObject("/Contents")] = writer._add_object(content)

    assert text_of(read_pdf(edited_pdf(drawn_pdf(plain), draw), "a.pdf")) == text


def test_a_word_drawn_twice_to_look_bold_is_read_once() -> None:
    def draw(canvas: Canvas) -> None:
        for shift in (0, 0.3):
            canvas.drawString(60 + shift, 780, "Attention, danger.")

    assert text_of(read_pdf(drawn_pdf(draw), "a.pdf")) == "Attention, danger."
