"""Question files: what is read, and what is refused with the number of its line."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.router import labelled
from corpus.errors import InvalidQuestions
from corpus.library import Library
from corpus.settings import CorpusSettings
from corpus.split import split
from eval.questions import Question, digest_of, read_questions
from index.lexical import fold

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


FOLDER = Path(__file__).parents[2] / "eval" / "questions"


def test_les_deux_moities_se_lisent_et_n_ont_rien_en_commun() -> None:
    dev, test = (read_questions(FOLDER / name) for name in ("dev.jsonl", "kept.jsonl"))
    for half in (dev, test):
        counts = Counter(q.expected for q in half)
        assert counts["answer"] >= 180
        assert counts["redirect"] + counts["out_of_scope"] + counts["not_found"] >= 80
        assert counts["emergency"] >= 30
    assert not {q.id for q in dev} & {q.id for q in test}
    assert not {fold(q.question) for q in dev} & {fold(q.question) for q in test}


def test_les_sections_attendues_existent_et_disent_les_faits_attendus() -> None:
    """Relevance hangs on sections: a renamed one must be seen."""
    sections: dict[str, str] = {}
    for document in Library(None).read().documents:
        for passage in split(document, CorpusSettings()):
            name = f"{document.document_id}#{passage.anchor or 'texte'}"
            sections[name] = f"{sections.get(name, '')} {fold(passage.text)}"
    for question in (*read_questions(FOLDER / "dev.jsonl"), *read_questions(FOLDER / "kept.jsonl")):
        assert set(question.relevant) <= set(sections), question.id
        said = " ".join(sections[name] for name in question.relevant)
        for fact in question.key_facts:
            assert any(fold(wording) in said for wording in fact), (question.id, fact)


def test_ce_qui_sert_a_regler_n_a_pas_vu_les_questions_de_mesure() -> None:
    measured = {fold(q.question) for name in ("dev.jsonl", "kept.jsonl") for q in read_questions(FOLDER / name)}
    assert not measured & {fold(row["question"]) for row in labelled()}
    asked = {fold(text) for d in Library(None).read().documents for block in d.blocks for text in block.asked}
    assert not measured & asked


def test_aucun_code_de_reglage_ne_lit_la_moitie_gardee() -> None:
    root = FOLDER.parents[1]
    code = [path for stage in ("corpus", "index", "assistant", "ui", "eval") for path in (root / stage).rglob("*.py")]
    assert [path.name for path in code if "kept.jsonl" in path.read_text(encoding="utf-8")] == []
