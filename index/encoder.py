"""What the index needs of a sentence encoder, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns French text into unit vectors.

    Two methods, because retrieval models often expect a different prefix for a question and
    for a passage; mixing them up lowers every score quietly.
    """

    name: str  # identifies the vectors: two encoders of one name give the same ones
    dimension: int

    def encode_question(self, text: str) -> Vectors:
        """A unit vector, shape (dimension,)."""
        ...

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] = lambda done: None) -> Vectors:
        """Unit vectors, shape (len(texts), dimension). `progress` receives how many are done."""
        ...
