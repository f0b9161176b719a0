"""Versions on disk: published whole, checked when opened, and never written by a reader."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import AssistantError, DamagedIndex, IncompatibleIndex, NoIndex
from index.build import build_index
from index.passage_index import PassageIndex, open_index
from index.settings import IndexSettings
from index.store import IndexStore
from tests.substitutes import CORPUS_SETTINGS, ENCODER_NAME, INDEX_SETTINGS, BagOfWordsEncoder, small_library

ENCODER = BagOfWordsEncoder()


def build(home: Path) -> IndexStore:
    store = IndexStore(home / "index")
    build_index(small_library(home / "documents"), ENCODER, CORPUS_SETTINGS, INDEX_SETTINGS, store)
    return store


def reopen(store: IndexStore, max_passage_chars: int = CORPUS_SETTINGS.max_passage_chars) -> PassageIndex:
    return open_index(store, INDEX_SETTINGS, max_passage_chars=max_passage_chars)


def answers(index: PassageIndex) -> bool:
    return index.search("zone bleue", 1, ENCODER).hits[0].passage.passage_id == "zones#zone-bleue"


def listing(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Mode, size and last change of everything under a folder."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        state = path.stat()
        found[str(path)] = (stat.S_IMODE(state.st_mode), state.st_size, state.st_mtime_ns)
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one version; copied by the tests that damage it."""
    home = tmp_path_factory.mktemp("home")
    build(home)
    return home


@pytest.fixture
def store(built: Path, tmp_path: Path) -> IndexStore:
    shutil.copytree(built / "index", tmp_path / "index")
    return IndexStore(tmp_path / "index")


def test_no_index_before_the_first_build(tmp_path: Path) -> None:
    store = IndexStore(tmp_path / "index")
    assert store.current_name() is None
    assert store.versions() == []
    with pytest.raises(NoIndex, match=r"aucun index dans .*amaris index build"):
        reopen(store)
    assert not store.folder.exists()


def test_a_published_version_is_the_current_one(store: IndexStore) -> None:
    assert store.versions() == [store.current_name()]
    index = reopen(store)
    assert index.version == store.current_name()
    assert answers(index)


def test_a_build_leaves_nothing_unfinished(store: IndexStore) -> None:
    assert list(store.folder.rglob(".en-cours-*")) == []


def test_files_can_be_read_by_others(store: IndexStore) -> None:
    for path in store.current().rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o044 == 0o044, path


def test_three_versions_are_kept(tmp_path: Path) -> None:
    published = []
    for _ in range(5):
        store = build(tmp_path)
        published.append(store.current().name)
    assert store.versions() == published[-3:] == sorted(set(published[-3:]))


def test_rollback_goes_back_one_version_at_a_time(tmp_path: Path) -> None:
    for _ in range(3):
        store = build(tmp_path)
    first, second, third = store.versions()
    assert store.current_name() == third
    assert store.rollback() == second == store.current_name() == reopen(store).version
    assert store.rollback() == first == reopen(store).version
    with pytest.raises(AssistantError, match="aucune version antérieure"):
        store.rollback()
    assert answers(reopen(store))


def test_a_build_after_a_rollback_is_put_in_service(tmp_path: Path) -> None:
    build(tmp_path)
    build(tmp_path).rollback()
    store = build(tmp_path)
    assert store.current_name() == store.versions()[-1]


def test_rollback_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(NoIndex):
        IndexStore(tmp_path).rollback()


def test_a_second_build_is_refused_while_one_runs(store: IndexStore) -> None:
    refusals: list[str] = []

    def build_too() -> None:
        try:
            with IndexStore(store.folder).building():
                refusals.append("pas de refus")
        except AssistantError as error:
            refusals.append(str(error))

    with store.building():
        thread = threading.Thread(target=build_too)
        thread.start()
        thread.join()
        build_too()
    assert (
        refusals == ["une construction de l'index est déjà en cours. Attendez qu'elle finisse, puis recommencez."] * 2
    )
    build_too()
    assert refusals[2:] == ["pas de refus"]


def test_a_build_in_another_process_is_refused_too(store: IndexStore) -> None:
    program = (
        "import sys; from pathlib import Path; from index.store import IndexStore\n"
        "with IndexStore(Path(sys.argv[1])).building(): pass"
    )
    with store.building():
        refused = subprocess.run([sys.executable, "-c", program, store.folder], capture_output=True, text=True)
    assert refused.returncode == 1
    assert "une construction de l'index est déjà en cours" in refused.stderr


def test_the_index_opens_while_a_build_runs(store: IndexStore) -> None:
    with store.building():
        assert answers(reopen(store))


def files_of(version: Path) -> list[str]:
    return sorted(str(path.relative_to(version)) for path in version.rglob("*") if path.is_file())


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def alter(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [Path.unlink, truncate, empty, alter], ids=lambda damage: damage.__name__)
def test_a_damaged_file_is_named(store: IndexStore, damage: Callable[[Path], None]) -> None:
    version = store.current()
    names = files_of(version)
    assert len(names) > 6
    for name in names:
        data = (version / name).read_bytes()
        damage(version / name)
        with pytest.raises(DamagedIndex, match="Lancez « amaris index build »") as caught:
            reopen(store)
        assert caught.value.name == name
        (version / name).write_bytes(data)
    assert answers(reopen(store))


@pytest.mark.parametrize(
    "card",
    [
        {"files": {}},
        {"dimension": 255},
        {"dimension": 0},
        {"passages": "beaucoup"},
    ],
)
def test_a_card_that_does_not_fit_its_files_is_named(store: IndexStore, card: dict[str, object]) -> None:
    path = store.current() / "identity.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **card}))
    with pytest.raises(DamagedIndex) as caught:
        reopen(store)
    assert caught.value.name in {"identity.json", "index des vecteurs"}


@pytest.mark.parametrize(
    "content", [b"", b"20200101-000000", b"../..", b".", b"\xff\xfe\x00", b"n" * 5000, b"a\nb"], ids=repr
)
def test_a_current_that_names_no_version_is_named(store: IndexStore, content: bytes) -> None:
    (store.folder / "current").write_bytes(content)
    with pytest.raises(DamagedIndex, match=r"index abîmé, current : .*amaris index build"):
        reopen(store)


def test_a_damaged_index_is_mended_by_a_build(tmp_path: Path) -> None:
    store = build(tmp_path)
    truncate(store.current() / "passages.jsonl")
    assert answers(reopen(build(tmp_path)))


def test_another_encoder_is_incompatible(store: IndexStore) -> None:
    with pytest.raises(IncompatibleIndex, match="amaris index build") as caught:
        open_index(
            store, IndexSettings(encoder="autre"), max_passage_chars=CORPUS_SETTINGS.max_passage_chars, dimension=384
        )
    assert caught.value.differences == [
        f"encodeur « {ENCODER_NAME} » dans l'index, « autre » demandé",
        "dimension « 256 » dans l'index, « 384 » demandé",
    ]


def test_another_passage_length_is_incompatible(store: IndexStore) -> None:
    with pytest.raises(IncompatibleIndex) as caught:
        reopen(store, max_passage_chars=900)
    assert str(caught.value) == (
        "index incompatible : longueur des passages « 1800 » dans l'index, « 900 » demandé. "
        "Lancez « amaris index build »."
    )


@pytest.mark.parametrize(("field", "name"), [("format", "format"), ("analysis", "analyse des mots")])
def test_another_format_is_incompatible(store: IndexStore, field: str, name: str) -> None:
    path = store.current() / "identity.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: 999}))
    with pytest.raises(IncompatibleIndex, match=f"{name} « 999 » dans l'index"):
        reopen(store)


def test_the_card_says_what_was_built(built: Path) -> None:
    version = IndexStore(built / "index").current()
    card = json.loads((version / "identity.json").read_text())
    assert card["version"] == version.name
    assert card["roots"] == [str((built / "documents").resolve())]
    assert card["documents"] == 4
    assert sorted([*card["files"], "identity.json"]) == files_of(version)
    for name, digest in card["files"].items():
        assert hashlib.sha256((version / name).read_bytes()).hexdigest() == digest


def test_opening_and_asking_write_nothing(store: IndexStore) -> None:
    before = listing(store.folder.parent)
    assert answers(reopen(store))
    store.current_name()
    store.versions()
    assert listing(store.folder.parent) == before


def test_a_read_only_copy_opens(store: IndexStore) -> None:
    for path in [*store.folder.rglob("*"), store.folder]:
        path.chmod(path.stat().st_mode & ~0o222)
    before = listing(store.folder)
    try:
        assert answers(reopen(store))
        assert listing(store.folder) == before
    finally:
        for path in [store.folder, *store.folder.rglob("*")]:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
