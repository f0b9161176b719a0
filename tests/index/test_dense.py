"""One contract for every vector index, checked against an exact one; and the correction."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import DamagedIndex
from index.dense import MIN_PASSAGES, Correction, FaissIndex, VectorIndex, normalize
from index.encoder import Vectors
from tests.substitutes import ExactIndex


class Builder(Protocol):
    def build(self, vectors: Vectors) -> VectorIndex: ...


def unit_rows(seed: int, count: int, dimension: int = 32) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return normalize(rows)


VECTORS = unit_rows(seed=1, count=200)


@pytest.fixture(params=[ExactIndex, FaissIndex], ids=lambda builder: builder.__name__)
def builder(request: pytest.FixtureRequest) -> Builder:
    chosen: Builder = request.param
    return chosen


@pytest.fixture
def index(builder: Builder) -> VectorIndex:
    return builder.build(VECTORS)


def test_a_row_finds_itself(index: VectorIndex) -> None:
    for row, vector in enumerate(VECTORS):
        rows, cosines = index.nearest(vector, 1)
        assert rows.tolist() == [row]
        assert cosines[0] == pytest.approx(1.0, abs=1e-5)


def test_nearest_first(index: VectorIndex) -> None:
    _, cosines = index.nearest(unit_rows(seed=2, count=1)[0], 50)
    assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)


def test_the_cosine_is_the_one_of_the_row(index: VectorIndex) -> None:
    question = unit_rows(seed=3, count=1)[0]
    rows, cosines = index.nearest(question, 20)
    np.testing.assert_allclose(VECTORS[rows] @ question, cosines, atol=1e-5)


@pytest.mark.parametrize("k", [1, 7, 200, 1000])
def test_gives_k_rows_or_all_of_them(index: VectorIndex, k: int) -> None:
    rows, cosines = index.nearest(VECTORS[0], k)
    assert len(rows) == len(cosines) == len(set(rows.tolist())) == min(k, len(VECTORS))


def test_one_row_is_enough(builder: Builder) -> None:
    rows, cosines = builder.build(VECTORS[:1]).nearest(VECTORS[1], 5)
    assert rows.tolist() == [0]
    assert cosines[0] == pytest.approx(float(VECTORS[0] @ VECTORS[1]), abs=1e-5)


@given(seed=st.integers(0, 10_000), k=st.integers(1, 40))
def test_faiss_agrees_with_exact(seed: int, k: int) -> None:
    vectors, question = unit_rows(seed, 30), unit_rows(seed + 1, 1)[0]
    exact_rows, exact_cosines = ExactIndex.build(vectors).nearest(question, k)
    rows, cosines = FaissIndex.build(vectors).nearest(question, k)
    assert rows.tolist() == exact_rows.tolist()
    np.testing.assert_allclose(cosines, exact_cosines, atol=1e-5)


def test_bytes_give_the_same_index_back() -> None:
    data = FaissIndex.build(VECTORS).to_bytes()
    rows, cosines = FaissIndex.from_bytes(data, 200, 32).nearest(VECTORS[5], 10)
    expected_rows, expected_cosines = FaissIndex.build(VECTORS).nearest(VECTORS[5], 10)
    assert rows.tolist() == expected_rows.tolist()
    assert cosines.tolist() == expected_cosines.tolist()


@pytest.mark.parametrize("data", [b"", b"pas un index", FaissIndex.build(VECTORS).to_bytes()[:-100]])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedIndex, match="index des vecteurs"):
        FaissIndex.from_bytes(data, 200, 32)


@pytest.mark.parametrize(("rows", "dimension"), [(199, 32), (200, 33)])
def test_bytes_of_another_size_are_refused(rows: int, dimension: int) -> None:
    with pytest.raises(DamagedIndex, match="taille inattendue"):
        FaissIndex.from_bytes(FaissIndex.build(VECTORS).to_bytes(), rows, dimension)


def test_normalize_leaves_a_row_of_zeros_and_its_argument() -> None:
    vectors = np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)
    # 3² + 4² = 5², so the first row becomes 3/5, 4/5
    np.testing.assert_allclose(normalize(vectors), [[0.6, 0.8], [0.0, 0.0]], atol=1e-6)
    assert vectors.tolist() == [[3.0, 4.0], [0.0, 0.0]]


@given(seed=st.integers(0, 10_000), count=st.integers(MIN_PASSAGES, 2 * MIN_PASSAGES))
def test_corrected_vectors_have_length_one(seed: int, count: int) -> None:
    vectors = unit_rows(seed, count, dimension=200)
    corrected = Correction.fit(vectors).apply(vectors)
    assert corrected.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(corrected, axis=1), 1.0, atol=1e-5)


@given(seed=st.integers(0, 10_000), count=st.integers(1, MIN_PASSAGES - 1))
def test_a_small_corpus_is_not_corrected(seed: int, count: int) -> None:
    vectors = unit_rows(seed, count)
    np.testing.assert_allclose(Correction.fit(vectors).apply(vectors), vectors, atol=1e-6)


def test_a_zero_row_stays_zero_in_a_small_corpus() -> None:
    vectors = np.vstack([unit_rows(seed=4, count=5), np.zeros((1, 32), np.float32)])
    assert not Correction.fit(vectors).apply(vectors)[-1].any()


def test_the_correction_spreads_a_narrow_cone() -> None:
    common = unit_rows(seed=5, count=1, dimension=200)
    cone = normalize(common + 0.5 * unit_rows(seed=6, count=100, dimension=200))
    corrected = Correction.fit(cone).apply(cone)
    assert (corrected @ corrected.T).mean() < (cone @ cone.T).mean() - 0.1


def test_directions_are_orthonormal_and_one_for_96_dimensions() -> None:
    directions = Correction.fit(unit_rows(seed=7, count=100, dimension=384)).directions
    np.testing.assert_allclose(directions @ directions.T, np.eye(4), atol=1e-5)


def test_half_the_mean_and_three_tenths_of_the_strongest_direction_are_taken_off() -> None:
    # Rows are (1, 1, 0…) or (1, -1, 0…): the mean is (1, 0, 0…), all the variance is along the second axis.
    vectors = np.zeros((100, 96), np.float32)
    vectors[:, 0], vectors[::2, 1], vectors[1::2, 1] = 1, 1, -1
    corrected = Correction.fit(vectors).apply(vectors[:1])[0]
    # (1 - 0.5 × 1, 1 - 0.3 × 1) = (0.5, 0.7), then scaled to length 1
    np.testing.assert_allclose(corrected[:2], np.array([0.5, 0.7]) / np.hypot(0.5, 0.7), atol=1e-5)
    assert not corrected[2:].any()
