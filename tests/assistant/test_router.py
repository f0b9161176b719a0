"""The sorter of questions: what it gives, and how it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.router import LABELS, Router, known_questions, labelled, load_or_train, train
from corpus.errors import StorageError
from index.passage_index import PassageIndex
from tests.assistant.conftest import KNOWN
from tests.substitutes import BagOfWordsEncoder, fiche_with, small_index

ASKED = {"dois-je-faire-des-travaux": ["faut changer mes fenetres ?", "obligation de travaux"]}
SENTENCES = ["Dois-je faire des travaux en zone bleue ?", "la recette des crêpes", "il y a une fuite de gaz", ""]


def same(one: Router, other: Router) -> bool:
    if one.points.shape != other.points.shape or one.words.shape != other.words.shape:
        return False
    arrays = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("mean", "points", "rarity"))
    words = np.array_equal(one.words.toarray(), other.words.toarray()) and one.vocabulary == other.vocabulary
    return bool(arrays and words and np.allclose(one.weights, other.weights) and one.known == other.known)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> PassageIndex:
    return small_index(tmp_path_factory.mktemp("index"), fiche_with(ASKED)).index


@pytest.mark.parametrize("sentence", SENTENCES)
def test_les_probabilites_font_un(bag_router: Router, sentence: str) -> None:
    found = bag_router.probabilities(sentence, BagOfWordsEncoder().encode_question(sentence))
    assert tuple(found) == LABELS
    assert all(0.0 <= value <= 1.0 for value in found.values())
    assert sum(found.values()) == pytest.approx(1.0)


def test_il_reconnait_ce_qu_il_a_appris(bag_router: Router) -> None:
    encoder = BagOfWordsEncoder()
    rows = labelled()
    assert {row["label"] for row in rows} == set(LABELS)
    right = 0
    for row in rows:
        found = bag_router.probabilities(row["question"], encoder.encode_question(row["question"]))
        right += max(found, key=lambda label: found[label]) == row["label"]
    # The commonest label alone gives less than half.
    assert right / len(rows) > 0.8


def test_garde_puis_relu_a_l_identique(index: PassageIndex, tmp_path: Path) -> None:
    seen: list[int] = []
    first = load_or_train(BagOfWordsEncoder(), index, tmp_path, lambda done, total: seen.append(done))
    assert len(seen) > 100
    seen.clear()
    again = load_or_train(BagOfWordsEncoder(), index, tmp_path, lambda done, total: seen.append(done))
    assert same(again, first)
    assert seen == []
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"abc", b"PK\x03\x04"], ids=["vide", "texte", "archive coupee"])
def test_un_fichier_abime_est_refait(index: PassageIndex, tmp_path: Path, content: bytes) -> None:
    first = load_or_train(BagOfWordsEncoder(), index, tmp_path)
    [path] = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(content + whole[len(content) : len(whole) // 2] if content else b"")
    assert same(load_or_train(BagOfWordsEncoder(), index, tmp_path), first)


def test_un_encodeur_un_fichier(index: PassageIndex, tmp_path: Path) -> None:
    load_or_train(BagOfWordsEncoder(name="un"), index, tmp_path)
    load_or_train(BagOfWordsEncoder(name="org/deux : v2"), index, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_d_autres_questions_connues_font_un_autre_tri_une_seule_de_plus_non(tmp_path: Path) -> None:
    many = {"dois-je-faire-des-travaux": [f"question numéro {n} sur les fenêtres" for n in range(30)]}
    encoder = BagOfWordsEncoder()
    first = load_or_train(encoder, small_index(tmp_path / "a", fiche_with(many)).index, tmp_path / "m")
    one_more = {"dois-je-faire-des-travaux": [*many["dois-je-faire-des-travaux"], "une de plus"]}
    again = load_or_train(encoder, small_index(tmp_path / "b", fiche_with(one_more)).index, tmp_path / "m")
    assert same(again, first)  # a corrected fiche is served without learning again
    others = {"dois-je-faire-des-travaux": [f"autre chose, {n} fois" for n in range(30)]}
    assert not same(
        load_or_train(encoder, small_index(tmp_path / "c", fiche_with(others)).index, tmp_path / "m"), first
    )


def test_les_questions_des_fiches(index: PassageIndex) -> None:
    """The titles that are questions, and the other wordings with the vectors the index has of them."""
    known = known_questions(index)
    assert known["Dois-je faire des travaux ?"] is None
    vector = known["faut changer mes fenetres ?"]
    assert vector is not None
    np.testing.assert_array_equal(vector, BagOfWordsEncoder().encode_question("faut changer mes fenetres ?"))


def test_un_vecteur_connu_n_est_pas_recalcule(bag_router: Router) -> None:
    encoder = BagOfWordsEncoder()
    known = {text: encoder.encode_question(text) for text in KNOWN}
    assert same(train(encoder, known, str), bag_router)


def test_rien_ne_peut_s_ecrire(index: PassageIndex, tmp_path: Path) -> None:
    (tmp_path / "fichier").write_bytes(b"")
    with pytest.raises(StorageError):
        load_or_train(BagOfWordsEncoder(), index, tmp_path / "fichier")
