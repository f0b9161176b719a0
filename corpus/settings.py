"""Settings of this stage."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.errors import InvalidSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusSettings:
    """How documents are cut into passages. Part of the identity card of an index."""

    # The encoder reads 512 tokens, about 1,900 characters of French; see
    # docs/decisions/002-longueur-des-passages.md for what was measured.
    max_passage_chars: int = 1800

    def __post_init__(self) -> None:
        if self.max_passage_chars < 200:
            raise InvalidSetting("corpus.max_passage_chars", self.max_passage_chars, "il faut au moins 200 caractères")
