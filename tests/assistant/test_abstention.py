"""Whether to answer: every sign pulls its way, and under the threshold the assistant declines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.abstention import THRESHOLD, answerable, decide
from assistant.router import LABELS
from corpus.documents import Passage
from index.hits import Hit, SearchResult

_shares = st.floats(0.0, 1.0)
_bm25 = st.floats(0.0, 60.0)
_PASSAGE = Passage(
    passage_id="a#b",
    document_id="a",
    title="",
    section=(),
    anchor="",
    text="x",
    start=0,
    end=1,
    body_start=0,
    page=None,
    sentences=((0, 1),),
)


def result(bm25: float, known: float | None) -> SearchResult:
    hit = Hit(_PASSAGE, score=1.0, rank=1, cosine=0.9, bm25=bm25)
    return SearchResult((hit,), "", np.zeros(4, np.float32), known, encode_ms=0.0, search_ms=0.0)


def probabilities(answer: float, likeliest: str = "not_found") -> dict[str, float]:
    """The rest mostly to one other label."""
    rest = (1 - answer) / 8
    found = dict.fromkeys(LABELS, rest) | {"answer": answer}
    found[likeliest] += 1 - sum(found.values())
    return found


@given(_bm25, _bm25, _shares, _shares, _shares, _shares)
def test_chaque_signe_tire_dans_son_sens(b1: float, b2: float, k1: float, k2: float, p1: float, p2: float) -> None:
    def score(bm25: float, known: float, ours: float) -> float:
        return answerable(result(bm25, known), probabilities(ours))

    low, high = sorted((b1, b2))
    assert score(low, k1, p1) <= score(high, k1, p1)
    low, high = sorted((k1, k2))
    assert score(b1, low, p1) <= score(b1, high, p1)
    low, high = sorted((p1, p2))
    assert score(b1, k1, low) <= score(b1, k1, high)


@given(_bm25, _shares | st.none(), _shares | st.none())
def test_c_est_une_probabilite(bm25: float, known: float | None, ours: float | None) -> None:
    found = result(bm25, known)
    signs = None if ours is None else probabilities(ours)
    value = answerable(found, signs)
    assert 0.0 <= value <= 1.0
    assert (decide(found, signs) == "answered") == (value >= THRESHOLD)


def test_sans_passage_rien_a_repondre() -> None:
    empty = SearchResult((), "", np.zeros(4, np.float32), 1.0, encode_ms=0.0, search_ms=0.0)
    assert answerable(empty, probabilities(1.0)) == 0.0
    assert decide(empty, None) == "not_found"


@pytest.mark.parametrize(
    ("likeliest", "status"),
    [("not_found", "not_found"), ("redirect", "redirected"), ("out_of_scope", "out_of_scope")],
)
def test_le_refus_est_celui_que_le_tri_trouve_le_plus_probable(likeliest: str, status: str) -> None:
    assert decide(result(0.0, 0.0), probabilities(0.01, likeliest)) == status


def test_sans_tri_les_mots_seuls_decident() -> None:
    assert decide(result(0.0, 0.0), None) == "not_found"
    assert decide(result(10.0, 1.0), None) == "answered"
