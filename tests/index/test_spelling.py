"""Words typed in a hurry are brought back; names and words of the language are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.spelling import Speller, sound

SPELLER = Speller.of(
    [
        "La sirène d'alerte, le bâtiment, les travaux de protection, la question du locataire et du bailleur.",
        "L'entreprise en zone bleue applique le règlement. L'usine voisine. La mise à l'abri. Les vitrages.",
    ]
)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("la sirenne", "la sirene"),
        ("kel reglemen pr mon batiman", "quel reglement pour mon batiment"),
        ("kestion : jdoi proteger les vitraje", "question : je dois proteger les vitrages"),
        ("ya lusine a coté, c koi lalerte", "il y a l'usine a coté, c'est quoi l'alerte"),
        ("LE BATIMAN", "LE batiment"),
        ("jconstruit", "je construit"),
    ],
)
def test_what_was_meant_is_read(typed: str, read: str) -> None:
    assert SPELLER.repair(typed) == read


@pytest.mark.parametrize(
    "text",
    [
        "La recette des crêpes bretonnes",  # words of the language, none of the corpus
        "Le PPRT de Donges et celui de Lacq",  # names
        "Des PFAS, du radon et l'appli",
        "article L515-16-2 du code",
        "Que veut dire l'aléa ?",
        "",
    ],
)
def test_what_was_well_typed_stays(text: str) -> None:
    assert SPELLER.repair(text) == text


@given(st.text(max_size=80))
def test_repairing_twice_changes_nothing_more_than_words(text: str) -> None:
    once = SPELLER.repair(text)
    assert [char for char in once if not char.isalnum() and char not in "' ’-"] == [
        char for char in text if not char.isalnum() and char not in "' ’-"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [("batimen", "batiment"), ("kestion", "question"), ("inondassion", "inondation"), ("foto", "photo")],
)
def test_words_heard_alike_share_a_sound(one: str, other: str) -> None:
    assert sound(one) == sound(other)
