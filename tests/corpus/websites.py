"""A real HTTP server on a free port of this machine, whose answers a test sets page by page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Responder = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Asked:
    path: str
    headers: Mapping[str, str]
    at: float  # by the site's clock


@dataclass
class Site:
    url: str
    clock: Callable[[], float] = lambda: 0.0
    pages: dict[str, Responder] = field(default_factory=dict)  # by path; 404 elsewhere, robots.txt included
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)  # set when stalled answers must end

    def paths(self) -> list[str]:
        """What was asked for, in order, but for robots.txt."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]


def send(status: int, body: bytes = b"", **headers: str) -> Responder:
    """An answer; `Retry_After="3"` states the header Retry-After."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def moved(target: str) -> Responder:
    return send(301, Location=target)


def in_turn(*responders: Responder) -> Responder:
    """Each in its turn, then the last one for ever."""
    left = list(responders)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


def half(then: Callable[[], object] = lambda: None) -> Responder:
    """The head and half of the body, then what is given, then a closed connection."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"<p>" + b"x" * 500)
        handler.wfile.flush()
        then()

    return respond


def dripping(site: Site) -> Responder:
    """One byte now and then, without an end."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not site.closing.wait(0.02):
            handler.wfile.write(b"x")

    return respond


def streamed(size: int) -> Responder:
    """A body whose length is not stated."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(size // 100_000):
            handler.wfile.write(b"x" * 100_000)

    return respond


@contextmanager
def serving(clock: Callable[[], float] = lambda: 0.0) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(Asked(self.path, dict(self.headers), site.clock()))
            try:
                site.pages.get(self.path, send(404))(self)
            except ConnectionError:
                self.close_connection = True  # the client has left, as some tests mean it to

        def log_message(self, *arguments: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_port}", clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
