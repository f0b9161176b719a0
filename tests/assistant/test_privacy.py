"""Personal data is masked before a question leaves; what only looks like it stays."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.privacy import mask, personal_data
from corpus.library import Library

# Questions as managers write them, with the exact spans to mask. The rules were tuned on "dev" only.
CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("personal_data.jsonl").read_text(encoding="utf-8").splitlines()
]


def _spans(text: str) -> list[str]:
    return [text[found.start : found.end] for found in personal_data(text)]


def test_le_jeu_a_des_donnees_et_des_sosies() -> None:
    assert len(CASES) >= 220
    assert sum(bool(case["masked"]) for case in CASES) >= 110
    assert all(span in case["text"] for case in CASES for span in case["masked"])


@pytest.mark.parametrize("half", ["dev", "test"])
def test_rappel_et_precision(half: str) -> None:
    cases = [case for case in CASES if case["half"] == half]
    wanted = [(case["text"], span) for case in cases for span in case["masked"]]
    found = [(case["text"], span) for case in cases for span in _spans(case["text"])]
    right = len(set(wanted) & set(found))
    recall, precision = right / len(wanted), right / len(found)
    wrong = "\n".join(f"{span!r} : {text}" for text, span in sorted(set(wanted) ^ set(found)))
    assert recall >= 0.95, f"rappel {recall:.3f}, précision {precision:.3f}\n{wrong}"
    assert precision >= 0.90, f"rappel {recall:.3f}, précision {precision:.3f}\n{wrong}"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("M. Dupont, 06 12 34 56 78", "M. [nom], [téléphone]"),
        ("a.b@exemple.fr et a.b arobase exemple point fr", "[courriel] et [courriel]"),
        ("SIRET 732 829 320 00074", "SIRET [siret]"),
        ("au 12 rue de la République, 76600 Le Havre.", "au [adresse]."),
        ("le AB-123-CD et le 1234 AB 75", "le [plaque] et le [plaque]"),
        ("IBAN FR76 3000 6000 0112 3456 7890 189", "IBAN [iban]"),
        ("sécu 1 75 03 76 540 123 45", "sécu [n° de sécurité sociale]"),
        ("né le 12/03/1975", "né le [date de naissance]"),
        ("Mme N’Diaye, au 06\u00a012\u00a034\u00a056\u00a078", "Mme [nom], au [téléphone]"),
        ("mr dupont et M. durand", "mr [nom] et M. [nom]"),
        ("Contactez Bayer CropScience ou Normandie Logistique", "Contactez Bayer CropScience ou Normandie Logistique"),
        ("12 rue des Docks, appelez le 18", "[adresse], appelez le 18"),
    ],
)
def test_chaque_sorte_a_son_etiquette(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_les_fiches_ne_perdent_rien() -> None:
    """They name bodies, towns, laws and emergency numbers, and nobody."""
    documents = Library(None).read().documents
    assert [span for document in documents for span in _spans(document.text)] == []


@given(st.lists(st.sampled_from(CASES), min_size=1, max_size=4))
def test_masquer_deux_fois_ne_change_rien(cases: list[dict[str, str]]) -> None:
    once = mask(" ; ".join(case["text"] for case in cases))
    assert mask(once) == once


@given(st.text(max_size=200))
def test_un_texte_quelconque_se_masque_sans_chevauchement(text: str) -> None:
    found = personal_data(text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(0 <= one.start < one.end <= len(text) for one in found)
