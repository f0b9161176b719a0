"""A sentence is said to be supported only when its passage says it: every figure, denial, condition and party."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.claims import unsupported
from corpus.library import Library
from corpus.settings import CorpusSettings
from corpus.split import split

# Real sentences of the fiches: altered, with what kind of change made them false, or said otherwise ("").
CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("altered_quotes.jsonl").read_text(encoding="utf-8").splitlines()
]
ALTERED = [case for case in CASES if case["change"]]
FAITHFUL = [case for case in CASES if not case["change"]]
QUOTES = [
    (document.quote(*span), passage.body)
    for document in Library(None).read().documents
    for passage in split(document, CorpusSettings())
    for span in passage.sentences
]
# A list is a sentence whose items are sentences of their own: its altered parts may be quotes.
LINES = [(sentence, passage) for sentence, passage in QUOTES if "\n" not in sentence]
quotes = st.sampled_from(LINES)


def test_le_jeu_couvre_chaque_sorte_de_changement() -> None:
    kinds = Counter(case["change"] for case in ALTERED)
    assert len(ALTERED) >= 260
    assert len(FAITHFUL) >= 80
    assert min(kinds[kind] for kind in ("nombre", "date", "négation", "partie", "condition", "force", "contraire")) > 25
    assert len({(case["passage"], case["sentence"]) for case in CASES}) == len(CASES)


def test_aucune_citation_modifiee_n_est_admise() -> None:
    admitted = [case["sentence"] for case in ALTERED if not unsupported(case["sentence"], case["passage"])]
    assert admitted == []


def test_toute_phrase_exacte_de_toute_fiche_est_admise() -> None:
    assert len(QUOTES) > 1000
    assert [sentence for sentence, passage in QUOTES if unsupported(sentence, passage)] == []


def test_trois_reformulations_fideles_sur_cinq_sont_admises() -> None:
    refused = [case["sentence"] for case in FAITHFUL if unsupported(case["sentence"], case["passage"])]
    share = 1 - len(refused) / len(FAITHFUL)
    assert share >= 0.6, f"{share:.0%} admises ; refusées :\n" + "\n".join(refused)


@given(quotes.filter(lambda quote: any(char in "0123456789" for char in quote[0])), st.data())
def test_un_chiffre_change_est_refuse(quote: tuple[str, str], data: st.DataObject) -> None:
    sentence, passage = quote
    place = data.draw(st.sampled_from([match.start() for match in re.finditer("[0-9]", sentence)]))
    digit = data.draw(st.sampled_from("0123456789"))
    altered = sentence[:place] + digit + sentence[place + 1 :]
    assume(altered not in passage)
    assert unsupported(altered, passage)


_WORD = re.compile(r"(?<![\w'’-])[^\W\d_]+(?![\w'’-])")


@given(quotes, st.sampled_from(("ne {} pas", "ne {} jamais", "pas {}", "sans {}", "{} ni")), st.data())
def test_une_negation_ajoutee_est_refusee(quote: tuple[str, str], denial: str, data: st.DataObject) -> None:
    sentence, passage = quote
    words = list(_WORD.finditer(sentence))
    assume(words)
    word = data.draw(st.sampled_from(words))
    altered = sentence[: word.start()] + denial.format(word.group()) + sentence[word.end() :]
    assert unsupported(altered, passage)


_CARRIES = re.compile(
    r"\b(?:pas|plus|jamais|aucune?|ni|sans|peut|peuvent|doit|doivent|interdit|obligatoire|si|sauf|seulement|quand|"
    r"avant|après|moins|en principe|en général|existants?|hors|selon le PPRT du Havre)\b"
)


@given(quotes.filter(lambda quote: _CARRIES.search(quote[0]) is not None), st.data())
def test_un_mot_qui_porte_le_sens_ne_peut_manquer(quote: tuple[str, str], data: st.DataObject) -> None:
    sentence, passage = quote
    word = data.draw(st.sampled_from(list(_CARRIES.finditer(sentence))))
    assert unsupported(sentence[: word.start()] + sentence[word.end() :], passage)


_ACTOR = r"préfet|maire|exploitant|employeur|propriétaire|locataire|bailleur|État|préfecture|mairie"


@given(quotes.filter(lambda quote: re.search(rf"\b(?:{_ACTOR})\b", quote[0]) is not None), st.data())
def test_un_acteur_n_en_remplace_pas_un_autre(quote: tuple[str, str], data: st.DataObject) -> None:
    sentence, passage = quote
    actor = data.draw(st.sampled_from(list(re.finditer(rf"\b(?:{_ACTOR})\b", sentence))))
    other = data.draw(st.sampled_from(_ACTOR.split("|")).filter(lambda name: name != actor.group()))
    altered = sentence[: actor.start()] + other + sentence[actor.end() :]
    assume(altered not in passage)
    assert unsupported(altered, passage)


PASSAGE = (
    "L'employeur doit afficher la consigne dans les six mois, selon l'article L515-16-2 du code de l'environnement. "
    "Avant le 5 mai 2017, une entreprise pouvait garder 10 % des 1 500 euros. "
    "En zone bleue, le bailleur remet au locataire un état des risques de deux cent cinquante pages."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "L'employeur doit afficher la consigne dans les 6 mois, selon l'article L. 515-16-2.",
        "L’employeur est tenu d’afficher la consigne dans les six mois.",
        "Avant le 05/05/2017, une entreprise pouvait garder dix pour cent des 1500 €.",
        "Le bailleur remet au locataire un état des risques de 250 pages en zone bleue.",
        "Avant le 5 mai 2017, une entreprise pouvait garder 10 % des 1 500 euros. En zone bleue, le bailleur remet au "
        "locataire un état des risques de deux cent cinquante pages.",
    ],
)
def test_les_ecritures_d_un_meme_fait_se_valent(sentence: str) -> None:
    assert unsupported(sentence, PASSAGE) == ""


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("L'employeur doit afficher la consigne dans les sept mois.", "nombre"),
        ("L'employeur peut afficher la consigne dans les six mois.", "force"),
        ("L'employeur ne doit pas afficher la consigne dans les six mois.", "négation"),
        ("L'exploitant doit afficher la consigne dans les six mois.", "qui fait quoi"),
        ("Le bailleur remet au locataire un état des risques de 250 pages.", "condition"),
        ("En zone bleue, le locataire remet au bailleur un état des risques de 250 pages.", "ordre"),
        ("L'employeur doit traduire la consigne dans les six mois.", "mot : « traduire »"),
        ("Après le 5 mai 2017, une entreprise pouvait garder 10 % des 1 500 euros.", "comparaison"),
        ("Avant le 5 mai 2017, une entreprise peut garder 10 % des 1 500 euros.", "force"),
        ("Oui.", "est omis"),
        ("…", "n'affirme rien"),
    ],
)
def test_la_raison_nomme_ce_qui_a_change(sentence: str, reason: str) -> None:
    assert reason in unsupported(sentence, PASSAGE)


def test_la_raison_d_un_passage_vide() -> None:
    assert "vide" in unsupported("Le préfet approuve le plan.", "")


def test_vous_est_l_entreprise_et_non_l_inverse() -> None:
    assert unsupported("Vous pouvez demander la brochure.", "Une entreprise peut demander la brochure.") == ""
    assert unsupported("Une entreprise peut demander la brochure.", "Vous pouvez demander la brochure.")
