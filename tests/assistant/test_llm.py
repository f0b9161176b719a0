"""The adapter against a real server that fails in every way: the extractive answer stands, the visitor is told."""

from __future__ import annotations

import logging

import pytest

from assistant.llm import OpenAIModel
from assistant.rephrase import REPHRASED, VERBATIM, ModelFault, Rephrased, Rephraser, prompt
from assistant.settings import LlmSettings
from tests.assistant.model_servers import (
    Responder,
    cut,
    model_server,
    rewords,
    says,
    sends,
    stalls,
    status,
    without_end,
)
from tests.assistant.test_rephrase import DELAY, NEW_DELAY, QUESTION, WORKS, extractive

KEY = "sk-essai-0123"
PERSONAL = (
    "Je suis M. Jean Dupont, 12 rue de la Gare, jean.dupont@exemple.fr, 06 12 34 56 78, SIRET 732 829 320 00074. "
)


def model_at(url: str, key: str = KEY) -> OpenAIModel:
    return OpenAIModel(LlmSettings(base_url=url, model="un-modele", api_key=key))


def answer_of(model: OpenAIModel, question: str = QUESTION, seconds: float = 20.0) -> Rephrased:
    return Rephraser(model, seconds).answer(question, *extractive(DELAY, WORKS))


def answer_from(responder: Responder, seconds: float = 20.0) -> Rephrased:
    with model_server(responder) as server:
        return answer_of(model_at(server.url), seconds=seconds)


def assert_verbatim(answer: Rephrased) -> None:
    assert answer == Rephrased(extractive(DELAY, WORKS)[0], "extractive", VERBATIM)


def test_une_reponse_verifiee_est_montree() -> None:
    answer = answer_from(says("1. ", NEW_DELAY[:30], NEW_DELAY[30:], "\n2. ", WORKS))
    assert [sentence.text for sentence in answer.sentences] == [NEW_DELAY, WORKS]
    assert [sentence.citations for sentence in answer.sentences] == [(1,), (2,)]
    assert (answer.generator, answer.notice) == ("modele:un-modele", REPHRASED)


@pytest.mark.parametrize(
    ("responder", "logged"),
    [
        pytest.param(status(400), "demande refusée (400)", id="400"),
        pytest.param(status(401), "vérifiez AMARIS_LLM_API_KEY", id="401"),
        pytest.param(status(404), "vérifiez AMARIS_LLM_BASE_URL et AMARIS_LLM_MODEL", id="404"),
        pytest.param(status(429, **{"Retry-After": "1"}), "trop de demandes (429)", id="429"),
        pytest.param(status(500), "erreur du serveur (500)", id="500"),
        pytest.param(cut(), "coupée", id="coupé au début"),
        pytest.param(cut("1. Le proprié"), "coupée", id="coupé dans une phrase"),
        pytest.param(says("1. Le proprié", finish=None), "coupée avant sa fin", id="fini sans le dire"),
        pytest.param(says("1. Le proprié", finish="content_filter"), "coupée avant sa fin", id="refusé par un filtre"),
        pytest.param(sends(""), "coupée avant sa fin", id="vide"),
        pytest.param(sends("<html>Bonjour</html>", "text/html"), "coupée avant sa fin", id="page web"),
        pytest.param(sends("data: {pas du JSON\n\n"), "réponse illisible", id="pas du JSON"),
        pytest.param(sends('data: {"choices": [{"delta": 3}]}\n\n'), "réponse illisible", id="autre forme"),
        pytest.param(sends('data: {"choices": null}\n\n'), "réponse illisible", id="sans choix"),
        pytest.param(
            sends('data: {"error": {"message": "panne"}}\n\n'),
            "erreur annoncée par le serveur",
            id="erreur dans le flux",
        ),
        pytest.param(sends("data: " + "x" * 1_100_000), "coupée", id="ligne énorme"),
    ],
)
def test_une_panne_laisse_la_reponse_des_documents(
    responder: Responder, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert_verbatim(answer_from(responder))
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert logged in record.message
    assert "\n" not in record.message


@pytest.mark.parametrize(
    "responder",
    [
        pytest.param(stalls, id="muet"),
        pytest.param(without_end("1. Le", lambda exchange: None, pause=30.0), id="muet après un mot"),
        pytest.param(
            without_end("1. Le", lambda exchange: exchange.write(": attente\n"), pause=0.02), id="goutte à goutte"
        ),
        pytest.param(without_end("1. Le", lambda exchange: exchange.event(" mot"), pause=0.02), id="trop lent"),
    ],
)
def test_le_delai_passe_laisse_la_reponse_des_documents(responder: Responder, caplog: pytest.LogCaptureFixture) -> None:
    assert_verbatim(answer_from(responder, seconds=0.3))
    assert "délai dépassé" in caplog.text


def test_un_flux_sans_fin_est_interrompu() -> None:
    assert_verbatim(answer_from(without_end("1. Le", lambda exchange: exchange.event(" mot"))))


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(
            "1. Le propriétaire dispose de dix ans pour mettre la commune en demeure d'acquérir.", id="chiffre"
        ),
        pytest.param("2. L'entreprise en zone bleue a des travaux à faire au titre du PPRT.", id="négation"),
        pytest.param("1. The owner has six years to require the town to buy the property.", id="autre langue"),
        pytest.param(f"1. {NEW_DELAY[:-1]} [7].", id="citation"),
        pytest.param("Bonjour !\nVoici ma réponse.", id="bavardage"),
        pytest.param(
            "1. Le propriétaire dispose de six ans pour mettre la commune en demeure.", id="coupée à max_tokens"
        ),
    ],
)
def test_une_phrase_fausse_laisse_celle_du_document(said: str, caplog: pytest.LogCaptureFixture) -> None:
    assert_verbatim(answer_from(says(said, finish="length" if said.startswith("1") else "stop")))
    assert caplog.records == [], "a wrong sentence is not a fault of the server"


def test_une_phrase_verifiee_avant_la_coupure_est_gardee() -> None:
    answer = answer_from(cut(f"1. {NEW_DELAY}\n2. L'entrep"))
    assert [sentence.text for sentence in answer.sentences] == [NEW_DELAY, WORKS]


def test_un_serveur_absent_laisse_la_reponse_des_documents(caplog: pytest.LogCaptureFixture) -> None:
    with model_server(stalls) as server:
        url = server.url
    assert_verbatim(answer_of(model_at(url)))
    assert "connexion impossible" in caplog.text


def test_une_redirection_n_est_pas_suivie(caplog: pytest.LogCaptureFixture) -> None:
    with model_server(rewords(lambda sentence: sentence)) as elsewhere:
        assert_verbatim(answer_from(status(307, Location=f"{elsewhere.url}/chat/completions")))
        assert elsewhere.asked == []
    assert "redirection non suivie (307)" in caplog.text


def test_une_demande_trop_longue_n_est_pas_envoyee() -> None:
    with model_server(rewords(lambda sentence: sentence)) as server:
        sentences, citations = extractive(" ".join([DELAY] * 80))
        answer = Rephraser(model_at(server.url)).answer(QUESTION, sentences, citations)
        assert (answer.sentences, answer.generator) == (sentences, "extractive")
        assert server.asked == []


def test_rien_de_personnel_ne_quitte_la_machine(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-privee")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Prive: oui")
    caplog.set_level(logging.DEBUG)
    with model_server(rewords(lambda sentence: sentence)) as server:
        answer_of(model_at(server.url), PERSONAL + QUESTION)
        [asked] = server.asked
    sent = f"{asked.body} {asked.headers}"
    for personal in ("Jean", "Dupont", "Gare", "exemple.fr", "06 12", "56 78", "732 829", "00074", "org-privee"):
        assert personal not in sent
    assert "délaissement" in asked.prompt
    assert asked.path == "/v1/chat/completions"
    assert asked.body.keys() == {"model", "messages", "temperature", "max_tokens", "stream"}
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers.keys() <= {
        *("accept", "accept-encoding", "authorization", "connection"),
        *("content-length", "content-type", "host", "user-agent"),
    }
    assert "délaissement" not in caplog.text
    assert KEY not in caplog.text


def test_le_journal_ne_repete_ni_la_question_ni_la_cle(caplog: pytest.LogCaptureFixture) -> None:
    """A server that quotes the request in its error."""
    caplog.set_level(logging.DEBUG)
    with model_server(status(401, f"Bad key {KEY} for {QUESTION}")) as server:
        assert_verbatim(answer_of(model_at(server.url)))
    assert "délaissement" not in caplog.text
    assert KEY not in caplog.text


def test_un_serveur_local_se_passe_de_cle(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the key of another program is not sent to it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-autre")
    with model_server(rewords(lambda sentence: sentence)) as server:
        answer_of(model_at(server.url, key=""))
        assert server.asked[0].headers["authorization"] == "Bearer aucune"


def test_trois_pannes_de_suite_suspendent_les_appels(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    with model_server(status(500)) as server:
        settings = LlmSettings(base_url=server.url, model="un-modele")
        model = OpenAIModel(settings, clock=lambda: now[0])

        def ask() -> int:
            """Calls made so far, after one more question."""
            answer_of(model)
            return len(server.asked)

        assert [ask() for _ in range(5)] == [1, 2, 3, 3, 3]
        assert caplog.text.count("plus d'appel pendant une minute") == 1
        now[0] = 61.0
        assert [ask(), ask()] == [4, 4], "one more fault is enough to stop again"
        now[0] = 122.0
        server.answer = says("Bonjour.")
        assert ask() == 5
        server.answer = status(500)
        assert [ask() for _ in range(4)] == [6, 7, 8, 8], "an answer forgets the faults before it"


def test_une_panne_isolee_ne_suspend_rien() -> None:
    with model_server(status(500)) as server:
        model = model_at(server.url)
        for _ in range(3):
            server.answer = status(500)
            assert_verbatim(answer_of(model))
            server.answer = rewords(lambda sentence: sentence)
            answer_of(model)
        assert len(server.asked) == 6


def test_un_flux_abandonne_ferme_la_connexion() -> None:
    """Enough was read: the server sees its client leave, and nothing counts as a fault."""
    with model_server(without_end("un mot", lambda exchange: exchange.event(" mot"), pause=0.001)) as server:
        model = model_at(server.url)
        for _ in range(4):
            pieces = model.complete(prompt(QUESTION, [DELAY]), 50, 20.0)
            assert next(pieces) == "un mot"
            pieces.close()
        assert len(server.asked) == 4


def test_une_panne_est_une_seule_sorte_d_erreur() -> None:
    with model_server(status(500)) as server, pytest.raises(ModelFault):
        list(model_at(server.url).complete(prompt(QUESTION, [DELAY]), 50, 20.0))
