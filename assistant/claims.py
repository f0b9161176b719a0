"""What can be checked of a sentence: its numbers, its dates, whether it denies, and whether a passage says it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from corpus.sentences import sentence_spans
from index.lexical import fold, terms

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


def unsupported(sentence: str, passage: str) -> str:
    """Why a passage does not support a sentence, in French; empty when it does.

    Whole sentences of the passage, word for word, are supported. Any other sentence is compared
    with each sentence of the passage and each two neighbours: it may move one phrase, leave out an
    aside, write a number otherwise or use a listed synonym. Every other word, but for articles and
    their like, must be on both sides as often and in the same order: a figure, a negation, a
    condition or a party cannot come, go or change place. A true sentence said too freely is refused.
    """
    wanted, quotes = _plain(sentence), _sentences(passage)
    if _is_quote(wanted, quotes):
        return ""
    said = _read(wanted)
    if not said:
        return "la phrase n'affirme rien"
    best = (-1, "le passage est vide")
    for source in _sources(quotes):
        kept = _without_asides(source, said)
        reading = _read(kept)
        heard = _addressed(said, reading)
        reason = _difference(heard, reading, _moves(kept))
        if not reason:
            return ""
        best = max(best, (len(_keys(heard) & _keys(reading)), reason), key=lambda found: found[0])
    return best[1]


# ── What of two sentences is compared ────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Word:
    key: str  # what is compared: a number, a stem, or a function word as it is
    surface: str  # what the reader sees
    opens: bool  # a phrase may start here
    pause: bool  # a mark or « et » is heard before it
    stop: bool  # it starts a sentence, or what follows a colon or a semicolon


# Words that may come and go: they change nothing that the words around them do not say.
_NEUTRAL = frozenset(
    """le la les l un une des de du d à au aux ce c cet cette ces cela il elle ils elles on se s y qui qu que dont
    son sa ses leur leurs notre nos votre vos et en dans sur aussi également ainsi puis ensuite mais enfin
    celui celle ceux celles""".split()
)
# A phrase that starts with one of these can be said first or last.
_OPENERS = frozenset(
    """en dans sur à au aux depuis avant après pendant selon si quand pour sans sauf dès jusque lors par chez contre
    face hors avec seulement et mais puis""".split()
)
_NEGATIVE = frozenset(
    "ne pas plus jamais aucun aucune aucuns aucunes ni sans non nul nulle rien personne guère".split()
)
_MODAL = frozenset(
    """peut doit faut interdit interdire interdite autorisé obligatoire facultatif obligation oblige impose imposé
    imposer recommandé conseillé conseille recommande prescrit prescrire permet pourrait devrait dû due""".split()
)
_CONDITION = frozenset(
    """si sauf condition conditions réserve quand hors titre seulement seul seule seuls seules principe général jusque
    zone secteur limite cas possible existant existants exceptions prescriptions""".split()
)
_OPPOSITE = frozenset(
    """moins avant après dedans dehors ouvrez fermez sortez restez entrez pendant depuis dès haut bas fort
    faible sous contre avec""".split()
)
# Kept whole: a stem would take the operator for the operation.
_PARTIES = frozenset(
    """préfet préfecture maire mairie commune état exploitant industriel employeur employé propriétaire locataire
    bailleur preneur salarié travailleur collectivité intercommunalité entreprise gestionnaire transporteur vendeur
    acheteur acquéreur assureur utilisateur responsable client visiteur habitant riverain public administration
    gouvernement dreal ddt amaris ineris cerema coderst""".split()
)
# Words that say the same, each set under its first one.
_SYNONYMS = {
    word: first
    for first, *others in map(
        str.split,
        (
            "peut peuvent pouvez",
            "doit doivent devez",
            "est sont êtes",
            "a ont avez",
            "quand lorsque lorsqu",
            "seulement uniquement exclusivement",
            "tout toute tous toutes",
            "voisin voisine voisins voisines riverain riveraine riverains riveraines",
            "concerne concernent vise visent",
            "commence commencent débute débutent",
            "composez appelez",
            "assez suffisamment",
            "jusque jusqu",
            "ne n",
            "millibar mbar millibars",
            "premier première 1er 1re 1ère",
            "2e deuxième 2ème second seconde 2nd 2nde",
            "3e troisième 3ème",
            "4e quatrième 4ème",
            "5e cinquième 5ème",
        ),
    )
    for word in (first, *others)
}
_SIGLES = {
    "PPRT": "plans? de prévention des risques technologiques",
    "PPI": "plans? particuliers? d'intervention",
    "POI": "plans? d'opération interne",
    "PCS": "plans? communal de sauvegarde",
    "PLU": "plans? local d'urbanisme",
    "DICRIM": "documents? d'information communal sur les risques majeurs",
    "DUERP": "documents? uniques? d'évaluation des risques professionnels",
    "ERP": "établissements? recevant du public",
    "PMA-AE": "plans? de mise à l'abri des activités économiques",
    "CSS": "commissions? de suivi de site",
    "CADA": "commission d'accès aux documents administratifs",
}
_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
_UNITS = r"mois|ans?|années?|jours?|semaines?|heures?|minutes?|secondes?|fois|m2|m3|mètres?|litres?|euros?|millions?"
_CODES = r"du (?:travail|commerce)|de l'(?:environnement|urbanisme)|général des collectivités territoriales"

# Spellings that say the same, applied in this order to both sides.
_SPELLINGS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    *((re.compile(rf"\b{name}(?: \({sigle}\))?", re.I), sigle) for sigle, name in _SIGLES.items()),
    (re.compile(r"\b([LRD])\.? ?\*?(\d{3,4}(?:-\d{1,3})*)\b"), r"\1\2"),
    (re.compile(r"\b(\d\d?)[/.](\d\d?)[/.](\d{4})\b"), lambda m: _date(m[1], m[2], m[3])),
    (re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b"), lambda m: _date(m[3], m[2], m[1])),
    (re.compile(r"(?<=\d)(?<!\d{4}) (?=\d{3}\b)"), ""),
    (re.compile(rf"\bune? (?={_UNITS}\b)", re.I), "1 "),
    (re.compile(r"%|\bpour cent\b"), " pourcent "),
    (re.compile(r"€"), " euros "),
    (re.compile(r"\bmètres? (carré|cube)s?\b"), lambda m: "m2" if m[1] == "carré" else "m3"),
    (re.compile(r"\bplates?-formes?\b", re.I), "plateforme"),
    (re.compile(r"\bs'(?=ils?\b)", re.I), "si "),
    (re.compile(r"\bafin (?:de |d')", re.I), "pour "),
    (re.compile(r"(?<!n')\b(?:est|sont|êtes) (?:tenue?s?|obligée?s?) (?:de |d')"), "doit "),
    (re.compile(r"(?<!n')\b(?:a|ont|avez) (?:l'obligation|obligation) (?:de |d')"), "doit "),
    (re.compile(r"(?<!n')\b(?:a|ont|avez) la possibilité (?:de |d')"), "peut "),
    (re.compile(r"\b(?:alors|tandis) (?:que |qu')"), ", mais "),
    (
        re.compile(r"\b(?:ne |n')((?:(?!\b(?:pas|plus|jamais|ni|rien|aucune?|ne|n)\b)[^.,;:!?])+?) qu(?:e |')"),
        r"\1 seulement ",
    ),
    (re.compile(r"\bqui (?:est|sont) (?=\w+ée?s?\b)"), ""),
    (re.compile(r"(?<=\w)-(?:vous|nous|moi|le|la|les|y|en|il|elle)\b"), ""),
)
# Parts of a source that a sentence may leave out, whole.
_ASIDES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r" \([^()\d]*\)",
        rf"(?<=\d) du code (?:{_CODES})",
        r",? selon l'article \S+(?: du code [^,;:.]*)?(?=[,;:.]|$)",
        r", (?:c'est-à-dire|comme|par exemple) [^,;:.]*(?=[,;:.]|$)",
        r" : (?:vérifiez|interrogez|demandez|relisez|écrivez) [^:;]*$",
    )
)
_TOKEN = re.compile(r"\d+(?:[.,/-]\d+)*[^\W\d_]*|[LRD]\d{3,4}(?:-\d+)*|[^\W_]+\+?|[,;:()?!.<>≤≥≠±]")
_TWO_CLAIMS = re.compile(r"[;:]|[.!?] \S|\bmais\b|, (?:et|puis|ou)\b|\b(?:et|ou)\b", re.I)


def _plain(text: str) -> str:
    """One line, straight apostrophes, plain spaces, « m² » as m2."""
    text = unicodedata.normalize("NFKC", text.replace("’", "'").replace("ʼ", "'"))
    return re.sub(r"\s+", " ", text).strip()


def _date(day: str, month: str, year: str) -> str:
    number = int(month)
    name = _MONTHS[number - 1] if 1 <= number <= 12 else month
    return f"{'1er' if int(day) == 1 else int(day)} {name} {year}"


def _sentences(passage: str) -> list[str]:
    return [_plain(passage[start:end]) for start, end in sentence_spans(passage)]


def _is_quote(wanted: str, quotes: Sequence[str]) -> bool:
    for start in range(len(quotes)):
        joined = ""
        for quote in quotes[start:]:
            joined = f"{joined} {quote}".strip()
            if joined == wanted:
                return True
            if len(joined) >= len(wanted):
                break
    return False


def _sources(quotes: Sequence[str]) -> Iterator[str]:
    yield from quotes
    for one, other in pairwise(quotes):
        yield f"{one} {other}"


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[_Word, ...]:
    """The words of a plain text that are compared, in order."""
    for pattern, replacement in _SPELLINGS:
        text = pattern.sub(replacement, text)
    words: list[_Word] = []
    before = [","]
    for token in _with_numbers(_TOKEN.findall(text)):
        word = token.lower()
        before.append(word)
        if word in _NEUTRAL or word in ",;:().!":
            continue
        key = _key(word)
        opens = key in _OPENERS or any(mark in _OPENERS or mark in ",;:()?!." for mark in before)
        pause = any(mark in ("et", "puis", "mais", *",;:.?!") for mark in before)
        words.append(_Word(key, token, opens, pause, any(mark in ";:.?!" for mark in before)))
        before = []
    return tuple(words)


def _with_numbers(tokens: Sequence[str]) -> Iterator[str]:
    """The tokens, with numbers in words made digits: « deux cent cinquante » gives 250."""
    value: int | None = None
    for index, token in enumerate(tokens):
        word = token.lower()
        singular = word.rstrip("s") if word in ("cents", "vingts") else word
        following = tokens[index + 1].lower() if index + 1 < len(tokens) else ""
        if singular in _WORDS:
            value = _extended(value, int(_WORDS[singular]))
        elif value and word == "et" and following in ("un", "une", "onze"):
            continue
        elif value and value % 10 == 0 and value % 100 >= 20 and word in ("un", "une"):
            value += 1
        else:
            if value is not None:
                yield str(value)
                value = None
            yield token.replace(".", ",") if token[0].isdigit() else token
    if value is not None:
        yield str(value)


def _extended(value: int | None, number: int) -> int:
    if value is None:
        return number
    if number in (100, 1000):
        return value * number
    return value + (76 if number == 20 and value % 100 == 4 else number)


def _key(word: str) -> str:
    word = _SYNONYMS.get(word, word)
    if word[0].isdigit() or word in _SYNONYMS:
        return word
    if word.rstrip("s") in _PARTIES:
        return word.rstrip("s")
    stems = terms(word)
    # A stem says nothing of the tense, and « imposait » is not « impose ».
    tense = re.search(r"(?:ai(?:en)?t|r(?:a|ont|ez))$", word)
    return stems[-1] + ("~" + tense[0] if tense else "") if stems else word


def _keys(words: Sequence[_Word]) -> set[str]:
    return {word.key for word in words}


def _addressed(said: Sequence[_Word], source: Sequence[_Word]) -> Sequence[_Word]:
    """The sentence with « vous » read as the company, unless the source too speaks to somebody."""
    if "vous" in _keys(source):
        return said
    return [replace(word, key="entreprise") if word.key == "vous" else word for word in said]


def _without_asides(source: str, said: Sequence[_Word]) -> str:
    """The source without the asides that the sentence leaves out."""
    kept = _keys(said)
    for aside in _ASIDES:
        for match in reversed(list(aside.finditer(source))):
            words = _read(match.group())
            if not _keys(words) <= kept and not any(rule.applies(word) for rule in _LIMITS for word in words):
                source = source[: match.start()] + source[match.end() :]
    return source


# Cost of a break in the order. The first phrase said later, or the last one said first, goes back once
# and at most forward once; two phrases that change places go back twice.
_FORWARD, _BACK, _ONE_MOVE, _NEVER = 2, 3, 5, 99

# ── Rules ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Rule:
    """A kind of word that must be the same on both sides."""

    name: str
    applies: Callable[[_Word], bool]


_NUMBERS = _Rule(
    "nombre, date ou article",
    lambda word: any(char.isdigit() for char in word.key) or word.surface.lower() in _MONTHS,
)
_DENIAL = _Rule("négation", lambda word: word.key in _NEGATIVE)
_STRENGTH = _Rule("force de l'obligation", lambda word: word.surface.lower() in _MODAL)
_ACTORS = _Rule("qui fait quoi", lambda word: word.key in _PARTIES)
_CONDITIONS = _Rule("condition", lambda word: word.surface.lower() in _CONDITION)
_COMPARISON = _Rule("comparaison", lambda word: word.surface.lower() in _OPPOSITE)
_WORDING = _Rule("mot", lambda word: True)
_RULES = (_NUMBERS, _DENIAL, _STRENGTH, _ACTORS, _CONDITIONS, _COMPARISON, _WORDING)
_LIMITS = (_DENIAL, _STRENGTH, _CONDITIONS, _COMPARISON)  # an aside that holds one is no aside


def _difference(said: Sequence[_Word], source: Sequence[_Word], moves: int) -> str:
    """The first rule that two readings break, and on which word; empty when they say the same."""
    added, omitted = _missing(said, source), _missing(source, said)
    for rule in _RULES:
        if found := next(filter(rule.applies, added), None):
            return f"{rule.name} : « {found.surface} » n'est pas dans le passage"
        if found := next(filter(rule.applies, omitted), None):
            return f"{rule.name} : « {found.surface} » est omis"
    if altered := _altered(said, source):
        return altered
    return "" if _same_order(said, source, moves) else "ordre : ce qui va avec quoi a changé"


_INFINITIVE = re.compile(r"\w{2}(?:er|ir|re)$")


def _altered(said: Sequence[_Word], source: Sequence[_Word]) -> str:
    """A word whose form says something else: « et choisit » made « et choisir », « complété » made « complète »."""
    forms: dict[str, set[str]] = {}
    for word in source:
        forms.setdefault(word.key, set()).add(word.surface.lower())
    for word in said:
        own, known = word.surface.lower(), forms.get(word.key, set())
        if own in known:
            continue
        accent = any(fold(own) == fold(other) for other in known)
        infinitive = {bool(_INFINITIVE.search(own))} - {bool(_INFINITIVE.search(other)) for other in known}
        if accent or (known and infinitive):
            return f"forme : « {word.surface} » n'est pas écrit ainsi dans le passage"
    return ""


def _missing(one: Sequence[_Word], other: Sequence[_Word]) -> list[_Word]:
    """Words of one reading that the other has not, or has not as often."""
    left = Counter(word.key for word in other)
    found = []
    for word in one:
        left[word.key] -= 1
        if left[word.key] < 0:
            found.append(word)
    return found


def _moves(source: str) -> int:
    """What may be spent on phrases of a source heard elsewhere than at their place.

    Nothing when it says two things: what goes with which would be lost. « Et » before more than three
    words joins two claims rather than two names.
    """
    for match in _TWO_CLAIMS.finditer(source):
        after = re.split(r"[,;:]", source[match.end() :])[0]
        if match.group().lower() not in ("et", "ou") or len(_read(after)) > 3:
            return 0
    return _ONE_MOVE


def _same_order(said: Sequence[_Word], source: Sequence[_Word], moves: int) -> bool:
    """Whether the words follow each other as in the source, but for one phrase moved from or to the front."""
    starts = [index for index, word in enumerate(source) if word.opens and word.key == said[0].key]
    return any(_cost(said, source, start) <= (moves if start else 0) for start in starts)


def _cost(said: Sequence[_Word], source: Sequence[_Word], start: int) -> int:
    """The least that breaks in the order cost, when the first word is at `start` in the source."""
    costs = {start: 0}
    for word in said[1:]:
        costs = {
            index: min((cost + _break(source, last, index) for last, cost in costs.items()), default=_NEVER)
            for index, place in enumerate(source)
            if place.key == word.key and (word.pause or not place.stop)
        }
    return min(costs.values(), default=_NEVER)


def _break(source: Sequence[_Word], last: int, index: int) -> int:
    """What it costs to go from one word of the source to another: nothing to the next one."""
    if index == last + 1:
        return 0
    ended = last + 1 == len(source) or source[last + 1].opens
    if not ended or not source[index].opens:
        return _NEVER
    return _FORWARD if index > last else _BACK
