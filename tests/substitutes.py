"""Small honest stand-ins for the heavy parts, and builders of small corpora.

Each one computes what it promises; none replaces a function of the project.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.library import Library
from corpus.settings import CorpusSettings
from index.build import BuildReport, build_in_memory
from index.dense import normalize
from index.encoder import Vectors
from index.lexical import terms
from index.settings import IndexSettings
from tests.corpus.builders import FICHE


class BagOfWordsEncoder:
    """Counts the stems of a text, each in the box its checksum designates. Exact and instant.

    A text without any term gives a row of zeros.
    """

    def __init__(self, dimension: int = 256, name: str = "bag-of-words") -> None:
        self.name = name
        self.dimension = dimension
        self.encoded: list[str] = []  # every passage encoded so far, for the tests of reuse

    def encode_question(self, text: str) -> Vectors:
        vector: Vectors = self._count([text])[0]
        return vector

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] = lambda done: None) -> Vectors:
        self.encoded += texts
        progress(len(texts))
        return self._count(texts)

    def _count(self, texts: Sequence[str]) -> Vectors:
        counts = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for term in terms(text):
                counts[row, zlib.crc32(term.encode()) % self.dimension] += 1
        return normalize(counts)


class ExactIndex:
    """The obviously right `index.dense.VectorIndex`: every cosine, sorted."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    @classmethod
    def build(cls, vectors: Vectors) -> ExactIndex:
        return cls(vectors)

    def nearest(self, vector: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        cosines = self._vectors @ vector
        rows = np.argsort(-cosines, kind="stable")[:k]
        return rows, cosines[rows]


ENCODER_NAME = BagOfWordsEncoder().name
INDEX_SETTINGS = IndexSettings(encoder=ENCODER_NAME)
CORPUS_SETTINGS = CorpusSettings()

# Four documents whose subjects do not overlap: a question has one right document.
DOCUMENTS: Mapping[str, str] = {
    "zones.md": (
        "# Les zones du plan\n\n"
        "## Zone bleue\n\nEn zone bleue, une entreprise peut s'étendre sous conditions.\n\n"
        "## Zone rouge\n\nEn zone rouge, toute construction nouvelle est interdite.\n"
    ),
    "alerte.md": (
        "# L'alerte\n\n"
        "## Le signal\n\nLa sirène émet un son modulé de trois fois une minute et quarante-et-une secondes.\n\n"
        "## Les réflexes\n\nMettez-vous à l'abri, fermez les fenêtres, écoutez la radio.\n"
    ),
    "bail.txt": "Le bailleur remet au locataire un état des risques avant la signature du bail.\n",
    "page.html": (
        "<!DOCTYPE html><html lang='fr'><head><title>Mesures foncières</title></head><body><article>"
        "<h1>Mesures foncières</h1>"
        "<p>Le propriétaire peut mettre la commune en demeure d'acquérir son bien : c'est le délaissement, prévu par "
        "l'article L. 515-16-3 du code de l'environnement, pendant six ans.</p>"
        "<p>L'expropriation est décidée par l'État quand les risques sont très graves et qu'aucune mesure de "
        "sauvegarde n'est moins coûteuse que l'acquisition des biens.</p></article></body></html>"
    ),
}


def fiche_with(asked: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """A small fiche, and the other wordings of the questions of its sections, by anchor."""
    return {"essai.md": FICHE, "questions/essai.yaml": json.dumps(asked, ensure_ascii=False)}


def write_documents(folder: Path, documents: Mapping[str, str] = DOCUMENTS) -> Path:
    """Write files, name and text, into a folder made if need be; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def small_library(folder: Path, documents: Mapping[str, str] = DOCUMENTS) -> Library:
    """A library over files written into `folder`, without added documents."""
    return Library(None, [write_documents(folder, documents)])


def many_documents(count: int) -> dict[str, str]:
    """Enough one-paragraph documents for the correction to be fitted (`index.dense.MIN_PASSAGES`)."""
    subjects = "bail sirène fenêtre radio bailleur usine vanne cuve camion bureau rivière école pompier digue".split()
    return {
        f"fiche-{number}.txt": f"La mesure {number} concerne {subjects[number % len(subjects)]} "
        f"et {subjects[(number // len(subjects)) % len(subjects)]} dans le périmètre {number % 7}.\n"
        for number in range(count)
    }


def small_index(folder: Path, documents: Mapping[str, str] = DOCUMENTS) -> BuildReport:
    """An index in memory over a small library, by the substitute encoder."""
    return build_in_memory(small_library(folder, documents), BagOfWordsEncoder(), CORPUS_SETTINGS, INDEX_SETTINGS)
