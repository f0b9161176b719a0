"""Write files so that a killed process leaves the old one or the new one, never a half."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import StorageError

UNFINISHED = ".en-cours-"  # start of the name of what is being written; a killed process leaves it


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what the system refuses while writing under `path` into a StorageError."""
    try:
        yield
    except OSError as error:
        raise StorageError(path, error) from error


def write_atomically(target: Path, data: bytes) -> None:
    """Write beside, flush to disk, then rename.

    Raises:
        OSError: if the folder cannot be written; the old file is then untouched.
    """
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
        sync_folder(target.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
