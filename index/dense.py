"""Passage vectors: the correction applied to them, and the FAISS index over them.

The only module that imports faiss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from corpus.errors import DamagedIndex
from index.encoder import Vectors

# Products of one vector take a millisecond on one core. On two, the threads of the linear algebra wait for each
# other while other programs work: with two of these, a whole question took 40 ms, against 20 on one core.
threadpool_limits(limits=1, user_api="blas")

# The vectors of a multilingual encoder lie in a narrow cone: all cosines fall between 0.78 and
# 0.88 on our subject, and a few directions shared by all passages hide what differs. Half the mean
# is removed and the strongest directions are weakened, after J. Mu and P. Viswanath, "All-but-the-
# Top", ICLR 2018 (which removes both whole, with about one direction per 100 dimensions: 4 for
# 384). On the CNIL dev questions: MRR@10 0.732 to 0.747, recall@5 0.887 to 0.907.
_MEAN_SHARE = 0.5
_DIRECTION_SHARE = 0.3
_DIMENSIONS_A_DIRECTION = 96
# Directions drawn from a handful of passages are those passages.
MIN_PASSAGES = 60


def normalize(vectors: Vectors) -> Vectors:
    """Scale every row to length 1; a row of zeros stays zero. Shape (n, dimension)."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return unit


@dataclass(frozen=True, slots=True)
class Correction:
    """What is taken off every vector, question or passage, before they are compared."""

    mean: Vectors  # shape (dimension,)
    directions: Vectors  # shape (directions, dimension), orthonormal rows

    @classmethod
    def fit(cls, vectors: Vectors) -> Correction:
        """From the passage vectors of a corpus; takes nothing off for a very small one."""
        count, dimension = vectors.shape
        if count < MIN_PASSAGES:
            return cls(np.zeros(dimension, np.float32), np.zeros((0, dimension), np.float32))
        mean = vectors.mean(axis=0)
        centred = (vectors - mean).astype(np.float64)
        # The eigenvectors of the covariance: as the singular vectors, in memory that does not
        # grow with the corpus.
        _, eigenvectors = np.linalg.eigh(centred.T @ centred)
        strongest = eigenvectors[:, ::-1][:, : dimension // _DIMENSIONS_A_DIRECTION].T
        return cls(mean.astype(np.float32), np.ascontiguousarray(strongest, np.float32))

    def apply(self, vectors: Vectors) -> Vectors:
        """Corrected unit vectors, shape unchanged."""
        shifted = vectors - _MEAN_SHARE * self.mean
        weakened = shifted - _DIRECTION_SHARE * (shifted @ self.directions.T) @ self.directions
        return normalize(weakened.astype(np.float32))


class VectorIndex(Protocol):
    """Finds the nearest rows of a matrix of unit vectors."""

    def nearest(self, vector: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Row numbers and cosines of the min(k, rows) nearest rows, nearest first."""
        ...


class FaissIndex:
    """Exact search by inner product. Up to 100,000 passages it stays under 10 ms."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors) -> FaissIndex:
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index)

    def nearest(self, vector: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        cosines, rows = self._index.search(vector[None, :].astype(np.float32), min(k, self._index.ntotal))
        return rows[0], cosines[0]

    def to_bytes(self) -> bytes:
        data: bytes = faiss.serialize_index(self._index).tobytes()
        return data

    @classmethod
    def from_bytes(cls, data: bytes, rows: int, dimension: int) -> FaissIndex:
        # faiss raises RuntimeError on bytes that are not an index.
        try:
            index = faiss.deserialize_index(np.frombuffer(data, np.uint8))
        except RuntimeError as error:
            raise DamagedIndex("index des vecteurs", "illisible") from error
        if index.ntotal != rows or index.d != dimension:
            raise DamagedIndex("index des vecteurs", "taille inattendue")
        return cls(index)
