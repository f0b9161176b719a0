"""Real PDFs, made by reportlab in the test."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, EncodedStreamObject, NameObject
from reportlab.pdfgen.canvas import Canvas

from corpus.errors import UnreadableDocument
from corpus.library import Library, read_file
from corpus.read_pdf import PdfText, read_pdf
from corpus.settings import CorpusSettings
from corpus.split import split
from tests.corpus.builders import block_starting, drawn_pdf, edited_pdf, image_only_pdf, pdf

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
TEXT = [
    "Le plan de prévention fixe les travaux de la zone.",
    "La mairie garde le règlement, que chacun peut lire.",
    "Chaque entreprise tient à jour son document unique.",
    "Un local de mise à l'abri est prévu pour le personnel.",
    "Les salariés sont informés du danger dès leur arrivée.",
    "Le préfet réunit la commission de suivi chaque année.",
    "La sirène annonce l'alerte, puis la fin de l'alerte.",
    "Le propriétaire remet au locataire un état des risques.",
    "Une aide de l'État finance une part des logements.",
    "La carte montre six zones, de la rouge à la grise.",
    "Le maire peut refuser un permis qui aggrave le danger.",
    "Un exercice a lieu tous les ans avec les pompiers.",
]


@pytest.fixture(scope="module")
def guide() -> PdfText:
    return read_pdf(pdf(PAGES, outline=OUTLINE, title="Guide"), "guide.pdf")


def found(data: PdfText) -> str:
    return "\n".join(piece.text for piece in data.pieces)


# --- running heads -------------------------------------------------------------------------------


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


def test_a_heading_that_comes_back_at_the_top_of_pages_is_kept() -> None:
    def page(number: int) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            canvas.setFont("Helvetica-Bold", 12)
            canvas.drawString(60, 790, f"{number}.2 Objectif")
            canvas.setFont("Helvetica", 11)
            for rank, line in enumerate(TEXT[number : number + 4]):
                canvas.drawString(60, 760 - 14 * rank, line)

        return draw

    pieces = read_pdf(drawn_pdf(*map(page, range(1, 6))), "a.pdf").pieces
    assert [p.text for p in pieces if p.kind == "heading"] == [f"{number}.2 Objectif" for number in range(1, 6)]


def test_a_head_of_most_pages_is_removed_whatever_its_number() -> None:
    pages = [[f"Cahier {n}", f"La page {name} est lue."] for n, name in enumerate(["une", "deux", "trois", "quatre"])]
    assert "Cahier" not in found(read_pdf(pdf(pages), "a.pdf"))


@pytest.mark.parametrize(
    "heads",
    [["Les principes"] * 2 + ["Les zones"] * 2 + ["Les travaux"] * 2, ["Préfecture du Rhône", "Plan de la vallée"] * 3],
    ids=["chapter", "odd and even"],
)
def test_heads_that_change_with_the_page_are_removed(heads: list[str]) -> None:
    pages = [[head, "", *TEXT[rank : rank + 4]] for rank, head in enumerate(heads)]
    text = found(read_pdf(pdf(pages), "a.pdf"))
    assert not set(heads) & set(text.splitlines())
    assert all(line in text for line in TEXT[:9])


def test_a_head_seen_once_over_the_place_where_text_starts_is_removed() -> None:
    pages = [["", "", "", *TEXT[:4]], ["Bulletin des riverains", "", "", *TEXT[4:8]]]
    text = found(read_pdf(pdf(pages), "a.pdf"))
    assert "Bulletin" not in text
    assert TEXT[4] in text


# --- paragraphs and headings ---------------------------------------------------------------------


def test_words_cut_at_line_ends_are_mended(guide: PdfText) -> None:
    assert "des risques technologiques fixe" in found(guide)
    assert "couper la ventilation" in found(guide)


def test_a_hyphen_that_belongs_to_the_word_stays() -> None:
    text = found(
        read_pdf(pdf([["Le dossier est déposé à la sous-", "préfecture de Vienne, puis au ren-", "dez-vous."]]), "a")
    )
    assert text == "Le dossier est déposé à la sous-préfecture de Vienne, puis au rendez-vous."


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


def test_a_table_of_contents_is_rows_not_headings() -> None:
    pages = [["1. Les zones ................... 3", "2. Les travaux ................. 7", "", *TEXT[:4]]]
    rows = [piece.text for piece in read_pdf(pdf(pages), "a.pdf").pieces if piece.kind == "row"]
    assert rows == ["1. Les zones … 3", "2. Les travaux … 7"]


@pytest.mark.parametrize("title", ["Microsoft Word - x.doc", "sans titre", "guide_v3.indd"])
def test_a_title_that_only_names_a_file_is_not_a_title(title: str) -> None:
    assert read_pdf(pdf([TEXT[:4]], title=title), "a.pdf").title == ""


# --- what cannot be read -------------------------------------------------------------------------


def break_page_two(writer: PdfWriter) -> None:
    garbage = EncodedStreamObject()
    garbage[NameObject("/Filter")] = NameObject("/FlateDecode")
    garbage._data = b"\x00garbage" * 20
    writer.pages[1][NameObject("/Contents")] = writer._add_object(garbage)


def overload_page_two(writer: PdfWriter) -> None:
    lines = DecodedStreamObject()
    lines.set_data(b"0 0 m 1 1 l S\n" * 600_000)
    writer.pages[1][NameObject("/Contents")] = writer._add_object(lines)


def empty_page_two(writer: PdfWriter) -> None:
    writer.pages[1][NameObject("/Contents")] = ArrayObject()


@pytest.mark.parametrize("spoil", [break_page_two, overload_page_two])
def test_a_page_that_cannot_be_read_is_told_and_the_others_are_read(spoil: Callable[[PdfWriter], None]) -> None:
    result = read_pdf(edited_pdf(pdf([TEXT[:4], TEXT[4:8], TEXT[8:12]]), spoil), "plan.pdf")
    assert [line in found(result) for line in (TEXT[0], TEXT[4], TEXT[8])] == [True, False, True]
    [warning] = result.warnings
    assert warning.startswith("plan.pdf, page 2 : abîmé ou trop chargé")


def test_a_blank_page_is_no_reason_to_warn() -> None:
    assert read_pdf(edited_pdf(pdf([TEXT[:4], TEXT[4:8]]), empty_page_two), "a.pdf").warnings == ()


def test_a_page_of_pictures_among_others_is_told_with_the_packages_to_install() -> None:
    def add_scan(writer: PdfWriter) -> None:
        writer.append(io.BytesIO(image_only_pdf()))

    [warning] = read_pdf(edited_pdf(pdf([TEXT[:4]]), add_scan), "mixte.pdf").warnings
    assert warning.startswith("mixte.pdf, page 2 : des images")
    assert "ocrmypdf" in warning
    assert "tesseract-ocr-fra" in warning


def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    assert "zone bleue" in found(read_pdf(pdf(PAGES, password="x", owner_only=True), "a.pdf"))


def portfolio() -> bytes:
    def attach(writer: PdfWriter) -> None:
        writer.add_attachment("rapport.pdf", pdf(PAGES))
        writer.root_object[NameObject("/Collection")] = DictionaryObject()

    return edited_pdf(pdf([["Ouvrez ce porte-documents dans un autre logiciel."]]), attach)


@pytest.mark.parametrize(
    ("data", "reason", "remedy"),
    [
        (b"", "vide", "Vérifiez la copie ou le téléchargement"),
        (pdf(PAGES)[: len(pdf(PAGES)) // 2], "abîmé ou incomplet", "Téléchargez-le de nouveau"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 8, "abîmé ou incomplet", "Téléchargez-le de nouveau"),
        (pdf(PAGES, password="secret"), "protégé par un mot de passe", "amaris corpus add --password"),
        (pdf([[]]), "pages blanches", "Vérifiez la copie"),
        (portfolio(), "porte-documents", "enregistrez chaque pièce jointe"),
    ],
    ids=["empty", "truncated", "garbage", "password", "blank", "portfolio"],
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


def test_pictures_alone_are_refused_with_the_packages_to_install() -> None:
    with pytest.raises(UnreadableDocument, match=r"que des images.*ocrmypdf.*tesseract-ocr-fra"):
        read_pdf(image_only_pdf(), "scan.pdf")
