"""A run of measures: on a small corpus, and the floor below which nothing may fall."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.engine import Assistant
from assistant.router import load_or_train
from assistant.settings import AssistantSettings
from corpus.errors import StorageError
from corpus.library import Library
from corpus.settings import CorpusSettings
from eval.questions import Question, read_questions
from eval.run import run, save
from index.build import build_in_memory
from index.encoder import Encoder
from index.settings import IndexSettings
from tests.substitutes import BagOfWordsEncoder, small_index

DEV = Path(__file__).parents[2] / "eval" / "questions" / "dev.jsonl"
QUESTIONS = [
    Question("a", "Le bailleur remet quoi au locataire ?", relevant=("bail",), key_facts=(("état des risques",),)),
    Question("b", "what is the zone of the company", expected="out_of_scope", tags=("anglais",)),
    Question("c", "vite, un nuage de gaz arrive sur nous", expected="emergency", tags=("sms",)),
]


@pytest.fixture
def small(tmp_path: Path) -> Assistant:
    return Assistant(small_index(tmp_path / "corpus").index, BagOfWordsEncoder(), AssistantSettings(), None)


def test_une_mesure_complete(small: Assistant) -> None:
    steps: list[tuple[int, int]] = []
    result = run(small, QUESTIONS, lambda done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert [row["status"] for row in result["questions"]] == ["answered", "refused", "emergency"]
    assert "en français" in result["questions"][1]["refusal"]
    assert result["questions"][0]["ranked"][0] == "bail"
    assert result["retrieval"]["recall@1"] == 1.0
    assert result["answers"]["key_fact_recall"] == 1.0
    assert result["answers"]["exact_quotes"] == 1.0
    assert set(result["tags"]) == {"anglais", "sms"}
    assert result["tags"]["sms"]["answers"]["emergency_recall"] == 1.0
    assert result["tags"]["sms"]["retrieval"]["mrr@10"] is None
    assert 0 < result["latency_ms"]["p50"] <= result["latency_ms"]["p95"]
    assert result["index_version"] == small.index.version


def test_une_mesure_se_garde_et_se_relit(small: Assistant, tmp_path: Path) -> None:
    result = run(small, QUESTIONS)
    path = save(result, tmp_path / "runs")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert path.name == f"{result['run_id']}.json"
    assert (kept["answers"], kept["retrieval"]) == (result["answers"], result["retrieval"])


def test_une_mesure_ne_s_ecrit_pas_sous_un_fichier(small: Assistant, tmp_path: Path) -> None:
    (tmp_path / "fichier").write_bytes(b"")
    with pytest.raises(StorageError):
        save(run(small, QUESTIONS[:1]), tmp_path / "fichier")


@pytest.fixture(scope="module")
def dev(encoder: Encoder, models: Path) -> dict[str, Any]:
    """The tuning half of the questions, asked of the shipped fiches with the real encoder."""
    index = build_in_memory(Library(None), encoder, CorpusSettings(), IndexSettings()).index
    router = load_or_train(encoder, index, models)
    return run(Assistant(index, encoder, AssistantSettings(), router), read_questions(DEV))


# Under what was measured when each was set, by two questions or so.
@pytest.mark.parametrize(
    ("group", "name", "floor"),
    [
        ("answers", "exact_quotes", 1.0),
        ("answers", "emergency_recall", 1.0),
        ("answers", "answered", 0.93),
        ("answers", "decline_recall", 0.80),
        ("answers", "decline_precision", 0.87),
        ("answers", "key_fact_recall", 0.75),
        ("retrieval", "mrr@10", 0.90),
        ("retrieval", "section_recall@3", 0.92),
    ],
)
def test_plancher_sur_la_moitie_de_mise_au_point(dev: dict[str, Any], group: str, name: str, floor: float) -> None:
    assert dev[group][name] >= floor
