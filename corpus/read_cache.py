"""Documents that are long to read, kept as they were read until their file or the readers change."""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from corpus.documents import Document
from corpus.storage import write_atomically

_DOCUMENT = TypeAdapter(Document)
_LIBRARIES = ("pypdf", "trafilatura", "lxml")


@functools.cache
def readers_digest() -> bytes:
    """SHA-256 of the code that reads documents: what it read otherwise is read again."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for library in _LIBRARIES:
        digest.update(version(library).encode())
    return digest.digest()


class ReadCache:
    """A folder with one file for each document read.

    Args:
        folder: may not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._used: set[str] = set()

    def key(self, *parts: bytes) -> str:
        digest = hashlib.sha256(readers_digest())
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    def get(self, key: str) -> Document | None:
        """The document kept under this key; None if there is none, or a damaged one."""
        self._used.add(key)
        try:
            return _DOCUMENT.validate_json((self.folder / f"{key}.json").read_bytes())
        except (OSError, ValidationError):
            return None

    def put(self, key: str, document: Document) -> None:
        """Keep a document. A disk that refuses costs a second reading, not an error."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self.folder / f"{key}.json", _DOCUMENT.dump_json(document))
        except OSError:
            return

    def forget_others(self) -> None:
        """Delete what was not asked for since this object was made: documents removed or changed."""
        if not self.folder.is_dir():
            return
        for path in self.folder.iterdir():
            if path.stem not in self._used:
                path.unlink(missing_ok=True)
