"""The same questions as people really type them: without accents, with slips, in short messages."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from eval.questions import Question
from index.lexical import fold

# Neighbours on a French keyboard.
_NEAR = dict(zip("azertyuiopqsdfghjklmwxcvbn", "zertyuiopasdfghjklmqxcvbnw", strict=True))
_SHORT: Mapping[str, str] = {
    "quoi": "koi", "qui": "ki", "que": "ke", "quel": "kel", "quelle": "kel", "quand": "qd", "comment": "cmt",
    "pourquoi": "pk", "combien": "cb", "pour": "pr", "dans": "ds", "avec": "ac", "pas": "pa", "je dois": "jdoi",
    "je peux": "jpeu", "je suis": "jsui", "j'ai": "jai", "c'est": "c", "il y a": "ya", "est-ce que": "esk",
    "qu'est-ce que": "keske", "tout": "tt", "beaucoup": "bcp", "maintenant": "mtn", "vous": "vs", "nous": "ns",
}  # fmt: skip


def without_accents(text: str) -> str:
    return "".join(fold(char) if char.islower() else fold(char).upper() for char in text)


def with_two_slips(text: str) -> str:
    """Two words of five letters or more with a letter doubled, dropped, swapped or replaced; the same each time."""
    chance = random.Random(text)  # noqa: S311  # not a secret: the same slips at each run
    long = list(re.finditer(r"[^\W\d_]{5,}", text))
    for match in sorted(chance.sample(long, min(2, len(long))), key=lambda found: -found.start()):
        word = match.group()
        at = chance.randrange(1, len(word) - 1)
        slipped = chance.choice(
            (
                word[:at] + word[at] + word[at:],
                word[:at] + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + _NEAR.get(word[at].lower(), "e") + word[at + 1 :],
            )
        )
        text = text[: match.start()] + slipped + text[match.end() :]
    return text


def as_short_message(text: str) -> str:
    text = without_accents(text).lower()
    for full, short in sorted(_SHORT.items(), key=lambda pair: -len(pair[0])):
        text = re.sub(rf"\b{re.escape(fold(full))}\b", short, text)
    return re.sub(r"[?!.,;]", "", text.replace("'", " "))


VARIANTS: Mapping[str, Callable[[str], str]] = {
    "sans accents": without_accents,
    "deux fautes de frappe": with_two_slips,
    "style SMS": as_short_message,
    "tout en capitales": str.upper,
    "sans apostrophes": lambda text: text.replace("'", "").replace("’", ""),
}


def varied(questions: list[Question], variant: str) -> list[Question]:
    """The questions typed in one of the ways of `VARIANTS`."""
    return [replace(question, question=VARIANTS[variant](question.question)) for question in questions]
