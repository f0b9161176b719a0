"""Real PDFs, made by reportlab in the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import UnreadableDocument
from corpus.library import Library, read_file
from corpus.read_pdf import PdfText, read_pdf
from corpus.settings import CorpusSettings
from corpus.split import split
from tests.corpus.builders import block_starting, image_only_pdf, pdf

HEAD = "Guide des entreprises riveraines, mars 2017"
PAGES = [
    f"""{HEAD}

La zone bleue
Le règlement du plan de prévention des risques techno-
logiques fixe les travaux.

Trois gestes protègent les salariés :
- fermer les portes
- couper la ventila\u00ad
tion

1/2""".split("\n"),
    f"""{HEAD}

La zone rouge
Le préfet prescrit les mesures dans cette zone, où la
loi interdit de construire.

Loyer mensuel :
15
euros par mètre carré.

Une ligne encore.
Une autre ligne.

2/2""".split("\n"),
]
OUTLINE = [(1, "La zone bleue", 0), (2, "La zone rouge", 1)]


@pytest.fixture(scope="module")
def guide() -> PdfText:
    return read_pdf(pdf(PAGES, outline=OUTLINE, title="Guide"), "guide.pdf")


def found(data: PdfText) -> str:
    return "\n".join(piece.text for piece in data.pieces)


def test_running_head_and_page_numbers_are_removed(guide: PdfText) -> None:
    assert "riveraines" not in found(guide)
    assert "1/2" not in found(guide)
    assert "2/2" not in found(guide)


def test_a_number_in_the_middle_of_a_page_is_kept(guide: PdfText) -> None:
    assert "Loyer mensuel : 15 euros par mètre carré." in found(guide).replace("\n", " ")


def test_headings_alike_but_for_a_number_are_not_a_running_head_of_two_pages() -> None:
    two = read_pdf(
        pdf([["Article 1", "Le champ est la zone bleue."], ["Article 2", "Les travaux sont permis."]]), "a.pdf"
    )
    assert "Article 1" in found(two)
    assert "Article 2" in found(two)


def test_a_head_of_most_pages_is_removed_whatever_its_number() -> None:
    pages = [[f"Cahier {n}", f"La page {name} est lue."] for n, name in enumerate(["une", "deux", "trois", "quatre"])]
    assert "Cahier" not in found(read_pdf(pdf(pages), "a.pdf"))


def test_words_cut_at_line_ends_are_mended(guide: PdfText) -> None:
    assert "des risques technologiques fixe" in found(guide)
    assert "couper la ventilation" in found(guide)


def test_the_outline_gives_the_headings_and_lines_the_rest(guide: PdfText) -> None:
    assert [(p.text, p.level, p.page) for p in guide.pieces if p.kind == "heading"] == [
        ("La zone bleue", 1, 1),
        ("La zone rouge", 2, 2),
    ]
    assert [p.text for p in guide.pieces if p.kind == "item"] == ["fermer les portes", "couper la ventilation"]
    assert guide.title == "Guide"


def test_passages_carry_their_page(tmp_path: Path) -> None:
    (tmp_path / "guide.pdf").write_bytes(pdf(PAGES, outline=OUTLINE))
    document = read_file(tmp_path / "guide.pdf", {})
    pages = {p.section[-1]: p.page for p in split(document, CorpusSettings())}
    assert pages == {"La zone bleue": 1, "La zone rouge": 2}
    assert block_starting(document, "Le préfet").page == 2


def test_a_paragraph_goes_on_over_a_page_break() -> None:
    pages = [["Le règlement du plan de prévention fixe la liste des"], ["travaux à faire dans la zone."]]
    assert found(read_pdf(pdf(pages), "a.pdf")).endswith("la liste des travaux à faire dans la zone.")


def test_pages_without_text_are_told() -> None:
    [warning] = read_pdf(pdf([["Le plan fixe les travaux."], []]), "mixte.pdf").warnings
    assert "pages sans texte (2)" in warning
    assert "ocrmypdf" in warning


def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    assert "zone bleue" in found(read_pdf(pdf(PAGES, password="x", owner_only=True), "a.pdf"))


@pytest.mark.parametrize(
    ("data", "reason", "remedy"),
    [
        (b"", "vide", "Vérifiez la copie ou le téléchargement"),
        (pdf(PAGES)[: len(pdf(PAGES)) // 2], "abîmé ou incomplet", "Téléchargez-le de nouveau"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 8, "abîmé ou incomplet", "Téléchargez-le de nouveau"),
        (pdf(PAGES, password="secret"), "protégé par un mot de passe", "copie sans mot de passe"),
        (image_only_pdf(), "que des images", "ocrmypdf -l fra"),
    ],
    ids=["empty", "truncated", "garbage", "password", "image"],
)
def test_one_bad_file_is_reported_with_its_remedy_and_the_others_are_read(
    tmp_path: Path, data: bytes, reason: str, remedy: str
) -> None:
    (tmp_path / "a.pdf").write_bytes(data)
    (tmp_path / "b.pdf").write_bytes(pdf(PAGES))
    report = Library(None, [tmp_path]).read()
    [problem] = report.problems
    assert isinstance(problem, UnreadableDocument)
    assert (problem.source, [document.source for document in report.documents]) == ("a.pdf", ["b.pdf"])
    assert reason in problem.reason
    assert remedy in problem.remedy
