"""The programs under test: the command line as a process, the application behind uvicorn."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from assistant.settings import Settings
from ui.server import create_app
from ui.service import LiveAssistant

ROOT = Path(__file__).parents[2]
QUESTION = "Dois-je faire des travaux si je suis en zone bleue ?"


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "ui.cli", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    """Ours without its settings of the assistant, and with `more`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AMARIS_")} | more


def amaris(*arguments: str | Path, **more: str) -> Finished:
    """One run of the command line, by its entry point."""
    found = subprocess.run(
        command(*arguments), env=environment(**more), cwd=ROOT, capture_output=True, text=True, timeout=180
    )
    return Finished(found.returncode, found.stdout, found.stderr)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def application(settings: Settings, live: LiveAssistant) -> FastAPI:
    """`create_app`, called where a loop runs: elsewhere gradio opens loops that it never closes."""

    async def build() -> FastAPI:
        return create_app(settings, live)

    # In a thread of its own: that of a browser's test already runs a loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(build())).result()


@dataclass(frozen=True)
class Server:
    url: str
    port: int


@contextmanager
def serving(app: FastAPI) -> Iterator[Server]:
    """uvicorn in a thread, on a free port, until the end of the block."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive(), "le serveur s'est arrêté"
            assert time.monotonic() < deadline, "le serveur n'a pas démarré"
            time.sleep(0.05)
        yield Server(f"http://127.0.0.1:{port}", port)
    finally:
        server.should_exit = True
        thread.join(10)
