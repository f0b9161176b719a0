"""Cleaning a question and refusing the ones that cannot be processed."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.question import check_language, clean_question
from corpus.errors import InvalidQuestion


@given(st.text(max_size=200))
def test_nettoyer_deux_fois_ne_change_plus_rien(text: str) -> None:
    try:
        cleaned = clean_question(text, 1000)
    except InvalidQuestion:
        return
    assert clean_question(cleaned, 1000) == cleaned
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for char in cleaned)
    assert cleaned == cleaned.strip()
    assert not re.search(r"\s\s", cleaned)
    cleaned.encode()  # can be written anywhere


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1).filter(str.strip))
def test_seuls_les_blancs_changent_dans_un_texte_simple(text: str) -> None:
    if not any(char.isalpha() for char in text):
        with pytest.raises(InvalidQuestion):
            clean_question(text, 10_000)
        return
    assert clean_question(text, 10_000) == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  zone\tbleue\n?  ", "zone bleue ?"),
        ("zone\u200bbleue", "zonebleue"),  # zero-width space
        ("\u202ezone bleue", "zone bleue"),  # right-to-left override
        ("e\u0301tat", "état"),  # a combining accent
        ("zone\x00bleue", "zone bleue"),
        ("zone \ud800bleue", "zone bleue"),  # half a character
    ],
)
def test_exemples_de_nettoyage(text: str, cleaned: str) -> None:
    assert clean_question(text, 100) == cleaned


@pytest.mark.parametrize(
    ("text", "word"),
    [("", "vide"), ("\u200b\x07", "vide"), ("?!", "aucun mot"), ("🔥", "aucun mot"), ("123", "aucun mot")],
)
def test_questions_refusees(text: str, word: str) -> None:
    with pytest.raises(InvalidQuestion, match=word):
        clean_question(text, 100)


def test_la_limite_est_comprise() -> None:
    assert clean_question("a" * 100, 100) == "a" * 100
    with pytest.raises(InvalidQuestion, match=r"101 caractères, 100 au plus"):
        clean_question("a" * 101, 100)


@pytest.mark.parametrize(
    "question",
    [
        "What should I do if my company is in the blue zone?",
        "Who pays for the work",
        "how can we protect our employees near a Seveso site",
        "Do I need to build a shelter in my company?",
    ],
)
def test_l_anglais_est_refuse(question: str) -> None:
    with pytest.raises(InvalidQuestion, match="en français"):
        check_language(question)


@pytest.mark.parametrize(
    "question",
    [
        "zone bleue",
        "PPRT",
        "Que faire si mon process est en zone bleue ?",
        "on est une PME in the middle de la zone, que faire ?",
        "le business plan de notre start-up est-il concerné ?",
        "c koi fr alert",
        "do you have un plan pour la zone bleue de mon site",
        "qui est in charge de la sirène",
    ],
)
def test_le_francais_passe(question: str) -> None:
    check_language(question)
