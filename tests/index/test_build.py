"""From documents to an index in service: what is encoded again, left out, or refused."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import EmptyCorpus, StorageError
from corpus.library import Library
from corpus.settings import CorpusSettings
from index.build import BuildReport, build_in_memory, build_index, is_up_to_date
from index.encoder import Encoder, Vectors
from index.passage_index import open_index
from index.settings import IndexSettings
from index.store import IndexStore
from tests.substitutes import (
    CORPUS_SETTINGS,
    DOCUMENTS,
    INDEX_SETTINGS,
    BagOfWordsEncoder,
    fiche_with,
    many_documents,
    small_library,
    write_documents,
)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return small_library(tmp_path / "documents")


@pytest.fixture
def documents(library: Library) -> Path:
    return library.roots[0]


@pytest.fixture
def store(tmp_path: Path) -> IndexStore:
    return IndexStore(tmp_path / "index")


def build(library: Library, store: IndexStore, encoder: Encoder | None = None) -> BuildReport:
    return build_index(library, encoder or BagOfWordsEncoder(), CORPUS_SETTINGS, INDEX_SETTINGS, store)


def up_to_date(library: Library, store: IndexStore) -> bool:
    return is_up_to_date(library, store, INDEX_SETTINGS, CORPUS_SETTINGS)


def test_the_first_build_encodes_everything(library: Library, store: IndexStore) -> None:
    encoder = BagOfWordsEncoder()
    report = build(library, store, encoder)
    assert report.problems == ()
    assert report.encoded == len(report.index.passages) == 6
    assert encoder.encoded == [passage.encoded_text for passage in report.index.passages]


def test_the_built_index_is_the_one_in_service(library: Library, store: IndexStore) -> None:
    report = build(library, store)
    opened = open_index(store, INDEX_SETTINGS, max_passage_chars=CORPUS_SETTINGS.max_passage_chars, dimension=256)
    assert opened.version == report.index.version
    assert opened.passages == report.index.passages


def test_nothing_is_encoded_again_without_a_change(library: Library, store: IndexStore) -> None:
    first = build(library, store)
    again = build(library, store)
    assert again.encoded == 0
    np.testing.assert_array_equal(again.index.raw, first.index.raw)


def test_only_the_changed_passage_is_encoded_again(library: Library, documents: Path, store: IndexStore) -> None:
    build(library, store)
    write_documents(documents, {"zones.md": DOCUMENTS["zones.md"].replace("est interdite", "est défendue")})
    encoder = BagOfWordsEncoder()
    report = build(library, store, encoder)
    assert report.encoded == 1
    assert len(encoder.encoded) == 1
    assert "est défendue" in encoder.encoded[0]
    # Reused or not, every vector is the one of its own passage.
    expected = BagOfWordsEncoder().encode_passages([passage.encoded_text for passage in report.index.passages])
    np.testing.assert_array_equal(report.index.raw, expected)


def test_a_new_document_moves_the_others_without_encoding_them(
    library: Library, documents: Path, store: IndexStore
) -> None:
    build(library, store)
    write_documents(documents, {"aaa.txt": "La digue protège du crue.\n"})
    report = build(library, store)
    assert report.encoded == 1
    expected = BagOfWordsEncoder().encode_passages([passage.encoded_text for passage in report.index.passages])
    np.testing.assert_array_equal(report.index.raw, expected)


def test_a_removed_document_leaves_nothing(library: Library, documents: Path, store: IndexStore) -> None:
    build(library, store)
    (documents / "bail.txt").unlink()
    index = build(library, store).index
    assert "bail" not in index.documents
    assert all(passage.document_id != "bail" for passage in index.passages)
    result = index.search("bailleur locataire", 10, BagOfWordsEncoder())
    assert result.known_share == 0.0
    assert len(index.raw) == len(index.passages) == 5
    version = store.current()
    for path in version.rglob("*"):
        assert path.is_dir() or b"bailleur" not in path.read_bytes(), path


def test_another_passage_length_encodes_everything_anew(library: Library, store: IndexStore) -> None:
    build(library, store)
    report = build_index(library, BagOfWordsEncoder(), CorpusSettings(max_passage_chars=200), INDEX_SETTINGS, store)
    assert report.encoded == len(report.index.passages)


def test_another_encoder_encodes_everything_anew(library: Library, store: IndexStore) -> None:
    build(library, store)
    other = BagOfWordsEncoder(dimension=64, name="autre")
    report = build_index(library, other, CORPUS_SETTINGS, IndexSettings(encoder="autre"), store)
    assert report.encoded == len(report.index.passages)
    assert report.index.raw.shape == (6, 64)


def test_an_unreadable_document_is_left_out_and_reported(library: Library, documents: Path, store: IndexStore) -> None:
    write_documents(documents, {"vide.txt": " \n", "faux.pdf": "<html>non</html>"})
    report = build(library, store)
    assert [problem.source for problem in report.problems] == ["faux.pdf", "vide.txt"]
    assert len(report.index.documents) == len(DOCUMENTS)


def test_a_document_too_large_is_left_out_and_reported(library: Library, documents: Path, store: IndexStore) -> None:
    with (documents / "enorme.txt").open("wb") as file:
        file.truncate(200_000_001)  # a hole: no disk is used
    report = build(library, store)
    assert [problem.source for problem in report.problems] == ["enorme.txt"]
    assert len(report.index.documents) == len(DOCUMENTS)


def test_an_empty_corpus_is_refused(tmp_path: Path, store: IndexStore) -> None:
    (tmp_path / "vide").mkdir()
    with pytest.raises(EmptyCorpus, match=r"aucun document à indexer. Vérifiez"):
        build(Library(None, [tmp_path / "vide"]), store)
    assert store.versions() == []


def test_an_empty_corpus_says_what_was_not_read(tmp_path: Path, store: IndexStore) -> None:
    with pytest.raises(EmptyCorpus, match=r"vide.txt : le fichier est vide"):
        build(small_library(tmp_path / "documents", {"vide.txt": ""}), store)


def test_an_empty_corpus_leaves_the_previous_index(library: Library, documents: Path, store: IndexStore) -> None:
    version = build(library, store).index.version
    for path in documents.iterdir():
        path.unlink()
    with pytest.raises(EmptyCorpus):
        build(library, store)
    assert store.current_name() == version


def test_up_to_date(library: Library, documents: Path, store: IndexStore) -> None:
    assert not up_to_date(library, store)
    build(library, store)
    assert up_to_date(library, store)
    write_documents(documents, {"ajout.txt": "La digue.\n"})
    assert not up_to_date(library, store)
    build(library, store)
    assert up_to_date(library, store)
    (store.current() / "passages.jsonl").write_bytes(b"")
    assert not up_to_date(library, store)


def test_in_memory_writes_nothing(library: Library, store: IndexStore) -> None:
    report = build_in_memory(library, BagOfWordsEncoder(), CORPUS_SETTINGS, INDEX_SETTINGS)
    assert report.index.version == "memoire"
    assert not store.folder.exists()


def test_progress_is_told_in_french_and_reaches_the_end(library: Library, store: IndexStore) -> None:
    steps: dict[str, tuple[int, int]] = {}

    def note(step: str, done: int, total: int) -> None:
        steps[step] = (done, total)

    build_index(library, BagOfWordsEncoder(), CORPUS_SETTINGS, INDEX_SETTINGS, store, note)
    assert steps == {"Lecture des documents": (4, 4), "Calcul des vecteurs": (6, 6)}


@pytest.mark.parametrize("place", ["/sys/amaris", "/proc/amaris"])
def test_a_place_that_refuses_writing(library: Library, place: str) -> None:
    if not Path(place).parent.is_dir():
        pytest.skip(f"pas de {Path(place).parent} sur ce système")
    with pytest.raises(StorageError, match=f"^{place}/index : .*Rien de ce qui existait n'est perdu"):
        build(library, IndexStore(Path(place) / "index"))


def test_a_file_in_place_of_the_folder(library: Library, tmp_path: Path) -> None:
    (tmp_path / "fichier").write_text("")
    with pytest.raises(StorageError, match=r"ce n'est pas un dossier. Donnez un dossier à --home."):
        build(library, IndexStore(tmp_path / "fichier" / "index"))


def test_a_full_disk_leaves_the_previous_index(small_disk: Path, documents: Path, library: Library) -> None:
    store = IndexStore(small_disk / "index")
    version = build(library, store).index.version
    write_documents(documents, many_documents(1200))  # 1200 vectors of 1 kB do not fit
    with pytest.raises(StorageError, match=r"le disque est plein. Libérez de la place"):
        build(library, store)
    assert store.versions() == [version]
    assert list(store.folder.rglob(".en-cours-*")) == []
    opened = open_index(store, INDEX_SETTINGS, max_passage_chars=CORPUS_SETTINGS.max_passage_chars)
    assert opened.version == version
    assert opened.search("zone bleue", 1, BagOfWordsEncoder()).hits[0].passage.document_id == "zones"


def test_a_disk_filled_to_the_last_byte(small_disk: Path, documents: Path, library: Library) -> None:
    """Wherever in the writing the disk fills up, the version in service stays whole."""
    store = IndexStore(small_disk / "index")
    version = build(library, store).index.version
    ballast = small_disk / "lest"
    sizes, refused = range(0, 72, 4), 0
    for free_kilobytes in sizes:
        fill(ballast, free_kilobytes)
        try:
            version = build(library, store).index.version
        except StorageError as error:
            assert "le disque est plein" in str(error)  # noqa: PT017  # both outcomes are right
            refused += 1
        ballast.unlink()
        opened = open_index(store, INDEX_SETTINGS, max_passage_chars=CORPUS_SETTINGS.max_passage_chars)
        assert opened.version == version == store.current_name()
        assert list(store.folder.rglob(".en-cours-*")) == []
    assert 0 < refused < len(sizes)


def fill(ballast: Path, free_kilobytes: int) -> None:
    """Take all the room of a disk but so many kilobytes."""
    state = os.statvfs(ballast.parent)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(4096, state.f_bavail * state.f_frsize - 1024 * free_kilobytes))


def test_a_disk_remounted_read_only(small_disk: Path, library: Library) -> None:
    store = IndexStore(small_disk / "index")
    build(library, store)
    version = build(library, store).index.version
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StorageError, match=r"le disque est en lecture seule. Choisissez un autre dossier"):
        build(library, store)
    with pytest.raises(StorageError, match="le disque est en lecture seule"):
        store.rollback()
    opened = open_index(store, INDEX_SETTINGS, max_passage_chars=CORPUS_SETTINGS.max_passage_chars)
    assert opened.version == version


def test_known_questions_are_encoded_once(tmp_path: Path, store: IndexStore) -> None:
    class Counting(BagOfWordsEncoder):
        questions = 0

        def encode_question(self, text: str) -> Vectors:
            self.questions += 1
            return super().encode_question(text)

    encoder = Counting()
    first = ["changer mes carreaux ?", "obligation de travaux"]
    anchor = "dois-je-faire-des-travaux"
    library = small_library(tmp_path / "fiches", fiche_with({anchor: first}))
    build(library, store, encoder)
    assert encoder.questions == 2
    fresh = build(small_library(tmp_path / "fiches", fiche_with({anchor: [*first, "et mon toit ?"]})), store, encoder)
    assert encoder.questions == 3
    np.testing.assert_array_equal(fresh.index.raw_asked[2], BagOfWordsEncoder().encode_question("et mon toit ?"))


def test_a_change_of_the_known_questions_is_seen(tmp_path: Path, store: IndexStore) -> None:
    library = small_library(tmp_path / "fiches", fiche_with({"dois-je-faire-des-travaux": ["un", "deux"]}))
    build(library, store)
    assert up_to_date(library, store)
    write_documents(library.roots[0], fiche_with({"dois-je-faire-des-travaux": ["un", "trois"]}))
    assert not up_to_date(library, store)
