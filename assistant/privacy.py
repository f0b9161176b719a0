"""Personal data in a question, replaced by what it is before the question leaves this machine or is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Personal:
    start: int  # in characters of the text, included
    end: int  # excluded
    label: str  # what it is, in French


def mask(text: str) -> str:
    """The text with each piece of personal data replaced by its kind: « M. Dupont » gives « M. [nom] »."""
    parts: list[str] = []
    done = 0
    for found in personal_data(text):
        parts += [text[done : found.start], f"[{found.label}]"]
        done = found.end
    return "".join(parts) + text[done:]


def personal_data(text: str) -> tuple[Personal, ...]:
    """What in a French text tells who somebody is or how to reach them, in order, without overlap.

    Recognised by its form or by the words before it: a name that nothing announces is not seen.
    """
    text = text.translate(_PLAIN)
    found: list[Personal] = []
    for label, pattern in _KINDS:
        for match in pattern.finditer(text):
            start, end = match.span(1)
            if all(end <= other.start or other.end <= start for other in found):
                found.append(Personal(start, end, label))
    return tuple(sorted(found, key=lambda one: one.start))


_PLAIN = str.maketrans("\u00a0\u202f\t’", "   '")  # one for one: offsets hold

# ── Names: known by what announces or follows them ───────────────────────────────────────────────

_PARTICLE = r"(?:de la |de |du |des |d'|van |von |el |al |ben |da |di )"
# Capital then small letters, or initials; not an acronym, which names a body.
_CAPITALISED = r"(?:[A-ZÀ-Þ]')?[A-ZÀ-Þ][a-zà-ÿ]+(?!\w)"
_PART = rf"(?:[A-ZÀ-Þ]\.|{_CAPITALISED}(?:-{_CAPITALISED})*)"
_OTHER_THINGS = (
    r"(?!(?:Seveso|Monsieur|Madame|Maître|Docteur|Bonjour|Préf|Sous-[Pp]réf|Mair|Direct|Dirig|Gérant|Président|Respons"
    r"|Locataire|Propriétaire|Artisan|Commerçant|Employeur|Exploitant|Société|Entreprise|Association|Cabinet|Garage"
    r"|Métropole|Région|Département|Agence|Banque|Chambre|Service|Saint)\w*\b)"
    r"(?!(?:[\w-]+ ){1,3}(?:Logistique|Industrie|Raffinage|Chimie|Énergie|Transport|Service|France|Group|Fils)\w*\b)"
)
_FULL_NAME = rf"{_OTHER_THINGS}{_PART}(?: {_PARTICLE}?{_PART}){{1,3}}"
_NAME = rf"{_OTHER_THINGS}{_PARTICLE}?{_PART}(?: {_PARTICLE}?{_PART}){{0,3}}"
_SHOUTED = r"[A-ZÀ-Þ]{3,}(?:[- ][A-ZÀ-Þ]{3,})?"
# Typed without capitals.
_NO_NAME = r"(?!(?:et|je|de|du|la|le|les|l|un|une|à|qui|que|quoi|est|a|préf\w+|maire|comment|directeur|directrice)\b)"
_TYPED = rf"{_NO_NAME}[a-zà-ÿ-]{{3,}}(?: {_NO_NAME}[a-zà-ÿ-]{{2,}})?"
_CIVILITY = r"(?:(?:MM|M|Mr|Me|Dr)\b\.?|(?:Mmes?|Mlles?|Monsieur|Madame|Mademoiselle|Maître|[Dd]octeur)\b\.?)"

_NAMES = (
    rf"(?<!\w)(?<![A-Z] ){_CIVILITY} ({_NAME}|{_SHOUTED})",
    rf"(?<!\w)(?:MM\.|Mmes|Mlles) (?:{_NAME}) et ({_NAME})",
    rf"(?<!\w)(?<!\d )(?:[Mm]\.|[Mm]r|[Mm]me|[Mm]lle) ({_NO_NAME}[a-zà-ÿ-]{{3,}})",
    rf"\b(?i:je m'appelle|mon nom est)\s?:? ({_NAME}|{_SHOUTED}|{_TYPED})",
    rf"\b(?:s'appelle|se nomme) ({_NAME}|{_SHOUTED})",
    rf"\b(?i:signée?|de la part de|contactez|contacter|soussignée?|je me présente|transmettez à|écrire à)\s?:? "
    rf"({_FULL_NAME})",
    rf"\b(?i:je suis) ({_FULL_NAME}|{_OTHER_THINGS}{_CAPITALISED}(?=,))",
    rf"\b(?i:cordialement|bien à vous|salutations),? ({_NAME})",
    rf"\b(?i:bonjour,? ici|salariée?|contact|gérante?)\s?:? ({_FULL_NAME})",
    rf"\b(?i:bonjour,? ici) ({_NAME})",
    rf"({_FULL_NAME}) à l'appareil\b",
)

# ── Addresses ────────────────────────────────────────────────────────────────────────────────────

_WAY = r"(?i:rue|avenue|av\.|boulevard|bd|impasse|allée|chemin(?! de fer)|route|quai|ruelle|sentier|faubourg|esplanade)"
_NAMED_WAY = r"(?i:place|cours|square|passage|villa|résidence)"  # « 3 cours », « 12 place » may be other things
_OF = r"(?:de la |de l'|de |du |des |d'|la |le |les |l')"
_WORD = r"[A-ZÀ-Þ0-9][\w'’-]*"
_TOWN = r"(?:,? \d{5} [A-ZÀ-Þ][\w'’-]*(?: [A-ZÀ-Þ][\w'’-]*)*)"
_DAY = r"\d{1,2} (?:[Mm]ai|[Nn]ovembre|[Jj]uillet|[Ss]eptembre)(?: \d{4})?"
_MORE = rf"(?: {_OF}?(?!\d{{5}}\b){_WORD})*"  # not the postcode, which starts the town
_ZONE = rf"(?:Z\.?[AI]\.?C?\.? {_OF}?{_WORD}(?: {_WORD})*, )"
_ADDRESSES = (
    rf"(?<![\w-])({_ZONE}?\d{{1,4}}(?: ?(?:bis|ter|quater))?,? "
    rf"(?:{_WAY} {_OF}?(?:{_DAY}|[\w'’-]+)|{_NAMED_WAY} {_OF}?{_WORD}){_MORE}{_TOWN}?)",
    rf"\b(BP \d{{1,5}}{_TOWN}?)",
    rf"\b((?i:lieu-dit) (?:{_OF})?{_WORD}(?: {_OF}?{_WORD})*{_TOWN}?)",
)

# ── The rest: known by its form ──────────────────────────────────────────────────────────────────

_DATE = r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|(?:1er|\d{1,2}) [a-zà-ÿ]{3,9} \d{4}"
_NOT_A_BODY = r"(?<!public )(?<!société )(?<!entreprise )(?<!association )"  # « un établissement public né le… »
_PLATE = r"[A-HJ-NP-TV-Z]{2}"

_KINDS = tuple(
    (label, re.compile(pattern))
    for label, *patterns in (
        ("courriel", r"(?<![\w.+-])([\w.+-]+@[\w-]+(?:\.[\w-]+)+)"),
        ("courriel", r"(?<![\w.+-])([\w.+-]+ ?(?:\barobase\b|\(at\)|\[at\]) ?[\w-]+(?:(?:\.| point )[\w-]+)+)"),
        ("iban", r"\b([A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?)\b"),
        ("siret", r"(?i:sire[nt])\W{1,6}(\d{3} ?\d{3} ?\d{3}(?: ?\d{5})?)(?!\d)"),
        ("siret", r"(?<!\d)(\d{3} ?\d{3} ?\d{3} ?\d{5})(?!\d)"),
        ("n° de sécurité sociale", r"(?<!\d)([12] ?\d\d ?\d\d ?\d[\dAB] ?\d{3} ?\d{3}(?: ?\d\d)?)(?!\d)"),
        # Numbers in 08 are those of services, as are the short ones.
        ("téléphone", r"((?:\+33|\(\+33\)|\b0033) ?(?:\(0\) ?)?[1-79](?:[ ./-]?\d\d){4})(?!\d)"),
        ("téléphone", r"(?<![\d+])(0[1-79](?:[ ./-]?\d\d){4})(?!\d)"),
        ("plaque", rf"\b({_PLATE}[- ]?\d{{3}}[- ]?{_PLATE})\b", r"\b(\d{1,4} [A-Z]{2,3} (?:\d\d|2[AB]))\b"),
        ("date de naissance", rf"{_NOT_A_BODY}\b(?i:née?|date de naissance)(?:\(e\))?\W{{0,3}} ?(?:le )?({_DATE})"),
        ("adresse", *_ADDRESSES),
        ("nom", *_NAMES),
    )
    for pattern in patterns
)
