"""Passages follow the structure, quote exactly, lose nothing and cut no sentence."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.assemble import Piece
from corpus.documents import Document, Validity
from corpus.errors import InvalidSetting
from corpus.sentences import sentence_spans
from corpus.settings import CorpusSettings
from corpus.split import split
from tests.corpus.builders import document_of, documents, heading, words

settings_of = st.integers(200, 600).map(lambda limit: CorpusSettings(max_passage_chars=limit))
DEFAULT = CorpusSettings()
LONG = " ".join(f"La phrase numéro {n} dit une chose utile." for n in range(120))


@given(documents, settings_of)
def test_passages_quote_the_text_in_order_and_cover_it(document: Document, settings: CorpusSettings) -> None:
    passages = split(document, settings)
    assert all(p.text == document.quote(p.start, p.end) == p.text.strip() for p in passages)
    assert all(before.end <= after.start for before, after in pairwise(passages))
    assert words("".join(p.text for p in passages)) == words(document.text)


@given(documents, settings_of)
def test_ids_are_unique_and_name_the_document(document: Document, settings: CorpusSettings) -> None:
    ids = [passage.passage_id for passage in split(document, settings)]
    assert len(set(ids)) == len(ids)
    assert all(name.startswith("doc#") for name in ids)


@given(documents, settings_of)
def test_no_sentence_is_cut(document: Document, settings: CorpusSettings) -> None:
    """Save a sentence of more than twice the limit."""
    passages = split(document, settings)
    for block in document.blocks:
        for start, end in sentence_spans(document.text, block.start, block.end):
            if end - start <= 2 * settings.max_passage_chars:
                assert sum(p.start <= start and end <= p.end for p in passages) == 1


@given(documents, settings_of)
def test_no_body_is_longer_than_the_limit_but_a_single_unit(document: Document, settings: CorpusSettings) -> None:
    for passage in split(document, settings):
        length = passage.end - passage.body_start
        assert length <= settings.max_passage_chars or len(passage.sentences) == 1
        assert length <= 2 * settings.max_passage_chars or not passage.sentences


@given(documents, settings_of)
def test_sentences_of_a_passage_make_up_its_body(document: Document, settings: CorpusSettings) -> None:
    for passage in split(document, settings):
        quoted = "".join(document.quote(start, end) for start, end in passage.sentences)
        assert words(quoted) == words(document.quote(passage.body_start, passage.end))


@given(documents, st.sampled_from(["Texte neuf.", LONG]))
def test_editing_one_section_leaves_the_ids_of_the_others(document: Document, new: str) -> None:
    def with_section(text: str) -> Document:
        around = [Piece(b.kind, document.quote(b.start, b.end), level=b.level, page=b.page) for b in document.blocks]
        first = [heading("Section modifiée", 1), Piece("paragraph", text)]
        return document_of([*first, heading("Suite", 1), *around])

    def others(document: Document) -> list[str]:
        return [p.passage_id for p in split(document, DEFAULT) if p.anchor != "section-modifiee"]

    assert others(with_section("Texte ancien.")) == others(with_section(new))


def test_editing_one_part_of_a_long_section_leaves_the_ids_of_the_others() -> None:
    def ids(text: str) -> list[str]:
        return [p.passage_id for p in split(document_of([Piece("paragraph", text)]), DEFAULT)]

    before, after = ids(LONG), ids(LONG.replace("119", "999"))
    assert before[:-1] == after[:-1]
    assert before[-1] != after[-1]


def test_ids_stay_unique_when_a_heading_is_named_like_the_untitled_part() -> None:
    document = document_of(
        [
            Piece("paragraph", "A."),
            heading("Texte"),
            Piece("paragraph", "B."),
            heading("Texte 2"),
            Piece("paragraph", "C."),
        ]
    )
    assert len({p.passage_id for p in split(document, DEFAULT)}) == 3


def test_the_section_is_the_path_of_headings_and_opens_the_encoded_text() -> None:
    document = document_of(
        [
            heading("Comprendre", 1),
            heading("La zone bleue", 2),
            Piece("paragraph", "Les travaux sont prescrits.", page=4),
            heading("Agir", 1),
            Piece("paragraph", "Prévenez vos salariés.", page=5),
        ]
    )
    first, second = split(document, DEFAULT)
    assert first.section == ("Comprendre", "La zone bleue")
    assert (first.passage_id, first.anchor, first.page) == ("doc#la-zone-bleue", "la-zone-bleue", 4)
    assert first.text.startswith("Comprendre\n\nLa zone bleue\n\n")
    assert first.encoded_text == "Titre – Comprendre – La zone bleue\nLes travaux sont prescrits."
    assert (second.section, second.body) == (("Agir",), "Prévenez vos salariés.")


@pytest.mark.parametrize("limit", [200, 1800])
def test_a_short_list_is_quoted_with_the_sentence_that_announces_it(limit: int) -> None:
    items = ["fermer les fenêtres", "couper la ventilation", "écouter la radio"]
    intro = Piece("paragraph", "L'alerte dure. Trois gestes protègent :")
    document = document_of([intro, *[Piece("item", item) for item in items]])
    [passage] = split(document, CorpusSettings(max_passage_chars=limit))
    quotes = [document.quote(*span) for span in passage.sentences]
    assert quotes == ["L'alerte dure.", "Trois gestes protègent :\n" + "\n".join(items)]


@pytest.mark.parametrize(("count", "limit"), [(20, 1800), (10, 200)])
def test_a_long_list_is_quoted_item_by_item(count: int, limit: int) -> None:
    """Long is more than 700 characters, or than a passage may hold."""
    items = [f"le geste numéro {n} protège vos salariés et vos visiteurs ;" for n in range(count)]
    intro = Piece("paragraph", "Tous ces gestes protègent :")
    document = document_of([intro, *[Piece("item", item) for item in items]])
    passages = split(document, CorpusSettings(max_passage_chars=limit))
    assert [document.quote(*span) for p in passages for span in p.sentences] == [intro.text, *items]


def test_parts_are_of_similar_length() -> None:
    lengths = [len(p.text) for p in split(document_of([Piece("paragraph", LONG)]), DEFAULT)]
    assert len(lengths) == -(-len(LONG) // 1800)
    assert min(lengths) > 0.7 * max(lengths)


def test_an_endless_sentence_is_cut_between_words() -> None:
    document = document_of([Piece("paragraph", "mot " * 2000)])
    assert {word for p in split(document, DEFAULT) for word in p.text.split()} == {"mot"}


def test_headings_without_text_still_make_a_passage() -> None:
    [passage] = split(document_of([heading("Seul", 1), heading("Au monde")]), DEFAULT)
    assert (passage.text, passage.body, passage.sentences) == ("Seul\n\nAu monde", "Seul\n\nAu monde", ())


def test_too_short_a_limit_is_refused_in_french() -> None:
    with pytest.raises(InvalidSetting, match="au moins 200"):
        CorpusSettings(max_passage_chars=100)


def test_validity_goes_down_to_the_sections_and_a_section_may_say_otherwise() -> None:
    old, older = Validity(dt.date(2020, 1, 1)), Validity(dt.date(2015, 10, 22))
    pieces = [
        heading("Un", 2),
        Piece("paragraph", "Texte."),
        replace(heading("Deux", 2), validity=older),
        Piece("paragraph", "Texte."),
        heading("Trois", 3),
        Piece("paragraph", "Texte."),
    ]
    passages = split(replace(document_of(pieces), validity=old), DEFAULT)
    assert [passage.validity for passage in passages] == [old, older, older]
