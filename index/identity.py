"""The identity card of an index: what it was built from, kept beside it as JSON."""

from __future__ import annotations

from importlib.metadata import version

from pydantic import BaseModel, ConfigDict

from corpus.errors import IncompatibleIndex

FORMAT = 2  # of the files of an index; raise it when an older one can no longer be read
ANALYSIS = 1  # of the words; raise it when `index.lexical.terms` changes what it returns
LIBRARIES = ("faiss-cpu", "bm25s", "PyStemmer", "sentence-transformers", "onnxruntime", "pypdf", "trafilatura")

_NAMES = {
    "format": "format",
    "analysis": "analyse des mots",
    "encoder": "encodeur",
    "dimension": "dimension",
    "max_passage_chars": "longueur des passages",
}


class IndexIdentity(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: str  # sorts by date; shown in every answer
    built_at: str  # ISO, UTC
    format: int
    analysis: int
    encoder: str
    dimension: int
    max_passage_chars: int
    corpus_digest: str  # SHA-256 of the files read, hexadecimal
    roots: tuple[str, ...]  # folders read in place of the shipped fiches; the added documents come besides
    documents: int
    passages: int
    libraries: dict[str, str]
    files: dict[str, str]  # SHA-256 of every other file of the index, hexadecimal


def library_versions() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}


def check_identity(built: IndexIdentity, wanted: dict[str, object]) -> None:
    """Compare what an index is with what the settings ask for.

    Args:
        wanted: any of the keys format, analysis, encoder, dimension, max_passage_chars.

    Raises:
        IncompatibleIndex: naming every difference.
    """
    differences = [
        f"{_NAMES[key]} « {getattr(built, key)} » dans l'index, « {value} » demandé"
        for key, value in wanted.items()
        if getattr(built, key) != value
    ]
    if differences:
        raise IncompatibleIndex(differences)
