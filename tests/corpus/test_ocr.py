"""Scanned pages through the real programs."""

from __future__ import annotations

from pathlib import Path

import pytest
import reportlab
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from corpus import ocr
from corpus.read_pdf import read_pdf
from tests.corpus.builders import drawn_pdf, image_only_pdf

needs_ocr = pytest.mark.skipif(
    not ocr.is_installed(), reason=f"les paquets Debian {ocr.PACKAGES} ne sont pas installés"
)
TEXT = "Le règlement protège les salariés."


def scan(canvas: Canvas) -> None:
    """A page that is the picture of a text, at 150 dots an inch."""
    page = Image.new("L", (1240, 1754), 255)
    font = ImageFont.truetype(str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"), 40)
    ImageDraw.Draw(page).text((120, 200), TEXT, font=font, fill=0)
    canvas.drawImage(ImageReader(page), 0, 0, 595, 842)


def written(canvas: Canvas) -> None:
    canvas.drawString(60, 780, "La mairie garde le plan de prévention.")


@needs_ocr
def test_only_the_scanned_pages_are_recognised_and_told() -> None:
    result = read_pdf(drawn_pdf(written, scan), "a.pdf", ocr=ocr.recognise)
    assert [(piece.text, piece.page) for piece in result.pieces] == [
        ("La mairie garde le plan de prévention.", 1),
        (TEXT, 2),
    ]
    assert result.warnings == ("a.pdf, page 2 : un texte lu par reconnaissance de caractères. Relisez-le.",)


@needs_ocr
def test_a_recognised_copy_is_read_without_recognising_it_again() -> None:
    copy = ocr.recognise(drawn_pdf(scan), [1])
    assert copy is not None
    result = read_pdf(copy, "a.pdf")
    assert [piece.text for piece in result.pieces] == [TEXT]
    assert result.warnings == ()


@needs_ocr
def test_a_picture_without_text_is_told_without_asking_for_packages() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("L", (600, 850), 180)), 0, 0, 595, 842)

    [warning] = read_pdf(drawn_pdf(written, draw), "a.pdf", ocr=ocr.recognise).warnings
    assert warning == "a.pdf, page 2 : des images, où aucun texte n'a pu être lu."


@needs_ocr
def test_what_is_no_pdf_is_not_recognised() -> None:
    assert ocr.recognise(b"no pdf", [1]) is None


def test_without_the_programs_nothing_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not ocr.is_installed()
    assert ocr.recognise(image_only_pdf(), [1]) is None
