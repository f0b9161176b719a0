"""Markdown to pieces."""

from __future__ import annotations

import datetime as dt

import pytest

from corpus.assemble import Piece
from corpus.documents import Validity
from corpus.read_markdown import read_markdown, source_keys, validity_of
from tests.corpus.builders import FICHE


def kinds_and_texts(pieces: list[Piece]) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in pieces]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Sources : code, guide-2017", ("code", "guide-2017")),
        ("Source : code.", ("code",)),
        ("  Sources: a ,b", ("a", "b")),
        ("Sources : Le guide de l'INERIS", None),
        ("Les sources : code", None),
        ("Sources :", None),
    ],
)
def test_a_line_of_sources(line: str, expected: tuple[str, ...] | None) -> None:
    assert source_keys(line) == expected


def test_sources_go_to_the_heading_and_leave_the_text() -> None:
    pieces = read_markdown(FICHE.split("---\n")[2], fiche=True)
    assert {piece.text: piece.sources for piece in pieces if piece.sources} == {
        "La fiche s'adresse aux entreprises de la zone bleue.": ("code",),
        "Dois-je faire des travaux ?": ("code", "guide"),
    }
    assert not any("Sources" in piece.text for piece in pieces)


@pytest.mark.parametrize("before", ["Un texte.", "- un élément", "- un élément\n\n  suite"])
def test_sources_right_under_the_text_are_read_too(before: str) -> None:
    title, *others = read_markdown(f"## Quoi ?\n\n{before}\nSources : code\n## Suite ?", fiche=True)
    assert title.sources == ("code",)
    assert not any("Sources" in piece.text for piece in others)


def test_outside_a_fiche_a_line_of_sources_is_text() -> None:
    assert kinds_and_texts(read_markdown("Sources : code")) == [("paragraph", "Sources : code")]


def test_a_table_gives_rows() -> None:
    table = "| Signal | Sens |\n|---|---|\n| trois fois | **alerte** |\n"
    assert kinds_and_texts(read_markdown(table)) == [("row", "Signal | Sens"), ("row", "trois fois | alerte")]


def test_nested_lists_keep_their_depth_and_their_second_paragraphs() -> None:
    pieces = read_markdown(
        "1. Entrer\n   - par le hall\n   - par le quai\n\n   Sans courir.\n2. Fermer\n\nPuis attendre."
    )
    assert [(p.kind, p.text, p.level) for p in pieces] == [
        ("item", "Entrer", 1),
        ("item", "par le hall", 2),
        ("item", "par le quai", 2),
        ("paragraph", "Sans courir.", 1),
        ("item", "Fermer", 1),
        ("paragraph", "Puis attendre.", 0),
    ]


def test_a_reader_sees_words_not_marks() -> None:
    [piece] = read_markdown("Le **plan** *fixe* `tout` :\nvoir [la carte](https://exemple.fr) ![un plan](a.png)<br>")
    assert piece.text == "Le plan fixe tout : voir la carte un plan"


def test_headings_keep_their_level() -> None:
    assert [p.level for p in read_markdown("# Un\n\nDeux\n----\n\n### Trois ###")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Validité : droit antérieur à octobre 2015", Validity(dt.date(2015, 10, 22))),
        ("Validité : jusqu'au 2020-01-31.", Validity(dt.date(2020, 1, 31))),
        ("Validité : remplacé par zone-bleue#travaux", Validity(superseded_by="zone-bleue#travaux")),
        ("Validité : jusqu’au 2020-01-31, remplacé par b", Validity(dt.date(2020, 1, 31), "b")),
        ("Validité : jusqu'au 2020-02-31", None),
        ("Validité :", None),
        ("La validité : jusqu'au 2020-01-31", None),
    ],
)
def test_a_line_of_validity(line: str, expected: Validity | None) -> None:
    assert validity_of(line) == expected


def test_validity_goes_to_the_heading_and_leaves_the_text() -> None:
    text = "## Avant ?\n\nUn texte.\nValidité : droit antérieur à octobre 2015\nSources : code\n\n## Depuis ?\n\nAutre."
    first, body, second, _ = read_markdown(text, fiche=True)
    assert first.validity.until == dt.date(2015, 10, 22)
    assert first.sources == ("code",)
    assert second.validity == Validity()
    assert body.text == "Un texte."
