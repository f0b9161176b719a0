"""The language model as a server that speaks the OpenAI protocol. The only module that imports openai.

Ollama, vLLM, llama.cpp, Mistral and Albert all accept what is sent here: messages, model, temperature,
max_tokens, stream. A visitor never waits on a server that fails: see `_Breaker`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, cast

import httpx2
import openai

from assistant.rephrase import Message, ModelFault
from assistant.settings import LlmSettings

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

_log = logging.getLogger(__name__)

_CONNECT_SECONDS = 5.0
_MAX_BYTES = 1_000_000  # of one answer, as it travels; a thousand tokens take 200 kB
_FAULTS, _PAUSE = 3, 60.0  # in a row, and seconds without a call after them
# The client would add the system and Python versions of this machine, and what OPENAI_… variables hold.
_SENT_HEADERS = frozenset(
    ("accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "host", "user-agent")
)
_STATUS = {
    400: "demande refusée (400) : le modèle lit-il au moins 4 096 unités ?",
    401: "clé refusée (401) : vérifiez AMARIS_LLM_API_KEY",
    403: "accès refusé (403) : vérifiez AMARIS_LLM_API_KEY",
    404: "adresse ou modèle inconnu (404) : vérifiez AMARIS_LLM_BASE_URL et AMARIS_LLM_MODEL",
    429: "trop de demandes (429)",
}


class OpenAIModel:
    """A `rephrase.Model`. Thread safe: one object serves all visitors."""

    def __init__(self, settings: LlmSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = settings.model
        self._clock = clock
        self._breaker = _Breaker(clock)
        self._client = openai.OpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key or "aucune",  # the client requires one, local servers ignore it
            max_retries=0,
            http_client=openai.DefaultHttpxClient(
                follow_redirects=False,  # the question goes to the stated server and no other
                # A kept connection that the server has closed meanwhile would be a fault, since nothing is retried.
                limits=httpx2.Limits(max_keepalive_connections=0),
                event_hooks={"request": [_strip], "response": [_bound]},
            ),
        )

    def complete(self, messages: Sequence[Message], max_tokens: int, seconds: float) -> Generator[str, None, None]:
        """See `rephrase.Model`. Each fault is one line of the log, which holds nothing of the question."""
        if self._breaker.is_open():
            raise ModelFault
        try:
            yield from self._stream(messages, max_tokens, seconds)
        except GeneratorExit:  # enough was read
            self._breaker.reset()
            raise
        # A server may send anything, and the client then raises anything.
        except Exception as error:
            _log.warning("modèle de langue : %s ; la réponse recopie les documents", _reason(error))
            self._breaker.count()
            raise ModelFault from error
        self._breaker.reset()

    def _stream(self, messages: Sequence[Message], max_tokens: int, seconds: float) -> Iterator[str]:
        deadline = self._clock() + seconds
        finish = None
        with self._client.chat.completions.create(
            model=self.name,
            messages=cast("list[ChatCompletionMessageParam]", messages),
            temperature=0,
            max_tokens=max_tokens,
            stream=True,
            timeout=httpx2.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
        ) as chunks:
            for chunk in chunks:
                if self._clock() > deadline:
                    raise _Cut("délai dépassé")
                for choice in chunk.choices[:1]:
                    finish = choice.finish_reason or finish
                    if choice.delta.content:
                        yield choice.delta.content
        # Some servers close a stream that failed as if it had ended. At max_tokens, the model has only talked too much.
        if finish not in ("stop", "length"):
            raise _Cut("réponse coupée avant sa fin")


class _Cut(Exception):
    pass


class _Breaker:
    """Open for a minute after three faults in a row; then one more fault opens it again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._faults = 0
        self._until = float("-inf")

    def is_open(self) -> bool:
        with self._lock:
            return self._clock() < self._until

    def count(self) -> None:
        with self._lock:
            self._faults += 1
            if self._faults >= _FAULTS:
                self._until = self._clock() + _PAUSE
                _log.warning("modèle de langue : %d échecs de suite, plus d'appel pendant une minute", self._faults)

    def reset(self) -> None:
        with self._lock:
            self._faults = 0


class _Bounded(httpx2.SyncByteStream):
    """A body that ends by an error past its size or time: a server that drips never trips a read time-out."""

    def __init__(self, stream: httpx2.SyncByteStream, seconds: float) -> None:
        self._stream = stream
        self._deadline = time.monotonic() + seconds

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for part in self._stream:
            size += len(part)
            if time.monotonic() > self._deadline:
                raise httpx2.ReadTimeout("too slow")
            if size > _MAX_BYTES:
                raise httpx2.ReadError("too long")
            yield part

    def close(self) -> None:
        self._stream.close()


def _strip(request: httpx2.Request) -> None:
    for name in set(request.headers) - _SENT_HEADERS:
        del request.headers[name]


def _bound(response: httpx2.Response) -> None:
    assert isinstance(response.stream, httpx2.SyncByteStream)
    response.stream = _Bounded(response.stream, response.request.extensions["timeout"]["read"])


def _reason(error: Exception) -> str:
    """In French, with the remedy when there is one; never the server's own words, which may repeat the question."""
    if isinstance(error, _Cut):
        return str(error)
    if isinstance(error, openai.APITimeoutError):
        return "délai dépassé"
    if isinstance(error, openai.APIConnectionError):
        return "connexion impossible ou coupée : vérifiez AMARIS_LLM_BASE_URL"
    if isinstance(error, openai.APIStatusError):
        code = error.status_code
        moved = f"redirection non suivie ({code}) : donnez l'adresse finale dans AMARIS_LLM_BASE_URL"
        return moved if 300 <= code < 400 else _STATUS.get(code, f"erreur du serveur ({code})")
    if isinstance(error, openai.APIError):
        return "erreur annoncée par le serveur"
    return "réponse illisible"
