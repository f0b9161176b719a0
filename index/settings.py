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
    # With other wordings of the questions that passages answer: BM25 reads them too and earns more weight.
    lexical_weight_asked: float = 0.6
    asked_weight: float = 0.3  # share of the likeness to these questions; the rest is the two others
    depth: int = 100  # passages over which the cosine is normalised

    def __post_init__(self) -> None:
        if not self.encoder.strip():
            raise InvalidSetting("index.encoder", self.encoder, "un nom de modèle est attendu")
        for name in ("lexical_weight", "lexical_weight_asked", "asked_weight"):
            share = getattr(self, name)
            if not 0.0 <= share <= 1.0:
                raise InvalidSetting(f"index.{name}", share, "hors de [0, 1]")
        if self.depth < 2:
            raise InvalidSetting("index.depth", self.depth, "il faut au moins 2")
