"""A question as it is received, cleaned and checked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from corpus.errors import InvalidQuestion
from index.lexical import fold

_ENGLISH = frozenset(
    "the is are what how can do does my we our in of for with if must should where who when why which "
    "company business near have has you your need to".split()
)
_FRENCH = frozenset(
    "le la les un une des du de est sont que quoi qui comment je mon ma mes nous notre en dans pour avec si "
    "dois doit ou quand pourquoi quel quelle et il elle au aux ce cette ces ne pas faire faut peut "
    "sur par plus vous votre vos".split()
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One past question of the conversation."""

    question: str


def clean_question(text: str, max_chars: int) -> str:
    """The question on one line, without control or invisible characters.

    Raises:
        InvalidQuestion: if it is empty, too long, or has no letter.
    """
    printable = "".join(
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in unicodedata.normalize("NFC", text)
        if unicodedata.category(char) not in ("Cf", "Cs", "Co")
    )
    question = re.sub(r"\s+", " ", printable).strip()
    if not question:
        raise InvalidQuestion("La question est vide. Écrivez ce que vous voulez savoir, en une phrase.")
    if len(question) > max_chars:
        raise InvalidQuestion(
            f"La question est trop longue ({len(question)} caractères, {max_chars} au plus). "
            "Résumez-la en une ou deux phrases."
        )
    if not any(char.isalpha() for char in question):
        raise InvalidQuestion("La question ne contient aucun mot. Écrivez-la en français, en une phrase.")
    return question


def check_language(question: str) -> None:
    """Raises InvalidQuestion if the question is in English.

    Counted on function words only: names and acronyms are the same in both languages.
    """
    words = re.findall(r"[^\W\d_]+", fold(question))
    english = sum(word in _ENGLISH for word in words)
    french = sum(word in _FRENCH for word in words)
    if english >= 2 and english > 2 * french:
        raise InvalidQuestion(
            "Cet assistant et ses fiches sont en français. Posez votre question en français. "
            "(Please ask your question in French.)"
        )
