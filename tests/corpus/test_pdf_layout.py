"""The order of reading: columns, tables, lists and notes, whatever the order of drawing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from corpus.read_pdf import PdfText, read_pdf
from tests.corpus.builders import drawn_pdf

LEFT = [
    "Le plan de prévention des risques",
    "fixe les travaux de la zone, dans",
    "un délai qui dépend du danger et",
    "de la présence du public.",
    "La mairie garde le règlement, que",
    "chacun peut lire sur place.",
]
RIGHT = [
    "Chaque entreprise tient à jour le",
    "document unique de ses risques et",
    "prévoit un local de mise à l'abri.",
    "Les salariés en sont informés dès",
    "leur arrivée, puis chaque année,",
    "par un exercice et une affiche.",
]
ZONES = [["Zone", "Travaux", "Délai"], ["Rouge", "Aucun projet", "Immédiat"], ["Bleue", "Sous conditions", "Cinq ans"]]
ROWS = [" | ".join(cells) for cells in ZONES]


def read(*pages: Callable[[Canvas], object]) -> PdfText:
    return read_pdf(drawn_pdf(*pages), "a.pdf")


def texts(result: PdfText, kind: str) -> list[str]:
    return [piece.text for piece in result.pieces if piece.kind == kind]


def put(canvas: Canvas, lines: list[str], x: float = 60, y: float = 780, step: float = 14) -> None:
    for rank, line in enumerate(lines):
        canvas.drawString(x, y - step * rank, line)


@given(
    order=st.permutations(range(12)),
    shift=st.floats(-7, 7),
    gutter=st.floats(12, 60),
)
def test_columns_are_read_one_after_the_other_whatever_the_order_of_drawing(
    order: list[int], shift: float, gutter: float
) -> None:
    def draw(canvas: Canvas) -> None:
        width = max(canvas.stringWidth(line, "Helvetica", 11) for line in LEFT)
        lines = [(60.0, 700.0 - 14 * rank, line) for rank, line in enumerate(LEFT)]
        lines += [(60 + width + gutter, 700 + shift - 14 * rank, line) for rank, line in enumerate(RIGHT)]
        for rank in order:
            canvas.drawString(*lines[rank])

    assert " ".join(texts(read(draw), "paragraph")) == " ".join(LEFT + RIGHT)


def test_a_title_over_two_columns_comes_first() -> None:
    title = "Le plan et votre entreprise, en deux colonnes"

    def draw(canvas: Canvas) -> None:
        put(canvas, LEFT, 60, 700)
        put(canvas, RIGHT, 310, 700)
        canvas.setFont("Helvetica-Bold", 20)
        canvas.drawString(60, 740, title)

    result = read(draw)
    assert result.title == title
    assert " ".join(texts(result, "paragraph")) == " ".join(LEFT + RIGHT)


def test_a_last_column_of_three_lines_is_a_column() -> None:
    def draw(canvas: Canvas) -> None:
        put(canvas, LEFT * 3, 60, 700)
        put(canvas, RIGHT[:3], 310, 700)

    assert " ".join(texts(read(draw), "paragraph")) == " ".join(LEFT * 3 + RIGHT[:3])


def test_a_label_beside_each_paragraph_stays_with_it() -> None:
    def draw(canvas: Canvas) -> None:
        for rank, label in enumerate(["Aléa", "PPRT", "DREAL"]):
            put(canvas, [label], 60, 700 - 50 * rank)
            put(canvas, LEFT[2 * rank : 2 * rank + 2], 160, 700 - 50 * rank)

    assert [piece.text for piece in read(draw).pieces] == [
        f"{label} | {LEFT[2 * rank]} {LEFT[2 * rank + 1]}" for rank, label in enumerate(["Aléa", "PPRT", "DREAL"])
    ]


def test_the_words_of_a_justified_line_are_one_line() -> None:
    def draw(canvas: Canvas) -> None:
        for rank, line in enumerate(["Le PPRT de la", "ville fixe les", "travaux à faire"] * 3):
            x = 60.0
            for word in line.split():
                canvas.drawString(x, 700 - 14 * rank, word)
                x += canvas.stringWidth(word, "Helvetica", 11) + 9
        put(canvas, LEFT, 60, 400)

    assert texts(read(draw), "row") == []
    assert "Le PPRT de la ville fixe les travaux à faire Le PPRT" in " ".join(texts(read(draw), "paragraph"))


# --- tables --------------------------------------------------------------------------------------

WIDTHS = (60, 160, 300, 420)


def ruled(canvas: Canvas, *, walls: bool = True, floors: bool = True, y: float = 700) -> None:
    for rank, cells in enumerate(ZONES):
        for column, cell in enumerate(cells):
            canvas.drawString(WIDTHS[column] + 4, y - 14 - 20 * rank, cell)
    for rank in range(4):
        if floors or rank in (0, 3):
            canvas.line(WIDTHS[0], y - 20 * rank, WIDTHS[-1], y - 20 * rank)
    for x in WIDTHS if walls else ():
        canvas.line(x, y, x, y - 60)


@pytest.mark.parametrize(
    "draw",
    [
        ruled,
        lambda canvas: ruled(canvas, walls=False),
        lambda canvas: ruled(canvas, floors=False),
        lambda canvas: ruled(canvas, walls=False, floors=False),
    ],
    ids=["grid", "horizontal rules", "vertical rules", "first and last rules"],
)
def test_a_table_is_rows_whatever_its_rules(draw: Callable[[Canvas], None]) -> None:
    assert texts(read(draw), "row") == ROWS


def test_a_table_without_rules_is_rows() -> None:
    def draw(canvas: Canvas) -> None:
        put(canvas, LEFT)
        for rank, cells in enumerate(ZONES):
            for column, cell in enumerate(cells):
                canvas.drawString(WIDTHS[column], 600 - 18 * rank, cell)
        put(canvas, RIGHT, 60, 500)

    assert texts(read(draw), "row") == ROWS


def test_a_cell_of_several_lines_is_one_cell() -> None:
    def draw(canvas: Canvas) -> None:
        ruled(canvas, y=700)
        canvas.grid(list(WIDTHS), [640, 590])
        put(canvas, ["Grise", ""], 64, 626)
        put(canvas, ["Avis de l'exploi-", "tant du site"], 164, 626)
        put(canvas, ["Aucun"], 304, 626)

    assert texts(read(draw), "row") == [*ROWS, "Grise | Avis de l'exploitant du site | Aucun"]


def test_what_is_written_over_several_cells_is_said_once() -> None:
    def draw(canvas: Canvas) -> None:
        for x0, y0, x1, y1 in [(60, 700, 420, 700), (160, 680, 420, 680), (60, 660, 420, 660), (60, 640, 420, 640)]:
            canvas.line(x0, y0, x1, y1)
        for x0, y0, y1 in [(60, 640, 700), (160, 640, 700), (300, 660, 700), (420, 640, 700)]:
            canvas.line(x0, y0, x0, y1)
        put(canvas, ["Rouge"], 64, 676)
        put(canvas, ["Neuf", "Extension"], 164, 686, 20)
        put(canvas, ["Interdit", "Sur avis"], 304, 686, 20)
        put(canvas, ["Bleue"], 64, 646)
        put(canvas, ["Sous conditions de protection du public"], 164, 646)

    assert texts(read(draw), "row") == [
        "Rouge | Neuf | Interdit",
        "Extension | Sur avis",
        "Bleue | Sous conditions de protection du public",
    ]


def test_a_table_goes_on_over_two_pages() -> None:
    assert texts(read(ruled, ruled), "row") == ROWS * 2


def test_a_row_cut_by_the_end_of_the_page_is_a_row() -> None:
    def draw(canvas: Canvas) -> None:
        ruled(canvas)
        for x in WIDTHS:
            canvas.line(x, 640, x, 600)
        put(canvas, ["Grise", "claire"], 64, 626)
        put(canvas, ["Sur", "avis"], 164, 626)
        put(canvas, ["Un", "an"], 304, 626)

    assert texts(read(draw), "row") == [*ROWS, "Grise claire | Sur avis | Un an"]


def test_a_frame_around_a_text_is_no_table() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.rect(50, 600, 300, 120)
        put(canvas, LEFT, 60, 700)

    assert texts(read(draw), "row") == []


def test_a_turned_page_and_a_turned_table_are_read() -> None:
    def draw(canvas: Canvas) -> None:
        put(canvas, LEFT)
        canvas.translate(595, 0)
        canvas.rotate(90)
        ruled(canvas, y=300)

    result = read(draw)
    assert texts(result, "row") == ROWS
    assert " ".join(texts(result, "paragraph")) == " ".join(LEFT)


# --- lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["•", "–", "dot", "square"])
def test_lists_are_lists_even_when_their_marks_are_drawn(mark: str) -> None:
    gestures = ["fermer les portes ;", "couper la ventilation ;", "écouter la radio."]

    def draw(canvas: Canvas) -> None:
        put(canvas, ["Trois gestes :"], 60, 714)
        for rank, gesture in enumerate(gestures):
            y = 700 - 14 * rank
            if mark == "dot":
                canvas.circle(64, y + 4, 2, stroke=0, fill=1)
            elif mark == "square":
                canvas.rect(62, y + 2, 4, 4, stroke=0, fill=1)
            else:
                canvas.drawString(62, y, mark)
            canvas.drawString(74, y, gesture)

    assert texts(read(draw), "item") == gestures


def test_items_inside_items_have_their_depth() -> None:
    def draw(canvas: Canvas) -> None:
        for rank, (x, text) in enumerate(
            [(60, "les zones ;"), (80, "la rouge ;"), (80, "la bleue ;"), (60, "les délais.")]
        ):
            canvas.drawString(x, 700 - 14 * rank, f"• {text}")

    assert [piece.level for piece in read(draw).pieces] == [1, 2, 2, 1]


def test_a_drop_cap_starts_its_word() -> None:
    def draw(canvas: Canvas) -> None:
        put(
            canvas,
            ["e plan de prévention fixe les", "travaux de la zone, dans un", "délai de cinq ans au plus."],
            92,
            700,
        )
        put(canvas, RIGHT, 60, 640)
        canvas.setFont("Helvetica", 40)
        canvas.drawString(60, 673, "L")

    assert texts(read(draw), "paragraph")[0].startswith("Le plan de prévention fixe les travaux de la zone")


def test_a_spaced_out_title_is_made_of_words() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 18)
        canvas.drawString(60, 740, "GUIDE PRATIQUE", charSpace=7)
        canvas.setFont("Helvetica", 11)
        put(canvas, LEFT, 60, 700)

    assert read(draw).title == "GUIDE PRATIQUE"


def test_a_note_at_the_foot_does_not_cut_the_sentence_that_goes_on() -> None:
    def first(canvas: Canvas) -> None:
        put(canvas, ["Le règlement fixe les travaux que l'entreprise"], 60, 300)
        canvas.setFont("Helvetica", 8)
        canvas.drawString(60, 60, "1. Voir le code de l'environnement.")

    result = read(first, lambda canvas: put(canvas, ["doit faire dans les cinq ans.", *RIGHT]))
    assert "les travaux que l'entreprise doit faire dans les cinq ans." in texts(result, "paragraph")[0]
    assert "1. Voir le code de l'environnement." in texts(result, "paragraph")


def test_a_caption_of_two_lines_does_not_end_the_sentence_before_it() -> None:
    def first(canvas: Canvas) -> None:
        put(canvas, [*RIGHT, "Le règlement fixe les travaux que l'entreprise"], 60, 300)

    def second(canvas: Canvas) -> None:
        put(canvas, ["Figure 1 : carte des zones du plan de", "la vallée de la chimie"], 60, 780)
        put(canvas, ["doit faire dans les cinq ans.", *LEFT], 60, 720)

    result = texts(read(first, second), "paragraph")
    assert "Figure 1 : carte des zones du plan de la vallée de la chimie" in result
    assert any("les travaux que l'entreprise doit faire dans les cinq ans." in text for text in result)


def test_the_raised_number_of_a_note_starts_it() -> None:
    def draw(canvas: Canvas) -> None:
        put(canvas, LEFT)
        canvas.setFont("Helvetica", 5)
        canvas.drawString(60, 63, "2")
        canvas.setFont("Helvetica", 8)
        canvas.drawString(63, 60, "Voir le code de l'environnement.")

    assert texts(read(draw), "paragraph")[-1] == "² Voir le code de l'environnement."


def test_exponents_and_indices_stay_with_their_word() -> None:
    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(60, 700)
        for part, rise in [
            ("100 m", 0),
            ("2", 4),
            (" au 1", 0),
            ("er", 4),
            (" étage, avec du CO", 0),
            ("2", -2),
            (".", 0),
        ]:
            text.setFont("Helvetica", 7 if rise else 11)
            text.setRise(rise)
            text.textOut(part)
        canvas.drawText(text)
        put(canvas, LEFT, 60, 650)

    assert texts(read(draw), "paragraph")[0].startswith("100 m² au 1er étage, avec du CO2.")
