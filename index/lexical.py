"""Words of a French text as a search index sees them, and BM25 over them.

The only module that imports bm25s and Stemmer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import bm25s
import numpy as np
import Stemmer
from bm25s.stopwords import STOPWORDS_FRENCH
from numpy.typing import NDArray

from corpus.errors import DamagedIndex

_STEMMER = Stemmer.Stemmer("french")
_ELISION = re.compile(r"\b(?:[cçdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|quelqu|presqu)['’ʼ`´]", re.I)
# « L. 515-16-2 », « L 515-16-2 », « article R.4121-1 »: one term, however it is typed.
_ARTICLE = re.compile(r"\b([LRD])\.?\s?\*?(\d{3,4}(?:-\d{1,3})*)\b", re.I)
# « 1 500 », « 30 000 »: spaces inside a number are not borders; in « en 2015 200 salariés » they are.
_NUMBER_GAP = re.compile(r"(?<=\d)(?<!\d{4})[ \u00a0\u202f](?=\d{3}\b)")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def fold(text: str) -> str:
    """Lower case, compatibility form, without accents: « Œuvré » gives « oeuvre »."""
    text = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(char for char in text if not unicodedata.combining(char))


# Words of the question form say nothing of its subject.
_STOPWORDS = frozenset(map(fold, STOPWORDS_FRENCH)) | frozenset(
    """est-ce faut peut peux dois doit puis-je dois-je faire fait quoi comment combien pourquoi quand qui que
    quel quelle quels quelles ou si oui non mon ma mes notre nos votre vos bonjour merci svp""".split()
)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    stem: str = _STEMMER.stemWord(word)
    return stem


def terms(text: str) -> list[str]:
    """The index terms of a French text, in order, repeats kept.

    Accents are folded before stemming, so that a question typed without them finds the same
    terms. A compound (« plate-forme ») gives its parts and its whole.
    """
    text = _ELISION.sub(" ", text)
    text = _NUMBER_GAP.sub("", text)
    articles = [f"{letter}{number}".lower() for letter, number in _ARTICLE.findall(text)]
    text = fold(_ARTICLE.sub(" ", text))
    found: list[str] = articles
    for word in _WORD.findall(text):
        if word in _STOPWORDS:
            continue
        parts = word.split("-")
        if len(parts) > 1:
            found.append(_stem("".join(parts)))
        found += [_stem(part) for part in parts if part not in _STOPWORDS and (len(part) > 1 or part.isdigit())]
    return found


class LexicalIndex:
    """BM25 (Lucene's variant) over the terms of each passage."""

    def __init__(self, model: bm25s.BM25, size: int) -> None:
        self._model = model
        self.size = size

    @classmethod
    def build(cls, texts: Sequence[str]) -> LexicalIndex:
        # k1 and b are the usual ones; others were tried on the dev questions without gain.
        model = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        # A corpus without a single term would break the library's arrays.
        model.index([terms(text) or ["∅"] for text in texts], show_progress=False)
        return cls(model, len(texts))

    def known(self, words: Sequence[str]) -> list[bool]:
        """For each term, whether some passage holds it."""
        return [word in self._model.vocab_dict for word in words]

    def scores(self, question: str) -> NDArray[np.float32]:
        """BM25 of every passage for the question, shape (size,), 0 where no term is shared."""
        words = [word for word in terms(question) if word in self._model.vocab_dict]
        if not words:
            return np.zeros(self.size, np.float32)
        found: NDArray[np.float32] = np.asarray(self._model.get_scores(words), np.float32)
        return found

    def save(self, folder: Path) -> None:
        self._model.save(str(folder), show_progress=False)

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        # The library lets errors of many kinds through on a damaged folder.
        try:
            model = bm25s.BM25.load(str(folder))
            if model.scores["num_docs"] != size:
                raise ValueError("nombre de passages")
        except Exception as error:
            raise DamagedIndex("index des mots", "illisible") from error
        return cls(model, size)
