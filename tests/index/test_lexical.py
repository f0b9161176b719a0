"""The words of a text, and BM25 over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import DamagedIndex
from index.lexical import LexicalIndex, fold, terms

# What a French keyboard and a PDF of the administration produce.
FRENCH = st.text(
    alphabet="abcdefghijklmnopqrstuvwxyzàâäçéèêëîïôöùûüÿœæABCDELRÉÀÇ0123456789 \n\t\u00a0\u202f.,;:!?'’«»()-–—/*§€%°²_",
    max_size=120,
)

TEXTS = [
    "En zone bleue, une entreprise peut s'étendre sous conditions.",
    "La sirène émet un signal d'alerte.",
    "Le bailleur remet un état des risques au locataire.",
    "…",
]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("l'entreprise", "l’entreprise"),
        ("l'entreprise", "entreprise"),
        ("qu'une usine", "qu’une usine"),
        ("jusqu'au bureau", "au bureau"),
        ("l'œuvre", "oeuvre"),
        ("sirène", "SIRENE"),
        ("délaissement", "delaissement"),
        ("délaissement", "de\u0301laissement"),
        ("À l’abri dès l’alerte", "a l'abri des l'alerte"),
        ("article L. 515-16-2", "article L515-16-2"),
        ("article L. 515-16-2", "article l 515-16-2"),
        ("l'article R.4121-1", "l’article R. 4121-1"),
        ("article L.\u00a0515-16", "article L.515-16"),
        ("article R*123-45", "article R. 123-45"),
        ("1 500 euros", "1500 euros"),
        ("1\u00a0500 euros", "1\u202f500 euros"),
        ("1 500 000 euros", "1500000 euros"),
        ("les entreprises", "entreprise"),
        ("plate-forme", "plateforme -forme plate"),
    ],
)
def test_two_ways_to_type_give_the_same_terms(one: str, other: str) -> None:
    assert sorted(terms(one)) == sorted(terms(other))
    assert terms(one)


def test_an_article_number_is_one_term() -> None:
    assert terms("L. 515-16-2") == ["l515-16-2"]


def test_two_articles_are_told_apart() -> None:
    assert terms("articles L. 515-15 et R. 515-39") == ["l515-15", "r515-39", *terms("articles")]


def test_a_number_is_one_term() -> None:
    assert terms("1 500") == ["1500"]


def test_a_year_and_the_number_after_it_stay_apart() -> None:
    assert terms("en 2015 200 salariés")[:2] == ["2015", "200"]


def test_a_compound_gives_its_whole_and_its_parts() -> None:
    assert set(terms("plate-forme")) == {*terms("plateforme"), *terms("plate"), *terms("forme")}


def test_repeats_are_kept() -> None:
    assert terms("zone, zones") == terms("zone") * 2


@pytest.mark.parametrize("text", ["", "   ", "Est-ce que je dois ?", "qu'est-ce que c'est", "… – « » !", "_", "y"])
def test_words_of_the_question_form_give_nothing(text: str) -> None:
    assert terms(text) == []


def test_aujourdhui_is_not_an_elision() -> None:
    assert terms("aujourd'hui") != terms("hui")


@given(st.text())
def test_any_text_has_terms_without_error(text: str) -> None:
    assert all(terms(text))


@given(FRENCH)
def test_capitals_and_missing_accents_change_nothing(text: str) -> None:
    expected = sorted(terms(text))
    assert sorted(terms(text.upper())) == expected
    assert sorted(terms(fold(text))) == expected


@given(FRENCH)
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_the_passage_with_the_words_comes_first() -> None:
    scores = LexicalIndex.build(TEXTS).scores("Que fait la sirène pour l'alerte ?")
    assert scores.shape == (len(TEXTS),)
    assert scores.argmax() == 1
    assert scores[1] > 0


def test_zero_where_no_term_is_shared() -> None:
    scores = LexicalIndex.build(TEXTS).scores("zone bleue")
    assert scores[0] > 0
    assert scores[1:].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("question", ["", "?", "est-ce que", "girafe", "∅", "…"])
def test_all_zero_without_a_known_term(question: str) -> None:
    assert not LexicalIndex.build(TEXTS).scores(question).any()


@given(st.lists(FRENCH, min_size=1, max_size=6), FRENCH)
def test_bm25_is_positive_exactly_where_a_term_is_shared(texts: list[str], question: str) -> None:
    scores = LexicalIndex.build(texts).scores(question)
    shared = [bool(set(terms(text)) & set(terms(question))) for text in texts]
    assert (scores > 0).tolist() == shared
    assert (scores >= 0).all()


@pytest.mark.parametrize("texts", [[""], ["", "  "], ["…", "le la les"]])
def test_texts_without_a_term_are_indexed(texts: list[str]) -> None:
    assert LexicalIndex.build(texts).scores("zone").tolist() == [0.0] * len(texts)


def test_known_terms() -> None:
    assert LexicalIndex.build(TEXTS).known(terms("sirène girafe")) == [True, False]


@pytest.mark.parametrize("texts", [TEXTS, [""], ["zone"]])
def test_saved_and_loaded_gives_the_same_scores(tmp_path: Path, texts: list[str]) -> None:
    index = LexicalIndex.build(texts)
    index.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path, len(texts))
    for question in ("zone bleue", "sirène d'alerte", "girafe", ""):
        np.testing.assert_array_equal(loaded.scores(question), index.scores(question))
    assert loaded.known(["zon", "siren", "girafe"]) == index.known(["zon", "siren", "girafe"])


def test_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    LexicalIndex.build(TEXTS).save(tmp_path)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(DamagedIndex, match="index des mots"):
            LexicalIndex.load(tmp_path, len(TEXTS))
        path.write_bytes(data)


def test_another_number_of_passages_is_refused(tmp_path: Path) -> None:
    LexicalIndex.build(TEXTS).save(tmp_path)
    with pytest.raises(DamagedIndex, match="index des mots"):
        LexicalIndex.load(tmp_path, len(TEXTS) + 1)
