"""Question files: what is read, and what is refused with the number of its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import InvalidQuestions
from eval.questions import Question, digest_of, read_questions

GOOD = '{"id": "a", "question": "Zone bleue ?"}'


def write(folder: Path, *lines: str) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_une_ligne_complete(tmp_path: Path) -> None:
    row = {
        "id": "a",
        "question": "Zone bleue ?",
        "expected": "redirect",
        "relevant": ["zone-bleue#texte", "zone-bleue#autre", "bail"],
        "key_facts": ["un fait", ["ou ceci", "ou cela"]],
        "tags": ["sms"],
        "note": {"libre": 1},
    }
    [question] = read_questions(write(tmp_path, json.dumps(row)))
    assert question == Question(
        id="a",
        question="Zone bleue ?",
        expected="redirect",
        relevant=("zone-bleue#texte", "zone-bleue#autre", "bail"),
        key_facts=(("un fait",), ("ou ceci", "ou cela")),
        tags=("sms",),
        extra={"note": {"libre": 1}},
    )
    assert question.relevant_documents == {"zone-bleue", "bail"}


def test_valeurs_par_defaut_lignes_vides_et_marque_d_ordre(tmp_path: Path) -> None:
    path = write(tmp_path, "", GOOD, "   ", '{"id": "b", "question": "Bail ?"}')
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    first, second = read_questions(path)
    assert first == Question("a", "Zone bleue ?")
    assert first.expected == "answer"
    assert second.id == "b"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{", "JSON mal formé"),
        ("[1]", "un objet est attendu"),
        ('"texte"', "un objet est attendu"),
        ("{}", "« id » manque"),
        ('{"id": "b"}', "« question » manque"),
        ('{"id": 3, "question": "x"}', "« id » manque"),
        ('{"id": "b", "question": "  "}', "« question » manque"),
        ('{"id": "b", "question": "x", "expected": "oui"}', "« expected » vaut « oui »"),
        ('{"id": "b", "question": "x", "expected": null}', "« expected » vaut"),
        ('{"id": "b", "question": "x", "expected": ["answer"]}', "« expected » vaut"),
        ('{"id": "b", "question": "x", "relevant": "zone-bleue"}', "« relevant » doit être une liste"),
        ('{"id": "b", "question": "x", "key_facts": {"a": 1}}', "« key_facts » doit être une liste"),
        ('{"id": "b", "question": "x", "key_facts": [3]}', "« key_facts »"),
        ('{"id": "b", "question": "x", "key_facts": [null]}', "« key_facts »"),
        ('{"id": "b", "question": "x", "tags": null}', "« tags » doit être une liste"),
        ('{"id": "b", "question": "\\ud800 x"}', "la moitié d'un caractère"),
        (GOOD, "identifiant « a » déjà pris"),
    ],
)
def test_ligne_refusee_avec_son_numero(tmp_path: Path, line: str, word: str) -> None:
    with pytest.raises(InvalidQuestions) as caught:
        read_questions(write(tmp_path, GOOD, "", line))
    assert str(caught.value).startswith("questions.jsonl, ligne 3 : ")
    assert word in str(caught.value)


def test_un_separateur_de_ligne_dans_une_question(tmp_path: Path) -> None:
    """JSON allows U+2028 inside a string: it does not end the line."""
    [question] = read_questions(write(tmp_path, '{"id": "a", "question": "Zone\u2028bleue ?"}'))
    assert question.question == "Zone\u2028bleue ?"


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_fichier_sans_question(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidQuestions, match=r"q.jsonl : aucune question"):
        read_questions(path)


def test_fichier_illisible(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes('{"id": "a", "question": "Été ?"}'.encode("latin-1"))
    for path in (tmp_path / "absent", tmp_path, tmp_path / "latin.jsonl"):
        with pytest.raises(InvalidQuestions, match="illisible"):
            read_questions(path)


def test_l_empreinte_suit_ce_qui_est_demande_et_attendu() -> None:
    base = Question("a", "Zone ?", relevant=("x",))
    assert digest_of([base]) == digest_of([Question("a", "Zone ?", relevant=("x",), tags=("sms",), extra={"n": 1})])
    others = [
        Question("b", "Zone ?", relevant=("x",)),
        Question("a", "Zone !", relevant=("x",)),
        Question("a", "Zone ?"),
    ]
    assert len({digest_of([q]) for q in (base, *others)}) == 4


def test_les_questions_de_depart_se_lisent() -> None:
    questions = read_questions(Path(__file__).parents[2] / "eval" / "questions" / "depart.jsonl")
    assert len(questions) > 50
    assert {"answer", "redirect", "out_of_scope", "not_found", "emergency"} == {q.expected for q in questions}
