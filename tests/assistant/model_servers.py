"""A real HTTP server on a free port that speaks the OpenAI protocol as a test tells it to, faults included."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        return "\n".join(message["content"] for message in self.body["messages"])


@dataclass
class ModelServer:
    url: str
    answer: Responder
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)  # set when stalled answers must end


@dataclass(frozen=True)
class Exchange:
    """One request being answered, in HTTP/1.1 chunks."""

    handler: BaseHTTPRequestHandler
    asked: Asked
    closing: threading.Event

    def head(self, kind: str = "text/event-stream") -> None:
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", kind)
        self.handler.send_header("Transfer-Encoding", "chunked")
        self.handler.end_headers()

    def write(self, text: str) -> None:
        data = text.encode()
        self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.handler.wfile.flush()

    def event(self, text: str | None, finish: str | None = None) -> None:
        choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        self.write(f"data: {json.dumps(chunk)}\n\n")

    def end(self) -> None:
        self.handler.wfile.write(b"0\r\n\r\n")


Responder = Callable[[Exchange], None]


def says(*pieces: str, finish: str | None = "stop") -> Responder:
    """The pieces, one event each, then the end; `finish` None forgets to say that it is one."""

    def respond(exchange: Exchange) -> None:
        exchange.head()
        for piece in pieces:
            exchange.event(piece)
        if finish:
            exchange.event(None, finish)
            exchange.write("data: [DONE]\n\n")
        exchange.end()

    return respond


def rewords(change: Callable[[str], str]) -> Responder:
    """Each numbered sentence of the extract, changed, word by word as a model would send it."""

    def respond(exchange: Exchange) -> None:
        lines = re.findall(r"^(\d+)\. (.+)$", exchange.asked.prompt.partition("<extrait>")[2], re.M)
        text = "\n".join(f"{number}. {change(sentence)}" for number, sentence in lines)
        says(*re.findall(r"\s*\S+", text))(exchange)

    return respond


def cut(*pieces: str) -> Responder:
    """The pieces, then a connection closed in the middle of the answer."""

    def respond(exchange: Exchange) -> None:
        exchange.head()
        for piece in pieces:
            exchange.event(piece)
        exchange.handler.close_connection = True

    return respond


def sends(body: str, kind: str = "text/event-stream") -> Responder:
    """Any body at all, as a success."""

    def respond(exchange: Exchange) -> None:
        exchange.head(kind)
        exchange.write(body)
        exchange.end()

    return respond


def status(code: int, message: str = "refused", **headers: str) -> Responder:
    def respond(exchange: Exchange) -> None:
        body = json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode()
        exchange.handler.send_response(code)
        for name, value in headers.items():
            exchange.handler.send_header(name, value)
        exchange.handler.send_header("Content-Type", "application/json")
        exchange.handler.send_header("Content-Length", str(len(body)))
        exchange.handler.end_headers()
        exchange.handler.wfile.write(body)

    return respond


def stalls(exchange: Exchange) -> None:
    """Not even a header."""
    exchange.closing.wait()
    exchange.handler.close_connection = True


def without_end(start: str, more: Callable[[Exchange], None], pause: float = 0.0) -> Responder:
    """A first event, then `more` again and again until the client leaves."""

    def respond(exchange: Exchange) -> None:
        exchange.head()
        exchange.event(start)
        while not exchange.closing.wait(pause):
            more(exchange)

    return respond


@contextmanager
def model_server(answer: Responder) -> Iterator[ModelServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            server.asked.append(asked)
            try:
                server.answer(Exchange(self, asked, server.closing))
            except ConnectionError:
                self.close_connection = True  # the client has left, as some tests mean it to

        def log_message(self, *arguments: object) -> None:
            """Silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = ModelServer(f"http://127.0.0.1:{http.server_port}/v1", answer)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        http.shutdown()
        http.server_close()
        thread.join()
