"""Sentences are offsets, so that a quote stays exact."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given

from corpus.sentences import sentence_spans
from tests.corpus.builders import french_text, words


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@given(french_text)
def test_ordered_trimmed_and_complete(text: str) -> None:
    spans = sentence_spans(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    assert words("".join(sentences(text))) == words(text)


@given(french_text, french_text)
def test_an_extract_never_leaves_its_bounds(before: str, text: str) -> None:
    whole = f"{before}{text}{before}"
    start, end = len(before), len(before) + len(text)
    spans = sentence_spans(whole, start, end)
    assert all(start <= first < last <= end for first, last in spans)
    assert words("".join(whole[first:last] for first, last in spans)) == words(text)


@pytest.mark.parametrize(
    "expected",
    [
        ["Restez à l'abri.", "N'allez pas chercher vos enfants !", "Qui appeler ?", "Le 18."],
        ["L'article L. 515-16 du code fixe la règle.", "Les articles R. 515-39 et D. 125-29 la précisent."],
        ["Voir l'art. 3, al. 2, et la p. 12 du guide.", "M. Durand et Mme Petit répondent."],
        ["Le mur résiste à 3.5 kPa, soit 35 mbar.", "La zone couvre 1,2 km en 2015.", "Le reste suit."],
        ["Le préfet écrit : « Évacuez. »", "Chacun part aussitôt."],
        ["Il crie « Sortez ! » à tous.", "« Restez ! »", "Voilà (vraiment.)", "Fin."],
        ["Écrivez à la mairie, au service d'A.M.A.R.I.S. et au préfet.", "Gardez une copie."],
        ["Consultez www.georisques.gouv.fr pour votre adresse.", "Le plan est au format plan.pdf."],
        ["Les vitres cèdent… puis le toit.", "Attention !!", "Le bruit, la fumée, etc. sont des signes."],
        ["Le texte reste sans point"],
    ],
)
def test_examples(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_two_sentences_glued_by_an_extraction_are_parted() -> None:
    assert sentences("Vos données personnelles.Ces données restent ici.") == [
        "Vos données personnelles.",
        "Ces données restent ici.",
    ]


def test_a_line_ends_a_sentence_only_after_its_punctuation() -> None:
    assert sentences("- la toiture\n- les vitrages.\n- les portes") == ["- la toiture\n- les vitrages.", "- les portes"]


def test_closing_marks_alone_belong_to_the_sentence_before() -> None:
    assert sentences("Il dit « Oui.\n».\nPuis il part.") == ["Il dit « Oui.\n».", "Puis il part."]


def test_the_time_taken_is_in_proportion_to_the_length() -> None:
    """A copy of the rest of the text at each full stop made it grow with the square: 64 times here, not 8."""

    def seconds(text: str) -> float:
        start = time.process_time()
        sentence_spans(text)
        return time.process_time() - start

    text = "L’usine émet un signal. " * 10_000
    assert seconds(text * 8) < 24 * min(seconds(text) for _ in range(3))
