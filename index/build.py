"""Build an index from the documents, and put it in service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from corpus.documents import Passage
from corpus.errors import AssistantError, EmptyCorpus, UnreadableDocument
from corpus.library import Library
from corpus.settings import CorpusSettings
from corpus.split import split
from corpus.storage import storage_errors
from index.encoder import Encoder, Vectors
from index.identity import ANALYSIS, FORMAT, IndexIdentity, library_versions
from index.passage_index import PassageIndex, asked_of, open_index
from index.settings import IndexSettings
from index.store import IndexStore, read_identity

Progress = Callable[[str, int, int], None]  # step in French, done, total


def no_progress(step: str, done: int, total: int) -> None:
    """For callers who watch nothing."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    index: PassageIndex
    encoded: int  # passages encoded now; the others kept their vectors
    problems: tuple[UnreadableDocument, ...]  # documents that were left out


def build_in_memory(
    library: Library,
    encoder: Encoder,
    corpus_settings: CorpusSettings,
    index_settings: IndexSettings,
    *,
    version: str = "memoire",
    previous: PassageIndex | None = None,
    progress: Progress = no_progress,
) -> BuildReport:
    """Read, cut, encode and index, without writing anything.

    Args:
        previous: an index by the same encoder, whose vectors serve again for passages whose
            encoded text has not changed.

    Raises:
        EmptyCorpus: if no document can be read.
    """
    report = library.read(lambda done, total: progress("Lecture des documents", done, total))
    if not report.documents:
        reasons = f" ({report.problems[0]})" if report.problems else ""
        raise EmptyCorpus(f"aucun document à indexer{reasons}. Vérifiez le dossier donné à --documents.")
    passages = [passage for document in report.documents for passage in split(document, corpus_settings)]
    vectors, encoded = _vectors(passages, encoder, previous, progress)
    asked = _asked(passages, encoder, previous, progress)
    index = PassageIndex.build(report.documents, passages, vectors, asked, index_settings, version)
    return BuildReport(index, encoded, report.problems)


def _vectors(
    passages: list[Passage], encoder: Encoder, previous: PassageIndex | None, progress: Progress
) -> tuple[Vectors, int]:
    known = {p.encoded_text: row for row, p in enumerate(previous.passages)} if previous else {}
    texts = [passage.encoded_text for passage in passages]
    vectors = np.empty((len(texts), encoder.dimension), np.float32)
    new = [number for number, text in enumerate(texts) if text not in known]
    for number, text in enumerate(texts):
        if text in known and previous is not None:
            vectors[number] = previous.raw[known[text]]
    if new:
        vectors[new] = encoder.encode_passages(
            [texts[number] for number in new], lambda done: progress("Calcul des vecteurs", done, len(new))
        )
    return vectors, len(new)


def _asked(passages: list[Passage], encoder: Encoder, previous: PassageIndex | None, progress: Progress) -> Vectors:
    """Vectors of the questions that passages are known to answer, shape (questions, dimension)."""
    known = {}
    if previous:
        known = {text: previous.raw_asked[row] for row, (_, text) in enumerate(asked_of(previous.passages))}
    texts = [text for _, text in asked_of(passages)]
    new = [text for text in dict.fromkeys(texts) if text not in known]
    for done, text in enumerate(new, start=1):
        known[text] = encoder.encode_question(text)
        progress("Calcul des vecteurs des questions connues", done, len(new))
    return np.array([known[text] for text in texts], np.float32).reshape(len(texts), encoder.dimension)


def build_index(
    library: Library,
    encoder: Encoder,
    corpus_settings: CorpusSettings,
    index_settings: IndexSettings,
    store: IndexStore,
    progress: Progress = no_progress,
) -> BuildReport:
    """Build a version and put it in service; the one before keeps serving until then.

    Raises:
        EmptyCorpus, StorageError, and AssistantError if another build is running.
    """
    with store.building():
        digest = library.digest()
        version = f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S-%f}-{digest[:8]}"
        report = build_in_memory(
            library,
            encoder,
            corpus_settings,
            index_settings,
            version=version,
            previous=_previous(store, encoder, index_settings, corpus_settings),
            progress=progress,
        )
        index = report.index
        identity = IndexIdentity(
            version=version,
            built_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            format=FORMAT,
            analysis=ANALYSIS,
            encoder=encoder.name,
            dimension=encoder.dimension,
            max_passage_chars=corpus_settings.max_passage_chars,
            corpus_digest=digest,
            roots=() if library.shipped else tuple(str(root.resolve()) for root in library.roots),
            documents=len(index.documents),
            passages=len(index.passages),
            libraries=library_versions(),
            files={},
        )
        with storage_errors(store.folder), store.scratch() as scratch:
            files = index.to_files(scratch)
        store.publish(identity, files)
    return report


def _previous(
    store: IndexStore, encoder: Encoder, index_settings: IndexSettings, corpus_settings: CorpusSettings
) -> PassageIndex | None:
    """The version in service, when its vectors can serve again."""
    try:
        return open_index(
            store,
            index_settings,
            max_passage_chars=corpus_settings.max_passage_chars,
            dimension=encoder.dimension,
        )
    except AssistantError:
        return None  # absent, damaged or built otherwise: everything is encoded anew


def is_up_to_date(library: Library, store: IndexStore, index_settings: IndexSettings, corpus: CorpusSettings) -> bool:
    """Whether the version in service is whole and holds the documents as they are now."""
    try:
        open_index(store, index_settings, max_passage_chars=corpus.max_passage_chars)
        identity = read_identity(store.current())
    except AssistantError:
        return False
    # A newer reader or stemmer may give other passages and terms from the same files.
    return identity.corpus_digest == library.digest() and identity.libraries == library_versions()
