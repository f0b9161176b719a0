"""Settings of this stage."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.errors import InvalidSetting

EMBEDDED = "multilingual-e5-small"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """How passages are encoded and found. Values measured in docs/decisions/003-fusion.md."""

    encoder: str = EMBEDDED  # or any sentence-transformers id or folder
    lexical_weight: float = 0.35  # share of BM25 in the score, in [0, 1]; the rest is the cosine
    depth: int = 50  # passages over which the cosine is normalised

    def __post_init__(self) -> None:
        if not self.encoder.strip():
            raise InvalidSetting("index.encoder", self.encoder, "un nom de modèle est attendu")
        if not 0.0 <= self.lexical_weight <= 1.0:
            raise InvalidSetting("index.lexical_weight", self.lexical_weight, "hors de [0, 1]")
        if self.depth < 2:
            raise InvalidSetting("index.depth", self.depth, "il faut au moins 2")
