"""One FastAPI application: the JSON interface, the documents' pages, and the public page."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from assistant.settings import Settings
from corpus.documents import Document
from corpus.errors import AssistantError, UnknownDocument, reason_of
from ui import console
from ui.document_page import render_document, render_form, render_message
from ui.form_pdf import form_pdf
from ui.guard import Guard
from ui.page import mount
from ui.service import LiveAssistant
from ui.wire import add_error_handlers, api_router

STATIC = Path(__file__).parent / "static"


def create_app(settings: Settings, live: LiveAssistant) -> FastAPI:
    """The application; `live` may still be loading."""
    app = FastAPI(
        title="Assistant AMARIS",
        version="1",
        description="Des réponses qui citent leurs sources, pour les entreprises voisines de sites Seveso.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # FastAPI's page loads its script from another site
        redoc_url=None,
    )
    add_error_handlers(app)
    app.include_router(api_router(live, settings.assistant.max_question_chars))
    app.mount("/ui", StaticFiles(directory=STATIC), name="ui")

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def home() -> RedirectResponse:
        return RedirectResponse("/assistant/", 307)

    @app.get("/documents/{document_id}", response_class=HTMLResponse, summary="Un document, le passage cité surligné")
    def document(
        document_id: str, debut: int | None = None, fin: int | None = None, empreinte: str | None = None
    ) -> Response:
        found = document_of(live, document_id)
        if isinstance(found, Response):
            return found
        quote = (debut, fin) if debut is not None and fin is not None else None
        return HTMLResponse(render_document(found, quote, empreinte, live.get().index.documents))

    @app.get("/documents/{document_id}/formulaire", response_class=HTMLResponse, summary="La fiche à remplir")
    def form(document_id: str) -> Response:
        found = document_of(live, document_id, with_form=True)
        return found if isinstance(found, Response) else HTMLResponse(render_form(found))

    @app.get("/documents/{document_id}/formulaire.pdf", response_class=Response, summary="La fiche à remplir, en PDF")
    def form_file(document_id: str) -> Response:
        found = document_of(live, document_id, with_form=True)
        if isinstance(found, Response):
            return found
        name = f"fiche-a-remplir-{found.document_id}.pdf"
        headers = {"Content-Disposition": f'inline; filename="{name}"'}
        return Response(form_pdf(found), media_type="application/pdf", headers=headers)

    mount(app, live, settings.assistant)
    app.add_middleware(Guard)
    return app


def document_of(live: LiveAssistant, document_id: str, *, with_form: bool = False) -> Document | Response:
    """The document, or the page that says why there is none."""
    if not live.ready:
        return HTMLResponse(render_message("L'assistant se prépare", "Réessayez dans quelques secondes."), 503)
    try:
        found = live.get().index.document(document_id)
    except UnknownDocument:
        message = "Il a peut-être été retiré ou renommé. Posez votre question à l'assistant."
        return HTMLResponse(render_message("Ce document n'existe pas", message), 404)
    if with_form and not found.form:
        message = "Seules les fiches qui aident à protéger les personnes ont une page à remplir."
        return HTMLResponse(render_message("Ce document n'a pas de fiche à remplir", message), 404)
    return found


def serve(settings: Settings, host: str, port: int, live: LiveAssistant, loading: threading.Thread) -> None:
    """Serve until interrupted; questions are answered once `loading` has ended.

    Raises:
        AssistantError: if the address is taken.
    """
    check_address(host, port)
    app = create_app(settings, live)
    server = uvicorn.Server(
        uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)
    )

    def announce() -> None:
        loading.join()
        if live.ready:
            console.err.print(f"Prêt : http://{host}:{port}/assistant/  (Ctrl-C pour arrêter)")
        else:
            server.should_exit = True

    threading.Thread(target=announce, daemon=True).start()
    server.run()


def check_address(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AssistantError(
                f"l'adresse {host}:{port} ne peut pas être ouverte ({reason_of(error)}). "
                "Choisissez un autre port avec --port, ou arrêtez le programme qui l'occupe."
            ) from error
