"""A question as it is received, cleaned and checked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from corpus.errors import InvalidQuestion
from index.lexical import fold, terms

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


_ASKS = (
    r"(?:qui|que|quoi|quand|combien|comment|où|quel(?:le)?s?|lequel|pourquoi|est-ce|dois|doit|peut|peux|puis|faut|"
    r"à qui|quid)"
)
_JOINED = re.compile(rf"\s*[,;]?\s+(?:et|puis|aussi)\s+(?={_ASKS}\b)", re.I)


def parts_of(question: str) -> tuple[str, ...]:
    """The questions asked at once, each readable with what was said before them; one when there is only one.

    « Mon garage est en bleu. Qui paie l'étude ? Et combien de temps ça dure ? » gives two, each with its
    first sentence in front.
    """
    sentences = re.split(r"(?<=[.?!…])\s+", question)
    context = [sentence for sentence in sentences if not sentence.endswith("?")]
    asked = [part for s in sentences if s.endswith("?") for part in _split(s)]
    if len(asked) < 2 or len(asked) > 4:
        return (question,)
    before = " ".join(context)
    # What was said before helps a short question, and drowns one that names its own subject.
    return tuple(f"{before} {part}".strip() if len(terms(part)) < 3 else part for part in asked)


def _split(sentence: str) -> list[str]:
    pieces = [piece.strip() for piece in _JOINED.split(sentence) if piece.strip()]
    # A piece of one or two words is no question: « qui et quand ? » is one.
    if any(len(piece.split()) < 3 for piece in pieces):
        return [sentence]
    return [piece if piece.endswith("?") else f"{piece} ?" for piece in pieces]
