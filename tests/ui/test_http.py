"""The application as a program calls it: JSON interface, documents' pages, closed doors."""

from __future__ import annotations

import html
import http.client
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pypdf import PdfReader
from starlette.testclient import TestClient

from assistant.settings import Settings
from corpus.library import Library
from index.build import build_index
from index.encoder import Encoder
from index.store import IndexStore
from tests.ui.contract import assert_answer
from tests.ui.programs import QUESTION, Server, application
from ui.service import LiveAssistant

HOSTILE = '<script>alert(1)</script> <img src=x onerror="alert(2)"> [lien](javascript:alert(3)) & l\'esperluette.'


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as found:
        yield found


def assert_error(response: Any, status: int, code: str) -> str:
    """The error object of the contract; returns its sentence."""
    assert response.status_code == status
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["code"] == code
    message: str = body["error"]["message"]
    assert message.endswith((".", ")"))
    assert "Traceback" not in message
    return message


def texts(live: LiveAssistant) -> dict[str, str]:
    return {name: document.text for name, document in live.get().index.documents.items()}


# Answers


def test_ask_rend_l_objet_du_contrat(client: TestClient, live: LiveAssistant) -> None:
    body = {"question": QUESTION, "profile": {"zone": "bleue"}, "history": [{"question": "Bonjour, le PPRT ?"}]}
    response = client.post("/api/v1/ask", json=body)
    assert response.status_code == 200
    answer = response.json()
    assert answer["status"] == "answered"
    assert_answer(answer, texts(live))


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("la recette des crêpes bretonnes svp", "out_of_scope"),
        ("Mon entreprise est en zone inondable, que faire en cas de crue ?", "redirected"),
        ("au secours il y a un nuage de gaz sur l'usine", "emergency"),
        ("la sirène sonne", "emergency"),
        # Words that suggest a danger are weighed here as on the command line.
        ("Vous connaissez un bon petit hôtel pas cher à Lisbonne pour la Toussaint ?", "out_of_scope"),
    ],
)
def test_ask_sans_reponse_citee(client: TestClient, live: LiveAssistant, question: str, status: str) -> None:
    answer = client.post("/api/v1/ask", json={"question": question}).json()
    assert answer["status"] == status
    assert_answer(answer, texts(live))
    assert answer["contacts"]


def test_une_suite_courte_garde_son_sujet(client: TestClient) -> None:
    history = [{"question": "Que faire en zone bleue ?", "ignored": 1}]
    answer = client.post("/api/v1/ask", json={"question": "et qui paie ?", "history": history}).json()
    assert answer["question"] == "et qui paie ?"


def test_search(client: TestClient, live: LiveAssistant) -> None:
    hits = client.post("/api/v1/search", json={"question": QUESTION, "k": 4}).json()["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2, 3, 4]
    for hit in hits:
        assert {"rank", "score", "passage_id", "document_id", "text"} <= set(hit)
        assert texts(live)[hit["document_id"]][hit["start"] : hit["end"]] == hit["text"]


def test_sante_avant_et_apres_le_chargement(home: Path, client: TestClient, live: LiveAssistant) -> None:
    settings = Settings.read({}, home=home)
    early = TestClient(application(settings, LiveAssistant(settings)), base_url="http://127.0.0.1")
    assert_error(early.get("/api/v1/health"), 503, "not_ready")
    assert_error(early.post("/api/v1/ask", json={"question": QUESTION}), 503, "not_ready")
    assert_error(early.post("/api/v1/search", json={"question": QUESTION}), 503, "not_ready")
    assert early.get("/documents/zone-bleue").status_code == 503
    # An emergency does not wait.
    urgent = early.post("/api/v1/ask", json={"question": "au secours ca sent le gaz dans le bureau"})
    assert urgent.json()["status"] == "emergency"
    ready = client.get("/api/v1/health")
    assert ready.status_code == 200
    index = live.get().index
    assert ready.json() == {
        "status": "ok",
        "index_version": index.version,
        "encoder": "multilingual-e5-small",
        "documents": len(index.documents),
        "passages": len(index.passages),
    }


def test_openapi(client: TestClient) -> None:
    description = client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/ask", "/api/v1/search", "/api/v1/health"} <= set(description["paths"])
    for path in ("/api/v1/ask", "/api/v1/search"):
        schema = description["paths"][path]["post"]["responses"]["422"]["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith("ErrorBody")


# Errors


@pytest.mark.parametrize("route", ["/api/v1/ask", "/api/v1/search"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"{", "invalid_request", id="json coupe"),
        pytest.param(b"", "invalid_request", id="rien"),
        pytest.param(b"\xff\xfe", "invalid_request", id="pas de l'utf-8"),
        pytest.param(b"[1]", "invalid_request", id="une liste"),
        pytest.param(b"{}", "invalid_request", id="sans question"),
        pytest.param(b'{"question": 3}', "invalid_request", id="un nombre"),
        pytest.param(b'{"question": null}', "invalid_request", id="nul"),
        pytest.param(b'{"question": "zone ?", "autre": 1}', "invalid_request", id="champ inconnu"),
        pytest.param(b'{"question": "zone ?", "\\ud800": 1}', "invalid_request", id="champ au demi-caractere"),
        pytest.param(b'{"question": "\\ud800"}', None, id="demi-caractere seul"),
        pytest.param(b'{"question": ""}', "invalid_question", id="vide"),
        pytest.param(b'{"question": "\\u0001\\u0002"}', "invalid_question", id="caracteres de controle"),
        pytest.param(json.dumps({"question": "é" * 2000}).encode(), "invalid_question", id="2 000 caracteres"),
        pytest.param(json.dumps({"question": "e" * 30_000}).encode(), "invalid_request", id="30 000 caracteres"),
        pytest.param(b'{"question": "what should I do in the blue zone"}', "invalid_question", id="anglais"),
    ],
)
def test_demande_refusee(client: TestClient, route: str, body: bytes, code: str | None) -> None:
    response = client.post(route, content=body, headers={"content-type": "application/json"})
    assert_error(response, 422, code or response.json()["error"]["code"])


@pytest.mark.parametrize(
    "body",
    [
        {"profile": ["zone"]},
        {"profile": {"zone": 1}},
        {"profile": {str(number): "x" for number in range(11)}},
        {"history": [{"question": "x"}] * 21},
        {"history": ["x"]},
    ],
)
def test_ask_aux_champs_mal_faits(client: TestClient, body: dict[str, Any]) -> None:
    message = assert_error(client.post("/api/v1/ask", json={"question": QUESTION} | body), 422, "invalid_request")
    assert f"« {next(iter(body))}" in message


@pytest.mark.parametrize("k", [0, -1, 101, "dix", 2.5, None])
def test_search_au_nombre_mal_fait(client: TestClient, k: object) -> None:
    assert_error(client.post("/api/v1/search", json={"question": QUESTION, "k": k}), 422, "invalid_request")


@pytest.mark.parametrize("path", ["/api/v1/rien", "/rien", "/ui/rien.js", "/api/v2/ask", "/docs", "/redoc"])
def test_adresse_inconnue(client: TestClient, path: str) -> None:
    assert assert_error(client.get(path), 404, "http_404") == "Cette page n'existe pas."


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/ask"), ("DELETE", "/api/v1/search")])
def test_methode_refusee(client: TestClient, method: str, path: str) -> None:
    assert_error(client.request(method, path), 405, "http_405")


def test_corps_trop_long(server: Server) -> None:
    body = json.dumps({"question": "a" * 100_000}).encode()
    for declared in (True, False):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        chunks = body if declared else iter([body[at : at + 8000] for at in range(0, len(body), 8000)])
        connection.request(
            "POST", "/api/v1/ask", chunks, {"content-type": "application/json"}, encode_chunked=not declared
        )
        response = connection.getresponse()
        found = json.loads(response.read())
        assert (response.status, found["error"]["code"]) == (413, "too_large"), declared
        assert response.headers["content-security-policy"]
        connection.close()


# Pages of documents


def test_le_passage_cite_est_surligne(client: TestClient) -> None:
    answer = client.post("/api/v1/ask", json={"question": QUESTION}).json()
    for citation in answer["citations"]:
        page = client.get(citation["url"].split("#")[0])
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        marked = re.findall(r"<mark([^>]*)>(.*?)</mark>", page.text, flags=re.S)
        # A list is marked item by item; the first mark carries the anchor.
        assert "\n".join(html.unescape(text) for _, text in marked) == citation["quote"]
        assert [attributes for attributes, _ in marked if 'id="citation"' in attributes] == [marked[0][0]]


@pytest.mark.parametrize(
    ("query", "notice"),
    [
        ("", False),
        ("?debut=0&fin=20", False),
        ("?debut=0&fin=20&empreinte=000000000000", True),
        ("?debut=20&fin=10", True),
        ("?debut=-5&fin=10", True),
        ("?debut=0&fin=99999999", True),
    ],
)
def test_le_passage_qui_a_change_de_place(client: TestClient, query: str, notice: bool) -> None:
    page = client.get(f"/documents/zone-bleue{query}")
    assert page.status_code == 200
    assert ("le passage cité n'est plus au même endroit" in html.unescape(page.text)) == notice
    assert ("<mark" in page.text) == (bool(query) and not notice)


def test_offsets_qui_ne_sont_pas_des_nombres(client: TestClient) -> None:
    assert_error(client.get("/documents/zone-bleue?debut=a&fin=b"), 422, "invalid_request")


@pytest.mark.parametrize("name", ["inconnu", "..%2Fcontacts", "<script>", "%00", "zone-bleue.md"])
def test_document_inconnu(client: TestClient, name: str) -> None:
    page = client.get(f"/documents/{name}")
    assert page.status_code == 404
    assert "n'existe pas" in html.unescape(page.text)
    assert "<script" not in page.text


@pytest.fixture
def hostile(own_home: Path, encoder: Encoder) -> Settings:
    """A home whose only document tries to run scripts."""
    settings = Settings.read({}, home=own_home)
    folder = own_home / "hostile"
    folder.mkdir()
    text = f"# {HOSTILE}\n\n## {HOSTILE}\n\nLe sirop {HOSTILE}\n\n- {HOSTILE}\n"
    (folder / "piege.txt").write_text(text, encoding="utf-8")
    store = IndexStore(settings.index_folder)
    build_index(Library(None, [folder]), encoder, settings.corpus, settings.index, store)
    return settings


def test_un_document_hostile_reste_du_texte(hostile: Settings) -> None:
    live = LiveAssistant(hostile)
    live.load(lambda step, done, total: None)
    client = TestClient(application(hostile, live), base_url="http://127.0.0.1")
    text = live.get().index.document("piege").text
    at = text.index("<script>")
    page = client.get(f"/documents/piege?debut={at}&fin={at + 40}").text
    assert not re.search(r"<(script|img)\b", page)
    assert "javascript:" not in re.sub(r">[^<]*<", "><", page)  # in the text, never in an attribute
    [marked] = re.findall(r"<mark[^>]*>(.*?)</mark>", page, flags=re.S)
    assert html.unescape(marked) == text[at : at + 40]


# Doors


@pytest.mark.parametrize(
    "path",
    [
        "/assistant/gradio_api/upload",
        "/assistant/monitoring",
        "/assistant/monitoring/summary",
        "/assistant/gradio_api/runs",
        "/assistant/gradio_api/runs/1",
        "/assistant/gradio_api/file=/etc/passwd",
        "/assistant/gradio_api/proxy=http://127.0.0.1/",
        "/assistant/gradio_api/call/ask",
        "/assistant/gradio_api/stream/x/y/z",
        "/assistant/file/x",
        "/assistant/login",
        "/assistant/manifest.json",
        "/assistantes",
        "/assistant//monitoring",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_les_autres_portes_de_gradio_sont_fermees(client: TestClient, path: str, method: str) -> None:
    assert_error(client.request(method, path), 404, "http_404")


@pytest.mark.parametrize(
    "path",
    ["/assistant/", "/documents/zone-bleue", "/api/v1/health", "/ui/document.css", "/rien", "/assistant/monitoring"],
)
def test_en_tetes_de_securite(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "server" not in headers
    assert "set-cookie" not in headers
    assert "access-control-allow-origin" not in headers


def test_page_de_gradio_en_francais_sans_tiers(client: TestClient) -> None:
    response = client.get("/assistant/", headers={"x-forwarded-host": "mechant.example", "accept-language": "en-US"})
    page = response.text
    assert '<html lang="fr"' in re.sub(r"\s+", " ", page)
    assert "mechant.example" not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)', page)
    nonce = re.search(r"'nonce-([^']+)'", response.headers["content-security-policy"])
    assert nonce is not None
    assert set(re.findall(r"<script[^>]*?\bnonce=\"([^\"]*)\"", page)) == {nonce.group(1)}
    assert len(re.findall(r"<script", page)) == len(re.findall(r"<script[^>]*\bnonce=", page))
    assert nonce.group(1) not in client.get("/assistant/").text


def test_l_accueil_mene_a_la_page(client: TestClient) -> None:
    response = client.get("/", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (307, "/assistant/")


# The index changes while serving


def test_le_nouvel_index_est_servi_sans_redemarrer(own_home: Path, encoder: Encoder, tmp_path: Path) -> None:
    settings = Settings.read({}, home=own_home)
    live = LiveAssistant(settings)
    live.load(lambda step, done, total: None)
    client = TestClient(application(settings, live), base_url="http://127.0.0.1")
    before = client.get("/api/v1/health").json()
    library = Library(settings.documents)
    path = tmp_path / "zorglub.txt"
    path.write_text("Le guichet Zorglub prête des sirènes aux entreprises.\n", encoding="utf-8")
    settings.documents.mkdir(exist_ok=True)
    (settings.documents / path.name).write_bytes(path.read_bytes())
    store = IndexStore(settings.index_folder)
    report = build_index(library, encoder, settings.corpus, settings.index, store)
    after = client.get("/api/v1/health").json()
    assert after["index_version"] == report.index.version != before["index_version"]
    assert after["documents"] == before["documents"] + 1
    assert client.get("/documents/zorglub").status_code == 200
    # A bad version is not served: the one before stays.
    (store.folder / "current").write_text("absente", encoding="utf-8")
    assert client.get("/api/v1/health").json() == after
    assert client.post("/api/v1/ask", json={"question": QUESTION}).json()["status"] == "answered"


# Forms


def test_la_fiche_a_remplir_reprend_chaque_champ_et_n_envoie_rien(client: TestClient, live: LiveAssistant) -> None:
    with_form = [document for document in live.get().index.documents.values() if document.form]
    assert with_form
    for document in with_form:
        page = client.get(f"/documents/{document.document_id}/formulaire").text
        assert "<form" not in page
        assert " name=" not in page.split("<main")[1]
        file = client.get(f"/documents/{document.document_id}/formulaire.pdf")
        assert file.headers["content-type"] == "application/pdf"
        fields = PdfReader(io.BytesIO(file.content)).get_fields() or {}
        written = "".join(page.extract_text() for page in PdfReader(io.BytesIO(file.content)).pages)
        for number, field in enumerate(document.form, start=1):
            assert html.escape(field.label, quote=False) in html.unescape(page).replace("&", "&amp;")
            names = [f"champ-{number}-{rank}" for rank, _ in enumerate(field.choices, 1)] or [f"champ-{number}"]
            assert set(names) <= set(fields)
            assert re.sub(r"\W", "", field.label) in re.sub(r"\W", "", written)


@pytest.mark.parametrize("name", ["ordonnance-2015", "zorglub"])
@pytest.mark.parametrize("suffix", ["", ".pdf"])
def test_sans_fiche_a_remplir(client: TestClient, name: str, suffix: str) -> None:
    page = client.get(f"/documents/{name}/formulaire{suffix}")
    assert page.status_code == 404
    assert "<h1>Ce document n&#39;" in page.text
