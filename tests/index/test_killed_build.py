"""A build killed at any moment leaves an index that opens whole and answers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.build import build_index
from index.passage_index import open_index
from index.store import IndexStore
from tests.substitutes import CORPUS_SETTINGS, INDEX_SETTINGS, BagOfWordsEncoder, small_library

KILLS = 60
ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> IndexStore:
    store = IndexStore(tmp_path / "index")
    build(store)
    return store


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.index.builder_nursery", tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=ROOT,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def build(store: IndexStore) -> None:
    library = small_library(store.folder.parent / "documents")
    build_index(library, BagOfWordsEncoder(), CORPUS_SETTINGS, INDEX_SETTINGS, store)


def start_then_stop(nursery: subprocess.Popen[str], delay_s: float, how: signal.Signals) -> int:
    """Let a process build for a while, send it a signal, and return its exit code."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write("\n")
    pid = int(nursery.stdout.readline())
    time.sleep(delay_s)
    os.kill(pid, how)
    return int(nursery.stdout.readline())


def assert_whole(store: IndexStore) -> None:
    index = open_index(store, INDEX_SETTINGS, max_passage_chars=CORPUS_SETTINGS.max_passage_chars)
    assert index.version == store.current_name()
    assert len(index.documents) == 4
    [hit] = index.search("zone bleue", 1, BagOfWordsEncoder()).hits
    assert hit.passage.passage_id == "zones#zone-bleue"


def leftovers(store: IndexStore) -> list[Path]:
    return list(store.folder.rglob(".en-cours-*"))


def test_killed_at_random_moments(nursery: subprocess.Popen[str], store: IndexStore) -> None:
    moments = random.Random(20171)
    caught_writing, published = 0, set()
    for _ in range(KILLS):
        assert start_then_stop(nursery, moments.uniform(0.0, 0.15), signal.SIGKILL) == -signal.SIGKILL
        assert_whole(store)
        caught_writing += bool(leftovers(store))
        published.add(store.current_name())
    # The kills did land inside builds, and builds did go through between them.
    assert caught_writing > 0
    assert len(published) > KILLS // 4
    build(store)
    assert leftovers(store) == []
    assert len(store.versions()) == 3
    assert_whole(store)


def test_interrupted_from_the_keyboard(nursery: subprocess.Popen[str], store: IndexStore) -> None:
    assert start_then_stop(nursery, 0.1, signal.SIGINT) == 130
    assert_whole(store)
    assert leftovers(store) == []
    build(store)
    assert_whole(store)
