"""The sorter of questions: what it gives, and how it is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.router import LABELS, QUESTIONS, Router, known_questions, load_or_train, train
from corpus.errors import StorageError
from tests.assistant.conftest import KNOWN
from tests.substitutes import BagOfWordsEncoder, fiche_with, small_index

SENTENCES = ["Dois-je faire des travaux en zone bleue ?", "la recette des crêpes", "il y a une fuite de gaz", ""]


def same(one: Router, other: Router) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("mean", "weights", "bias"))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_les_probabilites_font_un(bag_router: Router, sentence: str) -> None:
    found = bag_router.probabilities(BagOfWordsEncoder().encode_question(sentence))
    assert tuple(found) == LABELS
    assert all(0.0 <= value <= 1.0 for value in found.values())
    assert sum(found.values()) == pytest.approx(1.0)


def test_il_reconnait_ce_qu_il_a_appris(bag_router: Router) -> None:
    encoder = BagOfWordsEncoder()
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    assert {row["label"] for row in rows} == set(LABELS)
    right = 0
    for row in rows:
        found = bag_router.probabilities(encoder.encode_question(row["question"]))
        right += max(found, key=lambda label: found[label]) == row["label"]
    # The commonest label alone gives less than half.
    assert right / len(rows) > 0.8


def test_garde_puis_relu_a_l_identique(bag_router: Router, tmp_path: Path) -> None:
    seen: list[int] = []
    first = load_or_train(BagOfWordsEncoder(), KNOWN, tmp_path, lambda done, total: seen.append(done))
    assert len(seen) > 100
    assert same(first, bag_router)  # training gives the same one twice
    seen.clear()
    again = load_or_train(BagOfWordsEncoder(), KNOWN, tmp_path, lambda done, total: seen.append(done))
    assert same(again, first)
    assert seen == []
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"abc", b"PK\x03\x04"], ids=["vide", "texte", "archive coupee"])
def test_un_fichier_abime_est_refait(bag_router: Router, tmp_path: Path, content: bytes) -> None:
    load_or_train(BagOfWordsEncoder(), KNOWN, tmp_path)
    [path] = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(content + whole[len(content) : len(whole) // 2] if content else b"")
    assert same(load_or_train(BagOfWordsEncoder(), KNOWN, tmp_path), bag_router)
    assert path.read_bytes() == whole


def test_un_encodeur_un_fichier(tmp_path: Path) -> None:
    load_or_train(BagOfWordsEncoder(name="un"), KNOWN, tmp_path)
    load_or_train(BagOfWordsEncoder(name="org/deux : v2"), KNOWN, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_d_autres_titres_font_un_autre_tri(tmp_path: Path) -> None:
    first = load_or_train(BagOfWordsEncoder(), KNOWN, tmp_path)
    other = load_or_train(BagOfWordsEncoder(), {"Combien coûte un local de confinement ?": None}, tmp_path)
    assert not same(first, other)
    assert len(list(tmp_path.iterdir())) == 2
    assert same(load_or_train(BagOfWordsEncoder(), KNOWN, tmp_path), first)


def test_les_questions_des_fiches(tmp_path: Path) -> None:
    """The titles that are questions, and the other wordings with the vectors the index has of them."""
    asked = {"dois-je-faire-des-travaux": ["faut changer mes fenetres ?"]}
    index = small_index(tmp_path, {"a.md": "# Titre ?\n\n## Qui paie ?\n\nPersonne.\n"} | fiche_with(asked)).index
    known = known_questions(index)
    assert known["Dois-je faire des travaux ?"] is None
    assert "Qui paie ?" not in known  # not a fiche: nobody says that it answers
    vector = known["faut changer mes fenetres ?"]
    np.testing.assert_array_equal(vector, BagOfWordsEncoder().encode_question("faut changer mes fenetres ?"))


def test_un_vecteur_connu_n_est_pas_recalcule(bag_router: Router) -> None:
    encoder = BagOfWordsEncoder()
    known = {text: encoder.encode_question(text) for text in KNOWN}
    assert same(train(encoder, known), bag_router)


def test_rien_ne_peut_s_ecrire(tmp_path: Path) -> None:
    (tmp_path / "fichier").write_bytes(b"")
    with pytest.raises(StorageError):
        load_or_train(BagOfWordsEncoder(), KNOWN, tmp_path / "fichier")
