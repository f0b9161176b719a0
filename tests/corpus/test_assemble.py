"""One clean text, with the place of each block and an anchor for each heading."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.assemble import Piece, assemble, clean, document_id_of, slug, title_of
from tests.corpus.builders import document_of, french_text, heading, pieces_lists


@given(st.text() | french_text)
def test_clean_gives_one_composed_visible_line(text: str) -> None:
    result = clean(text)
    assert clean(result) == result
    assert not re.search("[\n\r\t\u00ad\u200b\ufeff\x00]|  ", result)
    assert unicodedata.is_normalized("NFC", result)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pré\u00advention", "prévention"),
        ("e\u0301te\u0301", "été"),
        (" a \r\n\t b\u200b ", "a b"),
        ("10\u00a0%", "10\u00a0%"),
    ],
)
def test_clean_examples(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text())
def test_a_slug_fits_an_address(text: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slug(text))
    assert len(slug(text)) <= 60


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dois-je faire des travaux ?", "dois-je-faire-des-travaux"),
        ("Œuvrer à l'été", "oeuvrer-a-l-ete"),
        ("mot " * 40, "-".join(["mot"] * 15)),
        ("?!", ""),
    ],
)
def test_slug_examples(text: str, expected: str) -> None:
    assert slug(text) == expected


@pytest.mark.parametrize(
    ("name", "expected_id", "expected_title"),
    [
        ("Guide été_2017.pdf", "Guide-ete_2017", "Guide été 2017"),
        ("plan-de-secours.txt", "plan-de-secours", "Plan de secours"),
        ("安全.txt", "document", "安全"),
    ],
)
def test_names_made_from_a_file_name(name: str, expected_id: str, expected_title: str) -> None:
    assert (document_id_of(name), title_of(name)) == (expected_id, expected_title)


@given(pieces_lists)
def test_blocks_are_the_pieces_in_order_and_cover_the_text(pieces: list[Piece]) -> None:
    text, blocks = assemble(pieces)
    filled = [(piece.kind, clean(piece.text)) for piece in pieces if clean(piece.text)]
    assert [(block.kind, text[block.start : block.end]) for block in blocks] == filled
    assert all(text[a.end : b.start] in ("\n", "\n\n") for a, b in pairwise(blocks))
    assert (blocks[0].start, blocks[-1].end) == (0, len(text)) if blocks else text == ""


@given(pieces_lists)
def test_anchors_are_unique_and_only_of_headings(pieces: list[Piece]) -> None:
    _, blocks = assemble(pieces)
    anchors = [block.anchor for block in blocks if block.kind == "heading"]
    assert all(anchors)
    assert len(set(anchors)) == len(anchors)
    assert not any(block.anchor for block in blocks if block.kind != "heading")


def test_a_second_heading_alike_takes_its_parent_then_a_number() -> None:
    pieces = [
        heading("Zone bleue", 1),
        heading("Aides"),
        heading("Zone rouge", 1),
        *[heading("Aides")] * 3,
        heading("?"),
    ]
    assert [block.anchor for block in document_of(pieces).blocks] == [
        "zone-bleue",
        "aides",
        "zone-rouge",
        "zone-rouge-aides",
        "aides-2",
        "aides-3",
        "section",
    ]


def test_a_list_follows_its_announcement_line_by_line() -> None:
    text, _ = assemble([Piece("paragraph", "Trois gestes :"), Piece("item", "entrer"), Piece("item", "fermer")])
    assert text == "Trois gestes :\nentrer\nfermer"
