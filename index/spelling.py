"""Words as people type them in a hurry, brought back to words that the documents use.

Only a word that neither the documents nor a French dictionary know is touched: « crêpes » must not become
« crêtes ». The only module that imports spellchecker and rapidfuzz.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from spellchecker import SpellChecker

from index.lexical import fold

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# What is typed for what in short messages, in lower case.
_SHORT: Mapping[str, str] = {
    short: full
    for line in """
quoi: koi kwa koa|qui: ki|que: ke|quel: kel|quelle: kelle|quand: kan kand qd kd|comment: komen koman kmt cmt commen
pourquoi: pk pkoi pq pourkoi prkoi|combien: cb cbien kombien combi1 combi|pour: pr|dans: ds|avec: ac avk|pas: pa
je dois: jdoi jdois jdoit|je peux: jpe jpeu jpeux|je suis: jsui jsuis chui chuis|je vais: jvai jvais|je veux: jveu jveux
je fais: jfai jfais|j'ai: jai jé|c'est: c cé cest ce7 sé|c'était: ct cetait|il y a: ya|est-ce que: esk eske esque
qu'est-ce que: keske kesk kess|tout: tt|tous: tts|beaucoup: bcp|maintenant: mtn mnt|toujours: tjs tjrs|vous: vs|nous: ns
pendant: pdt pdant|donc: dc|temps: tps|nombre: nb|faut: fo fô|il faut: ifo ifau|rien: ri1|bien: bi1|rendez-vous: rdv
quelque chose: qqch qqc|quelqu'un: qqn qq1|quelques: qq qqs|même: mm|de la: dla|être: etr|entreprise: entrep entrepriz
problème: pb pbm|préfecture: pref|aujourd'hui: auj ojd|demain: 2m1|doit: doi|veut: veu|qu'on: kon quon|jusqu'à: jusqua
les: lé|des: dé|et: é|dans un: dun1|travaux: travo|sécurité: secu|numéro: num
propriétaire: proprio|restaurant: resto|travail: taf boulot
    """.replace("\n", "|").split("|")
    if ":" in line
    for full, shorts in [line.strip().split(":")]
    for short in shorts.split()
}
# How French is heard, letter by letter: « kestion », « inondassion », « batimen » sound like the words they stand for.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[^a-z0-9]", ""),
        (r"ph", "f"),
        (r"sch|sh", "ch"),
        (r"(?<=[aeiouy])tion|ssion|sion|cion", "sion"),
        (r"qu|q|ck|c(?=[aoulrt]|$)", "k"),
        (r"c(?=[eiy])|ss", "s"),
        (r"g(?=[eiy])", "j"),
        (r"gu", "g"),
        (r"eau|au", "o"),
        (r"ai|ei|er$|ez$|et$|ee$|es$|e$", "e"),
        (r"oe|oeu|eu", "e"),
        (r"y", "i"),
        (r"z", "s"),
        (r"x$", ""),
        (r"h", ""),
        (r"[ae]m(?=[bp])|en(?![aeiouyn])|an(?![aeiouyn])", "an"),
        (r"(?:ent|[tdspx])+$", ""),
        (r"(.)\1+", r"\1"),
        (r"(?<=.)e+$", ""),
    )
)


@functools.lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """A rough key of how a folded word is heard; words written otherwise and heard alike share it."""
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word


@functools.cache
def _dictionary() -> frozenset[str]:
    """Folded French words. 0.1 s to load, once."""
    return frozenset(fold(word) for word in SpellChecker(language="fr").word_frequency.dictionary)


@dataclass(frozen=True, slots=True)
class Speller:
    """Knows the words of a corpus, and how often each is used."""

    uses: Mapping[str, int]  # by folded word
    heard: Mapping[str, str]  # the commonest word of each sound

    @classmethod
    def of(cls, texts: Iterable[str]) -> Speller:
        uses: dict[str, int] = {}
        for text in texts:
            for word in re.findall(r"[a-z]{3,}", fold(text)):
                uses[word] = uses.get(word, 0) + 1
        heard: dict[str, str] = {}
        for word in sorted(uses, key=lambda one: uses[one]):  # the commonest is written last
            heard[sound(word)] = word
        return cls(uses, heard)

    def repair(self, text: str) -> str:
        """The text with short forms written out and unknown words replaced by the corpus word they stand for."""
        shouted = text.isupper()

        def repaired(match: re.Match[str]) -> str:
            token = match.group()
            # A capital inside a sentence is a name (« Lacq », « PFAS »): names are left alone.
            named = token[0].isupper() and not shouted and (match.start() > 0 or token[1:].isupper())
            return token if named else self._word(token)

        return _TOKEN.sub(repaired, text)

    def _word(self, token: str) -> str:
        if token.lower() in _SHORT and token.lower() not in self.uses:
            return _SHORT[token.lower()]
        word = fold(token)
        if len(word) < 4 or not word.isalpha() or self._is_known(word):
            return token
        if word[0] == "j" and word[1] not in "aeiouy":  # « jconstruit »
            return f"je {self._word(token[1:])}"
        # « lusine », « dalerte »: the apostrophe is missing.
        rest = word[1:]
        if (
            word[0] in "ldjnsmt"
            and rest[0] in "aeiouyh"
            and (rest in self.uses or (len(rest) > 5 and self._is_known(rest)))
        ):
            return f"{token[0]}'{token[1:]}"
        return self._nearest(word) or token

    def _is_known(self, word: str) -> bool:
        return word in self.uses or word in _dictionary()

    def _nearest(self, word: str) -> str | None:
        """The corpus word that is heard alike, else the one that is a letter or two away."""
        if len(key := sound(word)) >= 3 and key in self.heard:
            return self.heard[key]
        if len(word) < 6:  # « radon », « appli »: a letter away from too many words
            return None
        allowed = 1 if len(word) < 9 else 2
        near = [
            (OSA.distance(word, other, score_cutoff=allowed), -self.uses[other], other)
            for other in self.uses
            if abs(len(other) - len(word)) <= allowed and other[0] == word[0]
        ]
        distance, _, best = min(near, default=(allowed + 1, 0, ""))
        return best if distance <= allowed else None
