"""The language model from the settings to what a visitor reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.rephrase import REPHRASED, VERBATIM
from tests.assistant.model_servers import ModelServer, model_server, rewords, status
from tests.ui.programs import QUESTION, amaris


def without_zone(sentence: str) -> str:
    """The same sentence, its leading « En zone bleue » said last: a change that the check accepts, or the sentence."""
    head, comma, rest = sentence.partition(", ")
    if head != "En zone bleue" or not comma or any(char in rest for char in ",;:"):
        return sentence
    return f"{rest[0].upper()}{rest[1:-1]} en zone bleue."


def ask(server: ModelServer, home: Path, question: str = QUESTION) -> tuple[dict[str, Any], str]:
    """The answer in JSON, and what standard error says."""
    found = amaris(
        *("ask", question, "--json", "--home", home),
        AMARIS_LLM_BASE_URL=server.url,
        AMARIS_LLM_MODEL="un-modele",
        AMARIS_LLM_API_KEY="sk-secret",
    )
    assert found.code == 0, found.err
    assert "sk-secret" not in found.out + found.err
    return json.loads(found.out), found.err


def test_le_modele_reformule_et_l_application_cite(home: Path) -> None:
    extractive = json.loads(amaris("ask", QUESTION, "--json", "--home", home).out)
    with model_server(rewords(without_zone)) as server:
        answer, _ = ask(server, home)
    assert answer["generator"] == "modele:un-modele"
    assert answer["notice"] == REPHRASED + extractive["notice"]
    assert answer["citations"] == extractive["citations"]
    assert [s["citations"] for s in answer["sentences"]] == [s["citations"] for s in extractive["sentences"]]
    assert answer["sentences"] != extractive["sentences"]


def test_une_panne_laisse_la_reponse_des_documents(home: Path) -> None:
    extractive = json.loads(amaris("ask", QUESTION, "--json", "--home", home).out)
    with model_server(status(500)) as server:
        answer, said = ask(server, home)
    assert answer["generator"] == "extractive"
    assert answer["notice"] == VERBATIM + extractive["notice"]
    assert answer["sentences"] == extractive["sentences"]
    assert "erreur du serveur (500)" in said
    assert "travaux" not in said


def test_seule_une_reponse_passe_par_le_modele(home: Path) -> None:
    with model_server(rewords(without_zone)) as server:
        for question in ("ça sent le gaz dans l'atelier, vite", "la recette des crêpes bretonnes"):
            answer, _ = ask(server, home, question)
            assert answer["status"] != "answered"
            assert not answer["generator"].startswith("modele")
        assert server.asked == []


def test_un_reglage_incomplet_est_refuse(home: Path) -> None:
    found = amaris("ask", QUESTION, "--home", home, AMARIS_LLM_BASE_URL="http://localhost:11434/v1")
    assert (found.code, found.out) == (1, "")
    assert "AMARIS_LLM_MODEL" in found.err
