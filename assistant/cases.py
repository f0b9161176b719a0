"""The zone a question is about, and the passages that speak of another one.

Rules differ from one zone to the next: what holds in a red zone must not answer for a blue one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from corpus.documents import Document
from index.hits import Hit
from index.lexical import fold

# The zones that fiches name in their header, as people write them. Folded.
_NAMED = {
    "bleue": r"\bbleue?s?\b",
    "rouge": r"\brouges?\b",
    "grisée": r"\bgris(?:ee|e)?s?\b",
    "délaissement": r"\bdelaiss\w+",
    "expropriation": r"\bexpropri\w+",
}
PRECISION = "Dans quelle zone du PPRT se trouve votre entreprise ? La réponse n'est pas la même."
CHOICES = {
    "En zone bleue": "bleue",
    "En zone rouge": "rouge",
    "En secteur de délaissement ou d'expropriation": "délaissement",
}
UNKNOWN = "Je ne sais pas : comment connaître ma zone ?"
# Passages of two zones this near in score: neither can be preferred.
_NEAR = 0.93
_MAX_WORDS = 9  # of a question that may be asked back: a longer one describes its case


def zones_in(text: str) -> frozenset[str]:
    """The zones that a text names."""
    folded = fold(text)
    return frozenset(zone for zone, pattern in _NAMED.items() if re.search(pattern, folded))


def zone_of(profile: Mapping[str, str] | None) -> frozenset[str]:
    """The zones that a profile states."""
    return zones_in(" ".join((profile or {}).values()))


def fits(document: Document, zones: frozenset[str]) -> bool:
    """Whether a document may answer for these zones: it speaks of one of them, or of all."""
    return not zones or not document.zones or "toutes" in document.zones or bool(zones & set(document.zones))


def needs_precision(
    question: str, zones: frozenset[str], hits: Sequence[Hit], documents: Mapping[str, Document]
) -> bool:
    """Whether the best passages speak of different zones, and nothing says which one is meant."""
    if zones or len(question.split()) > _MAX_WORDS or not hits:
        return False
    near = [documents[h.passage.document_id] for h in hits[:4] if h.score >= _NEAR * hits[0].score]
    told = [set(document.zones) for document in near if document.zones and "toutes" not in document.zones]
    return len(told) >= 2 and len(told) == len(near) and not set.intersection(*told)


_HOUSING = re.compile(
    r"\b(?:logements?|maisons?|habit\w+|appartements?|domicile|particuliers?|villas?|proprietaires? occupant\w*)\b"
)


def housing_last(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits with sections about housing after the others, unless the question is about it.

    Fiches speak of housing by contrast only: its rules must not answer a company.
    """
    if _HOUSING.search(fold(question)):
        return list(hits)
    return sorted(hits, key=lambda hit: _HOUSING.search(fold(" ".join(hit.passage.section[-1:]))) is not None)
