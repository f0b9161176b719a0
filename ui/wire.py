"""The JSON interface: what comes in, what goes out, and the errors in French."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from assistant.engine import immediate_answer
from assistant.question import Turn, clean_question
from corpus.errors import AssistantError, InvalidQuestion, NoIndex, UnknownDocument
from ui.console import answer_json, hit_json
from ui.service import LiveAssistant

# The engine says the same with its own limit; this one only keeps absurd bodies out of it.
MAX_QUESTION_CHARS = 20_000
_log = logging.getLogger(__name__)
_EXAMPLE: JsonValue = {
    "question": "Que puis-je faire si mon entreprise est en zone bleue ?",
    "profile": {"zone": "bleue"},
}


class HistoryTurn(BaseModel):
    model_config = ConfigDict(extra="ignore")

    question: Annotated[str, Field(max_length=MAX_QUESTION_CHARS, description="Une question déjà posée.")]


class AskRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    question: Annotated[str, Field(max_length=MAX_QUESTION_CHARS, description="La question, en français.")]
    profile: Annotated[
        dict[str, Annotated[str, Field(max_length=100)]],
        Field(max_length=10, description="Ce qu'on sait de l'entreprise."),
    ] = {}
    history: Annotated[list[HistoryTurn], Field(max_length=20, description="Les questions d'avant.")] = []


class SearchRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"question": "durée de la sirène", "k": 5}})

    question: Annotated[str, Field(max_length=MAX_QUESTION_CHARS, description="La question, en français.")]
    k: Annotated[int, Field(ge=1, le=100, description="Nombre de passages.")] = 10


class ErrorDetail(BaseModel):
    code: str
    message: str


class ErrorBody(BaseModel):
    error: ErrorDetail


def error_response(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status)


_ERRORS: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorBody, "description": "La demande ou la question ne convient pas."},
    503: {"model": ErrorBody, "description": "L'assistant se prépare, ou son index est indisponible."},
}


def api_router(live: LiveAssistant, max_chars: int) -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.post("/ask", summary="Répondre à une question en citant les documents", responses=_ERRORS)
    async def ask(body: AskRequest) -> JSONResponse:
        cleaned = clean_question(body.question, max_chars)
        # Reflexes do not wait for the index, nor for a free thread.
        answer = immediate_answer(cleaned, waiting=not live.ready)
        if answer is None:
            history = [Turn(turn.question) for turn in body.history]
            answer = await run_in_threadpool(lambda: live.get().ask(cleaned, body.profile, history))
        return JSONResponse(answer_json(answer))

    @router.post("/search", summary="Chercher les passages", responses=_ERRORS)
    async def search(body: SearchRequest) -> JSONResponse:
        result = await run_in_threadpool(lambda: live.get().search(body.question, body.k))
        return JSONResponse({"hits": [hit_json(hit) for hit in result.hits]})

    @router.get("/health", summary="Dire si l'assistant peut répondre", responses={503: _ERRORS[503]})
    def health() -> JSONResponse:
        if not live.ready:
            return error_response(503, "not_ready", "L'assistant se prépare. Réessayez dans quelques secondes.")
        assistant = live.get()
        return JSONResponse(
            {
                "status": "ok",
                "index_version": assistant.index.version,
                "encoder": assistant.encoder.name,
                "documents": len(assistant.index.documents),
                "passages": len(assistant.index.passages),
            }
        )

    return router


def add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
        # Only the place of the fault is told: the body may hold what no JSON answer can carry.
        first = error.errors()[0]
        where = ".".join(part for part in first["loc"] if isinstance(part, str) and part != "body")
        message = (
            f"La demande ne convient pas (champ « {where} »). Voir /api/v1/openapi.json."
            if where
            else ("La demande n'est pas du JSON valide. Voir /api/v1/openapi.json.")
        )
        return error_response(422, "invalid_request", message.encode("utf-8", "replace").decode())

    @app.exception_handler(InvalidQuestion)
    async def invalid_question(request: Request, error: InvalidQuestion) -> JSONResponse:
        return error_response(422, "invalid_question", str(error))

    @app.exception_handler(UnknownDocument)
    async def unknown_document(request: Request, error: UnknownDocument) -> JSONResponse:
        return error_response(404, "unknown_document", "Ce document n'existe pas ou n'est plus publié.")

    @app.exception_handler(NoIndex)
    async def no_index(request: Request, error: NoIndex) -> JSONResponse:
        return error_response(503, "not_ready", "L'assistant se prépare. Réessayez dans quelques secondes.")

    @app.exception_handler(AssistantError)
    async def unavailable(request: Request, error: AssistantError) -> JSONResponse:
        # The message may name a folder of the server: it is for the log.
        _log.warning("%s", error)
        return error_response(503, "unavailable", "L'assistant est momentanément indisponible. Réessayez plus tard.")

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        messages = {404: "Cette page n'existe pas.", 405: "Cette adresse ne s'utilise pas ainsi."}
        message = messages.get(error.status_code, "La demande a échoué.")
        return error_response(error.status_code, f"http_{error.status_code}", message)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        return error_response(500, "unexpected", "Une erreur inattendue s'est produite. Réessayez plus tard.")
