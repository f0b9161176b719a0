"""Put the stages together for an entry point: encoder, index, assistant."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.engine import Assistant
from assistant.rephrase import Rephraser
from assistant.router import Router, load_or_train
from assistant.settings import Settings
from corpus.errors import AssistantError, NoIndex
from corpus.library import Library
from index.build import BuildReport, Progress, build_in_memory, build_index, is_up_to_date, no_progress
from index.embedded_model import load_encoder
from index.encoder import Encoder
from index.passage_index import PassageIndex, open_index
from index.store import IndexStore, read_identity

_log = logging.getLogger(__name__)


def library_of(settings: Settings) -> Library:
    """The documents of a home: those of the index in service, else the shipped fiches."""
    try:
        roots = [Path(root) for root in read_identity(IndexStore(settings.index_folder).current()).roots]
    except AssistantError:
        roots = []
    return Library(settings.documents, roots, settings.read_cache)


def build(settings: Settings, roots: Sequence[Path], progress: Progress) -> BuildReport:
    """Build an index and put it in service, with the router that goes with it."""
    return _build(settings, Library(settings.documents, roots, settings.read_cache), progress)


def refresh(settings: Settings, progress: Progress) -> BuildReport | None:
    """Rebuild the index in service if the documents have changed; None when nothing had to be done."""
    library = library_of(settings)
    if is_up_to_date(library, IndexStore(settings.index_folder), settings.index, settings.corpus):
        return None
    return _build(settings, library, progress)


def _build(settings: Settings, library: Library, progress: Progress) -> BuildReport:
    encoder = load_encoder(settings.index.encoder, settings.models, progress)
    store = IndexStore(settings.index_folder)
    report = build_index(library, encoder, settings.corpus, settings.index, store, progress)
    # A server that takes the new index must find its router made.
    _router(report.index, encoder, settings, progress)
    return report


def open_assistant(settings: Settings, progress: Progress, *, build_if_none: bool = False) -> Assistant:
    """The assistant on the index in service.

    Raises:
        NoIndex: unless `build_if_none`; DamagedIndex, IncompatibleIndex, EncoderUnavailable.
    """
    store = IndexStore(settings.index_folder)
    if build_if_none and store.current_name() is None:
        _warn(build(settings, (), progress))
    # The identity is checked before the encoder is loaded: a mismatch is told at once.
    index = open_index(store, settings.index, max_passage_chars=settings.corpus.max_passage_chars)
    return _assistant(index, settings, progress)


def _assistant(index: PassageIndex, settings: Settings, progress: Progress) -> Assistant:
    """An assistant on an index that is open: the encoder, then the router that goes with both."""
    encoder = load_encoder(settings.index.encoder, settings.models, progress)
    router = _router(index, encoder, settings, progress)
    return Assistant(index, encoder, settings.assistant, router, _rephraser(settings))


def _rephraser(settings: Settings) -> Rephraser | None:
    if settings.llm is None:
        return None
    from assistant.llm import OpenAIModel  # openai is loaded only where it serves

    return Rephraser(OpenAIModel(settings.llm))


def _router(index: PassageIndex, encoder: Encoder, settings: Settings, progress: Progress) -> Router | None:
    """The router, when the documents are about our subject: when our fiches are among them."""
    if not any(document.kind == "fiche" for document in index.documents.values()):
        return None
    return load_or_train(
        encoder,
        index,
        settings.models,
        lambda done, total: progress("Apprentissage du tri des questions", done, total),
    )


def measured_assistant(settings: Settings, roots: Sequence[Path], progress: Progress) -> Assistant:
    """An assistant on a separate corpus, in memory: the index in service is not touched."""
    encoder = load_encoder(settings.index.encoder, settings.models, progress)
    report = build_in_memory(Library(None, roots), encoder, settings.corpus, settings.index, progress=progress)
    _warn(report)
    router = _router(report.index, encoder, settings, progress)
    return Assistant(report.index, encoder, settings.assistant, router, _rephraser(settings))


def _warn(report: BuildReport) -> None:
    for problem in report.problems:
        _log.warning("laissé de côté : %s", problem)


class LiveAssistant:
    """The assistant of a server: follows the index in service without a restart.

    Thread safe. A question that arrives while a new index is being opened is answered from the
    one before.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = IndexStore(settings.index_folder)
        self._index: PassageIndex | None = None  # opened by `check`, waiting for its encoder
        self._assistant: Assistant | None = None
        self._opened: str | None = None
        self.failure: Exception | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Open the index in service, without the encoder: raises what would stop `load`."""
        self._opened = self._store.current_name()
        self._index = open_index(
            self._store, self._settings.index, max_passage_chars=self._settings.corpus.max_passage_chars
        )

    def load(self, progress: Progress) -> None:
        """Load the encoder, after the index unless `check` has opened it. Raises as `open_assistant` does."""
        if self._index is None:
            self.check()
        assert self._index is not None
        self._assistant, self._index = _assistant(self._index, self._settings, progress), None

    def start_loading(self, progress: Progress) -> threading.Thread:
        """`load` in a thread of its own; `failure` tells what stopped it."""

        def run() -> None:
            # Whatever it is, it must end the command as it would in the main thread.
            try:
                self.load(progress)
            except Exception as error:
                self.failure = error

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    @property
    def ready(self) -> bool:
        return self._assistant is not None

    def get(self) -> Assistant:
        """The assistant on the index in service now.

        Raises:
            NoIndex: before `load` has succeeded.
        """
        if self._assistant is None:
            raise NoIndex(self._settings.index_folder)
        encoder = self._assistant.encoder
        name = self._store.current_name()
        if name != self._opened and self._lock.acquire(blocking=False):
            try:
                self._opened = name  # one try a version: a bad one must not be opened at each question
                index = open_index(
                    self._store,
                    self._settings.index,
                    max_passage_chars=self._settings.corpus.max_passage_chars,
                    dimension=encoder.dimension,
                )
                router = _router(index, encoder, self._settings, no_progress)
                self._assistant = replace(self._assistant, index=index, router=router)
            except (AssistantError, OSError) as error:
                _log.warning("le nouvel index n'est pas servi, l'ancien reste : %s", error)
            finally:
                self._lock.release()
        return self._assistant
