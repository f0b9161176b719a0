"""Documents, fiches, files and PDFs made for these tests."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from corpus.assemble import Piece, assemble
from corpus.documents import Block, Contact, Document

CONTACTS = {"mairie": Contact("Mairie", "Urbanisme", "/documents/qui-contacter")}

FICHE = """\
---
id: essai
title: "Fiche d'essai : un exemple"
axis: 1
audience: [dirigeant]
zones: [bleue]
topics: [travaux]
as_of: 2024-01-01
reviewed: 2024-02-01
contacts: [mairie]
sources:
  - key: code
    title: "Article L515-16-2"
    publisher: "Doctrine"
    date: 2024-01-01
    url: "https://exemple.fr/code"
  - key: guide
    title: "Guide"
    publisher: "INERIS"
    date: 2017
    url: null
---
La fiche s'adresse aux entreprises de la zone bleue.

Sources : code

## Dois-je faire des travaux ?

Le règlement du plan de prévention fixe les travaux.

- la toiture ;
- les vitrages.

Sources : code, guide
"""


def line_of(text: str, start: str) -> int:
    """Number, from 1, of the first line that starts so (white space in front aside)."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith(start))


def words(text: str) -> str:
    """The characters that are not white space."""
    return re.sub(r"\s", "", text)


def document_of(pieces: Sequence[Piece], document_id: str = "doc") -> Document:
    text, blocks = assemble(list(pieces))
    return Document(document_id=document_id, title="Titre", text=text, blocks=blocks, source="doc.txt", kind="text")


def heading(text: str, level: int = 2) -> Piece:
    return Piece("heading", text, level=level)


def texts(document: Document, kind: str) -> list[str]:
    return [document.quote(b.start, b.end) for b in document.blocks if b.kind == kind]


def block_starting(document: Document, text: str) -> Block:
    return next(b for b in document.blocks if document.quote(b.start, b.end).startswith(text))


def pdf(
    pages: Sequence[Sequence[str]],
    *,
    outline: Sequence[tuple[int, str, int]] = (),
    password: str | None = None,
    owner_only: bool = False,
    title: str = "",
) -> bytes:
    """A PDF of one line per text, top to bottom; an empty text leaves a gap.

    Args:
        outline: (page from 1, title, level from 0), in page order.
        password: asked of the reader, unless `owner_only` (then only of whom would change the file).
    """
    encrypt = None
    if password is not None:
        encrypt = StandardEncryption("" if owner_only else password, ownerPassword=password, canPrint=0)
    out = io.BytesIO()
    canvas = Canvas(out, encrypt=encrypt)
    canvas.setTitle(title)
    for number, lines in enumerate(pages, start=1):
        for page, name, level in outline:
            if page == number:
                canvas.bookmarkPage(f"{page}-{name}")
                canvas.addOutlineEntry(name, f"{page}-{name}", level)
        for row, line in enumerate(lines):
            canvas.drawString(60, 790 - 15 * row, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def image_only_pdf() -> bytes:
    """A scanned page: a drawing, no text."""
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.rect(50, 50, 400, 600, fill=1)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


# Text as it comes: French punctuation, abbreviations, numbers, odd white space.
_TOKENS = st.sampled_from(
    "Le PPRT zone bleue L. 515-16 art. M. Durand 3,5 10.2 « » « Oui ! » ( ) Restez. Partez ? Attention : "
    "oui… non; etc. 1. 2) A.M.A.R.I.S. fin.Ces l'été œuvre www.exemple.fr \u00a0 \u202f \n".split(" ")
)
french_text = st.lists(_TOKENS, max_size=40).map(" ".join) | st.text(max_size=80)

_sentence = st.lists(
    st.sampled_from("le plan fixe des travaux en zone bleue pour vos salariés".split()), min_size=1
).map(lambda found: " ".join(found).capitalize() + ".")
_prose = st.lists(_sentence, min_size=1, max_size=8).map(" ".join) | french_text
_pieces = st.one_of(
    st.builds(lambda text, level: heading(text, level), french_text, st.integers(1, 4)),
    st.builds(lambda text: Piece("paragraph", text), _prose),
    st.builds(lambda text: Piece("paragraph", text + " :"), _prose),
    st.builds(lambda text, level: Piece("item", text, level=level), _prose, st.integers(1, 2)),
    st.builds(lambda text: Piece("row", text), french_text),
    st.integers(300, 900).map(lambda size: Piece("paragraph", ("sanspoint " * size)[:size])),
)
pieces_lists = st.lists(_pieces, max_size=14)
documents = pieces_lists.map(document_of)
