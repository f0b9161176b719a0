"""Homes with the real model and, most of the time, an index of the shipped fiches already built."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from assistant.settings import Settings
from corpus.library import Library
from index.build import build_index
from index.encoder import Encoder
from index.store import IndexStore
from tests.ui.programs import Server, application, serving
from ui.service import LiveAssistant


def silent(step: str, done: int, total: int) -> None:
    """A progress that shows nothing."""


@pytest.fixture(scope="session")
def built_home(encoder: Encoder, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home ready to answer. Never written to by tests: they copy it."""
    home = tmp_path_factory.mktemp("modele") / "home"
    home.mkdir()
    (home / "models").symlink_to(models, target_is_directory=True)
    settings = Settings.read({}, home=home)
    library = Library(settings.documents)
    build_index(library, encoder, settings.corpus, settings.index, IndexStore(settings.index_folder))
    return home


def copy_home(built_home: Path, folder: Path) -> Path:
    return Path(shutil.copytree(built_home, folder / "home", symlinks=True))


@pytest.fixture(scope="module")
def home(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a module, its tests being free to add to it."""
    return copy_home(built_home, tmp_path_factory.mktemp("module"))


@pytest.fixture
def own_home(built_home: Path, tmp_path: Path) -> Path:
    """The home of one test, to spoil."""
    return copy_home(built_home, tmp_path)


@pytest.fixture(scope="module")
def live(home: Path) -> LiveAssistant:
    """Loaded, on the module's home."""
    found = LiveAssistant(Settings.read({}, home=home))
    found.load(silent)
    return found


@pytest.fixture(scope="module")
def app(home: Path, live: LiveAssistant) -> FastAPI:
    return application(Settings.read({}, home=home), live)


@pytest.fixture(scope="module")
def server(app: FastAPI) -> Iterator[Server]:
    """The real application on a free port of this machine."""
    with serving(app) as found:
        yield found
