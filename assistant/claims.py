"""What can be checked of a sentence: its numbers, its dates, and whether it denies."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORDS = {
    word: str(value)
    for value, names in enumerate(
        "zéro,,deux,trois,quatre,cinq,six,sept,huit,neuf,dix,onze,douze,treize,quatorze,quinze,seize,dix-sept,dix-huit,"
        "dix-neuf,vingt".split(",")
    )
    for word in names.split()
} | {"trente": "30", "quarante": "40", "cinquante": "50", "soixante": "60", "cent": "100", "mille": "1000"}
_NUMBER = re.compile(r"\d+(?:[\s\u00a0\u202f]\d{3})*(?:[.,]\d+)?")
_NEGATION = re.compile(
    r"\b(?:ne|n['’])\s*[^.;:!?]{0,60}?\b(?:pas|plus|jamais|aucun|aucune|rien|ni|nul|nulle)\b|\bsans\b", re.I
)


@dataclass(frozen=True, slots=True)
class Claim:
    numbers: frozenset[str]  # as digits without spaces, decimal comma
    negated: bool


def claim_of(text: str) -> Claim:
    """The numbers of a sentence, in digits or in words, and whether it denies something."""
    found = {re.sub(r"\s", "", number.replace(".", ",")) for number in _NUMBER.findall(text)}
    found |= {_WORDS[word] for word in re.findall(r"[\w-]+", text.lower()) if word in _WORDS}
    return Claim(frozenset(found), _NEGATION.search(text) is not None)
