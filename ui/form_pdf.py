"""The form of a fiche as a PDF to fill in on screen or by hand."""

from __future__ import annotations

import io

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from corpus.documents import Document, FormField

_WIDTH, _HEIGHT = A4
_MARGIN = 56.0  # points
_TEXT, _BOLD, _SIZE, _LEADING = "Helvetica", "Helvetica-Bold", 11.0, 14.0
_LINE = 20.0  # height of one line to write on
_NOTE = (
    "Assistant AMARIS, fiche à remplir par l'entreprise pour elle-même. Information générale, sans valeur juridique."
)


def form_pdf(document: Document) -> bytes:
    """A PDF with one field to fill in for each question of the form.

    Its standard fonts hold French letters; a character they lack is replaced.
    """
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True, lang="fr-FR")
    canvas.setTitle(f"Fiche à remplir – {document.title}")
    canvas.setAuthor("Assistant AMARIS")
    pen = _Pen(canvas)
    pen.write(document.title, _BOLD, 15.0, 19.0)
    pen.write(_NOTE, _TEXT, 9.0, 12.0)
    for number, field in enumerate(document.form, start=1):
        pen.field(number, field)
    pen.foot()
    canvas.save()
    return out.getvalue()


class _Pen:
    """Writes down the page, and turns to the next one when there is no room."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._y = _HEIGHT - _MARGIN
        self._page = 1

    def write(self, text: str, font: str, size: float, leading: float) -> None:
        for line in simpleSplit(_plain(text), font, size, _WIDTH - 2 * _MARGIN):
            self._need(leading)
            self._canvas.setFont(font, size)
            self._canvas.drawString(_MARGIN, self._y - size, line)
            self._y -= leading

    def field(self, number: int, field: FormField) -> None:
        answer = len(field.choices) * _LINE if field.choices else field.lines * _LINE + 6
        label = simpleSplit(_plain(field.label), _BOLD, _SIZE, _WIDTH - 2 * _MARGIN)
        hint = simpleSplit(_plain(field.hint), _TEXT, _SIZE - 1, _WIDTH - 2 * _MARGIN) if field.hint else []
        self._need(14 + _LEADING * (len(label) + len(hint)) + answer)  # a question and its answer stay together
        self._y -= 14
        self.write(field.label, _BOLD, _SIZE, _LEADING)
        if field.hint:
            self.write(field.hint, _TEXT, _SIZE - 1, _LEADING)
        self._y -= 4
        if field.choices:
            for rank, choice in enumerate(field.choices, start=1):
                self._choice(f"champ-{number}-{rank}", f"{field.label} {choice}", choice)
            return
        height = field.lines * _LINE
        self._canvas.acroForm.textfield(
            name=f"champ-{number}",
            tooltip=_plain(field.label),
            x=_MARGIN,
            y=self._y - height,
            width=_WIDTH - 2 * _MARGIN,
            height=height,
            fontName=_TEXT,
            fontSize=_SIZE,
            borderWidth=1,
            fillColor=None,
            fieldFlags="multiline" if field.lines > 1 else "",
            maxlen=2000,
        )
        self._y -= height + 2

    def _choice(self, name: str, tooltip: str, text: str) -> None:
        self._canvas.acroForm.checkbox(
            name=name, tooltip=_plain(tooltip), x=_MARGIN, y=self._y - 14, size=13, borderWidth=1, fillColor=None
        )
        self._canvas.setFont(_TEXT, _SIZE)
        self._canvas.drawString(_MARGIN + 20, self._y - 11, _plain(text))
        self._y -= _LINE

    def _need(self, height: float) -> None:
        if self._y - height < _MARGIN:
            self.foot()
            self._canvas.showPage()
            self._y = _HEIGHT - _MARGIN
            self._page += 1

    def foot(self) -> None:
        self._canvas.setFont(_TEXT, 9)
        self._canvas.drawRightString(_WIDTH - _MARGIN, _MARGIN / 2, f"Page {self._page}")


def _plain(text: str) -> str:
    """The text in the letters of the standard fonts (Windows-1252)."""
    text = text.replace("\u202f", "\u00a0")
    return text.encode("cp1252", "replace").decode("cp1252")
