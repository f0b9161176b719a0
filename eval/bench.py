"""Speed and memory, as ratios measured in one run. `make bench`; never part of the tests.

python -m eval.bench
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assistant.engine import Assistant
from assistant.router import load_or_train
from assistant.settings import Settings
from corpus.library import FICHES, Library
from eval.measures import percentile
from eval.questions import read_questions
from index.build import build_in_memory
from index.embedded_model import load_encoder
from index.encoder import Encoder

QUESTIONS = Path(__file__).with_name("questions") / "dev.jsonl"
PASSAGES = 300
ROUNDS = 3


def main() -> None:
    settings = Settings.read()
    encoder = load_encoder(settings.index.encoder, settings.models)
    report = build_in_memory(Library(None), encoder, settings.corpus, settings.index)
    assistant = Assistant(
        report.index,
        encoder,
        settings.assistant,
        load_or_train(encoder, report.index, settings.models),
    )
    questions = [q.question for q in read_questions(QUESTIONS) if q.expected == "answer"]

    table = Table("Mesure", "Valeur", "But", "Atteint")
    rows: list[tuple[str, float, str, float]] = []

    totals, passes = _warm(assistant, questions)
    rows.append(("question / passage dans l'encodeur (médianes)", totals / passes, "×", 3.0))
    with _busy(2):
        busy = _latencies(assistant, questions)
    rows.append(("question, p95, deux autres processus occupés", percentile(busy, 0.95) or 0.0, "ms", 60.0))
    rows.append((f"construire {PASSAGES} passages / temps de l'encodeur", _build_ratio(encoder, settings), "×", 1.3))
    cold, resident = _processes(settings)
    rows.append(("« amaris ask » à froid", cold, "s", 8.0))
    rows.append(("serveur, mémoire résidente", resident, "Mo", 900.0))
    for name, value, unit, target in rows:
        table.add_row(name, f"{value:.2f} {unit}", f"≤ {target:g} {unit}", "oui" if value <= target else "NON")
    Console().print(table)


def _warm(assistant: Assistant, questions: list[str]) -> tuple[float, float]:
    """Medians, in ms: a whole answer, and the encoder alone on the same question."""
    totals, passes = [], []
    for _ in range(ROUNDS):
        for question in questions:
            passes.append(_timed(assistant.encoder.encode_question, question))
            totals.append(_timed(assistant.ask, question))
    return statistics.median(totals), statistics.median(passes)


def _latencies(assistant: Assistant, questions: list[str]) -> list[float]:
    return [_timed(assistant.ask, question) for question in questions * ROUNDS]


def _timed(call: Callable[[str], object], question: str) -> float:
    started = time.perf_counter()
    call(question)
    return 1000 * (time.perf_counter() - started)


@contextmanager
def _busy(count: int) -> Iterator[None]:
    """Other processes that use the cores without a pause."""
    others = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(count)]
    for other in others:
        other.start()
    try:
        yield
    finally:
        for other in others:
            other.kill()


def _spin() -> None:
    while True:
        sum(range(10_000))


def _build_ratio(encoder: Encoder, settings: Settings) -> float:
    """Reading, cutting, encoding and indexing, over encoding alone, on the same passages."""
    with tempfile.TemporaryDirectory() as folder:
        # The fiches' sections over and over, each told apart by a number.
        bodies = [
            section.strip()
            for path in sorted(FICHES.glob("*-*.md"))
            for section in re.split(r"^## ", path.read_text(encoding="utf-8").split("---", 2)[2], flags=re.M)
            if len(section) > 200
        ]
        for number in range(PASSAGES):
            text = f"# Fiche {number}\n\n{bodies[number % len(bodies)].replace(chr(10), ' ')}\n"
            (Path(folder) / f"f{number:03d}.md").write_text(text, encoding="utf-8")
        library = Library(None, [Path(folder)])
        ratios = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            report = build_in_memory(library, encoder, settings.corpus, settings.index)
            with tempfile.TemporaryDirectory() as scratch:
                report.index.to_files(Path(scratch))
            built = time.perf_counter() - started
            texts = [passage.encoded_text for passage in report.index.passages]
            started = time.perf_counter()
            encoder.encode_passages(texts)
            ratios.append(built / (time.perf_counter() - started))
        return statistics.median(ratios)


def _processes(settings: Settings) -> tuple[float, float]:
    """Seconds of a cold `amaris ask`, and MB resident of a server after two hundred questions."""
    command = [sys.executable, "-m", "ui.cli"]
    environment = {**os.environ, "AMARIS_HOME": str(settings.home)}
    subprocess.run([*command, "index", "update"], env=environment, check=True, capture_output=True)
    started = time.perf_counter()
    subprocess.run(
        [*command, "ask", "Qui décide une mesure alternative ?"], env=environment, check=True, capture_output=True
    )
    cold = time.perf_counter() - started
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([*command, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/api/v1/health")
        for question in [q.question for q in read_questions(QUESTIONS)] * 2:
            _post(f"http://127.0.0.1:{port}/api/v1/ask", {"question": question})
        status = Path(f"/proc/{server.pid}/status").read_text(encoding="utf-8")
        resident = int(status.split("VmRSS:")[1].split()[0]) / 1000
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(10)
    return cold, resident


def _wait(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(url)


def _post(url: str, body: dict[str, str]) -> None:
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            response.read()
    except urllib.error.HTTPError as error:
        error.read()  # a refused question (English, empty) is an answer too


if __name__ == "__main__":
    main()
