"""Versions of the index on disk. A reader always finds a whole one.

    index/
        current            name of the version in service, one line
        versions/NAME/     identity.json and the files it lists
        lock               held while a version is being built

A version is written in a folder of its own and renamed when complete; then `current` is replaced.
Killed at any instant, a build leaves `current` on the old version and at most one unfinished
folder, which the next build removes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from corpus.errors import AssistantError, DamagedIndex, NoIndex
from corpus.storage import UNFINISHED, storage_errors, sync_folder, write_atomically
from index.identity import IndexIdentity

IDENTITY = "identity.json"
_KEPT = 3  # versions: the one in service, the one before for a rollback, and one more


class IndexStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions = folder / "versions"
        self._current = folder / "current"

    def current(self) -> Path:
        """The folder of the version in service.

        Raises:
            NoIndex: if nothing was ever built.
            DamagedIndex: if the version it names is gone.
        """
        name = self.current_name()
        if name is None:
            raise NoIndex(self.folder)
        if name not in self.versions():
            raise DamagedIndex("current", "la version nommée est absente")
        return self._versions / name

    def current_name(self) -> str | None:
        """Its name, read without opening it: cheap enough to be asked at each question."""
        try:
            return self._current.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None

    def versions(self) -> list[str]:
        """Complete versions, oldest first."""
        if not self._versions.is_dir():
            return []
        return sorted(path.name for path in self._versions.iterdir() if not path.name.startswith("."))

    @contextmanager
    def building(self) -> Iterator[None]:
        """Hold the right to publish; removes what a killed build left.

        Raises:
            StorageError: if the folder cannot be written.
            AssistantError: if another process is building.
        """
        with storage_errors(self.folder):
            self._versions.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock")
            try:
                lock.acquire(timeout=0)
            except Timeout as error:
                raise AssistantError(
                    "une construction de l'index est déjà en cours. Attendez qu'elle finisse, puis recommencez."
                ) from error
        try:
            for folder in (self._versions, self.folder):
                for leftover in folder.glob(UNFINISHED + "*"):
                    shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            yield
        finally:
            lock.release()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder for as long as it is needed; a killed build leaves it to the next one."""
        with tempfile.TemporaryDirectory(dir=self._versions, prefix=UNFINISHED) as folder:
            yield Path(folder)

    def publish(self, identity: IndexIdentity, files: dict[str, bytes]) -> None:
        """Write a version and put it in service. Call inside `building()`.

        Args:
            identity: its `files` are filled here.
            files: name, possibly with one folder, and content.

        Raises:
            StorageError: if the disk refuses; the version in service is untouched.
        """
        before = self.current_name()
        with storage_errors(self._versions):
            unfinished = Path(tempfile.mkdtemp(dir=self._versions, prefix=UNFINISHED))
            try:
                digests = {}
                for name, data in files.items():
                    target = unfinished / name
                    target.parent.mkdir(exist_ok=True)
                    write_atomically(target, data)
                    digests[name] = hashlib.sha256(data).hexdigest()
                card = identity.model_copy(update={"files": digests})
                write_atomically(unfinished / IDENTITY, card.model_dump_json(indent=2).encode())
                unfinished.chmod(0o755)
                unfinished.rename(self._versions / identity.version)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
            try:
                sync_folder(self._versions)
                write_atomically(self._current, identity.version.encode())
            except BaseException:
                # It never served: a later rollback must not choose it.
                shutil.rmtree(self._versions / identity.version, ignore_errors=True)
                raise
        # By name, hence by date; the version in service and the one before stay whatever the clock says.
        for old in self.versions()[:-_KEPT]:
            if old not in (identity.version, before):
                shutil.rmtree(self._versions / old, ignore_errors=True)

    def rollback(self) -> str:
        """Put the version before the one in service back; returns its name.

        Raises:
            NoIndex: if there is none before.
        """
        current = self.current().name
        before = [name for name in self.versions() if name < current]
        if not before:
            raise AssistantError("aucune version antérieure de l'index n'a été gardée. Lancez « amaris index build ».")
        with storage_errors(self.folder):
            write_atomically(self._current, before[-1].encode())
        return before[-1]


def read_identity(version: Path) -> IndexIdentity:
    """The identity card of a version.

    Raises:
        DamagedIndex: if it is missing or unreadable.
    """
    try:
        return IndexIdentity.model_validate_json((version / IDENTITY).read_bytes())
    except (OSError, ValidationError) as error:
        raise DamagedIndex(IDENTITY, "absent ou illisible") from error


def read_files(version: Path, identity: IndexIdentity) -> dict[str, bytes]:
    """Every file of a version, checked against the digests of its identity card.

    Raises:
        DamagedIndex: naming the first file that is missing or altered.
    """
    files = {}
    for name, digest in identity.files.items():
        try:
            data = (version / name).read_bytes()
        except OSError as error:
            raise DamagedIndex(name, "fichier absent ou illisible") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise DamagedIndex(name, "contenu altéré")
        files[name] = data
    return files


def json_lines(rows: list[object]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
