"""An assistant over a small corpus about two subjects, and the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.engine import Assistant
from assistant.router import Router, load_or_train, train
from assistant.settings import AssistantSettings
from corpus.library import Library
from corpus.settings import CorpusSettings
from index.build import build_in_memory
from index.encoder import Encoder
from index.settings import IndexSettings
from tests.substitutes import BagOfWordsEncoder, small_index

KNOWN = dict.fromkeys(["Que veut dire être en zone bleue ?", "Qui paie une mesure alternative ?"])


@pytest.fixture
def small(tmp_path: Path) -> Assistant:
    """The small corpus, the substitute encoder, no router."""
    return Assistant(small_index(tmp_path).index, BagOfWordsEncoder(), AssistantSettings(), None)


@pytest.fixture(scope="session")
def bag_router() -> Router:
    """A router trained on the substitute encoder's vectors."""
    return train(BagOfWordsEncoder(), KNOWN, str)


@pytest.fixture(scope="session")
def real(encoder: Encoder, models: Path) -> Assistant:
    """The shipped fiches, the real encoder and its router."""
    index = build_in_memory(Library(None), encoder, CorpusSettings(), IndexSettings()).index
    return Assistant(index, encoder, AssistantSettings(), load_or_train(encoder, index, models))
