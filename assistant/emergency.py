"""Something dangerous is happening now: the reflexes come first, whatever the question.

This module reads no index and loads no model: its text is given even when nothing else works.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from index.lexical import fold

Danger = Literal["outside", "gas_inside", "injury"]

NOTICE = (
    "Cet assistant ne gère pas une urgence. Suivez les consignes officielles (radio, préfecture, FR-Alert) "
    "et celles des secours."
)
# Reviewed texts. Sources: Géorisques, « Que faire en cas d'accident industriel ? »; préfecture de la
# Charente, « Le signal national d'alerte »; Ville de Nantes, « Bien réagir en cas de fuite de gaz ».
_VITAL = "Si une vie est en danger, appelez tout de suite le 18 (pompiers) ou le 112."
_OUTSIDE = (
    "Sirène, nuage, fumée ou explosion à l'extérieur : entrez dans un bâtiment en dur, fermez portes et fenêtres, "
    "calfeutrez les ouvertures et coupez la ventilation.",
    "Éloignez-vous des fenêtres, ne fumez pas et ne faites aucune flamme ni étincelle.",
    "N'allez pas chercher vos enfants à l'école : ils y sont protégés.",
    "Écoutez la radio et n'évacuez que sur ordre des autorités ; gardez le téléphone pour une urgence vitale.",
)
_INSIDE = (
    "Odeur ou fuite de gaz dans le bâtiment : sortez tout de suite et faites sortir tout le monde, "
    "sans prendre l'ascenseur.",
    "Ne touchez à aucun interrupteur, ne faites ni flamme ni étincelle ; si possible, ouvrez les fenêtres et "
    "coupez l'arrivée de gaz en partant.",
    "Une fois dehors, appelez le 18 ou le 0 800 47 33 33 (urgence gaz GRDF, gratuit, 24 h sur 24).",
)
_INJURY = (
    "Une personne est blessée ou se sent mal : appelez tout de suite le 18 (pompiers) ou le 112, "
    "et faites ce que les secours vous disent.",
    "Si l'air extérieur est dangereux, mettez-vous d'abord à l'abri avec elle dans un bâtiment fermé.",
)


@dataclass(frozen=True, slots=True)
class EmergencyText:
    danger: Danger
    sentences: tuple[str, ...]


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")\b")


# Everything below is matched on folded text (lower case, no accent), with the usual misspellings.
_PREPARING = _any(
    r"en cas d[e']?",
    r"au cas ou",
    r"que (?:faire|se passe)[^.!]*\b(?:si|quand|lorsque)\b",
    r"quand (?:la|une|l)\b",
    r"lorsqu[e']?",
    r"le jour ou",
    r"si jamais",
    r"s il y a",
    r"si (?:la|une|un|le|l|on|mes|mon|nos)\b",
    r"qu est ce qu",
    r"c est quoi",
    r"a quoi sert",
    r"comment (?:preparer|former|organiser|reconnaitre|savoir|se passe)",
    r"combien",
    r"a quelle (?:heure|frequence|distance)",
    r"chaque (?:mois|premier)",
    r"premier mercredi",
    r"exercice",
    r"pour (?:mon|notre|le|un) (?:livret|plan|affiche|document|duerp)",
    r"dois je|doit on|faut il prevoir",
    r"prevoir",
    r"difference entre",
    r"qui (?:declenche|decide|previent)",
    r"quel(?:le)?s? (?:est|sont|consigne)",
    r"apres lubrizol",
    r"l an dernier",
    r"l annee derniere",
    r"en 20\d\d",
    r"hier",
    r"la semaine derniere",
    r"le mois dernier",
    r"pma",
    r"que (?:signifie|veut dire)",
    r"affich\w+",
    r"consignes? (?:a|pour)",
    r"fiche",
    r"reflexes? (?:a|pour)",
)
_NOW = _any(
    r"maintenant",
    r"en ce moment",
    r"la maintenant",
    r"a l instant",
    r"vient? (?:de|d)",
    r"on vient",
    r"ca sent",
    r"sa sent",
    r"ca pue",
    r"on sent",
    r"je sens",
    r"sens une",
    r"il y a (?:une?|des|du|le|plein|bcp|beaucoup)",
    r"y a (?:une?|des|du|le|plein|bcp|beaucoup)",
    r"ya (?:une?|des|du|le|plein|bcp|beaucoup)",
    r"(?:ca|sa) (?:a )?(?:explos\w+|brul\w+|fum\w+|crame|siffle|fuit|pete)",
    r"sonne",
    r"sonnent",
    r"retentit",
    r"hurle",
    r"se declenche",
    r"(?:est|sont) (?:en train|inconscient\w*|bless\w+|tomb\w+|brul\w+|intoxiqu\w+|coince\w*|evanoui\w*)",
    r"arrive sur",
    r"se dirige",
    r"s approche",
    r"au secours",
    r"a l aide",
    r"aidez (?:moi|nous)",
    r"help",
    r"urgen\w+",
    r"vite",
    r"svp vite",
    r"on fait quoi",
    r"je fais quoi",
    r"kes(?:kon|k on) fai\w*",
    r"on fai[st]? koi",
    r"je fai[st]? (?:quoi|koi)",
    r"respire (?:plus|mal|pas|plu)",
    r"n arrive (?:plus|pas) a respirer",
    r"en feu",
    r"a pris feu",
    r"prend feu",
    r"brule",
    r"flammes?",
    r"entendu",
    r"j entends",
    r"on entend",
    r"(?:a|ont) explose",
    r"s est renverse\w*",
    r"fuit",
    r"perd (?:son|du)",
    r"malaise",
    r"evanoui\w*",
    r"tousse\w*",
    r"vomi\w*",
    r"s echappe",
    r"deborde",
    r"a cote (?:ca|sa)",
    r"devant (?:nous|chez|l)",
    r"au dessus de",
)
_HAZARD = _any(
    r"explos\w+",
    r"pete",
    r"boum",
    r"detonation",
    r"deflagration",
    r"incendie",
    r"feu",
    r"flammes?",
    r"brule\w*",
    r"fume\w*",
    r"fumee?s?",
    r"crame",
    r"nuage\w*",
    r"gaz",
    r"gas",
    r"odeur\w*",
    r"ca sent",
    r"sa sent",
    r"pue",
    r"fuite\w*",
    r"fuit",
    r"sirene\w*",
    r"siren\w*",
    r"alarme\w*",
    r"alerte",
    r"fr alert",
    r"toxique\w*",
    r"chlore",
    r"ammoniac\w*",
    r"camion[ -]?citerne",
    r"citerne",
    r"bless\w+",
    r"inconscient\w*",
    r"malaise",
    r"evanoui\w*",
    r"respire\w*",
    r"respirer",
    r"intoxi\w+",
    r"brulures?",
    r"yeux (?:qui )?(?:piquent|brulent)",
    r"gorge",
    r"tousse\w*",
    r"vomi\w*",
    r"souffle",
)
_GAS = _any(r"gaz", r"gas", r"oeuf pourri", r"mercaptan")
_INDOORS = _any(
    r"dans (?:le|la|les|mon|ma|mes|notre|nos|un|une|l) ?(?:bureau\w*|atelier\w*|batiment\w*|local|locaux|magasin\w*|cuisine|usine|entrepot\w*|chaufferie|sous sol|immeuble|salle|hangar|boutique|resto\w*|restaurant|reserve|vestiaire\w*|boite|entreprise|labo\w*|cave|couloir\w*|maison)",
    r"a l interieur",
    r"chez (?:moi|nous)",
    r"chaudiere",
    r"gaziniere",
    r"chauffe[ -]?eau",
    r"compteur",
    r"gaz de ville",
    r"tuyau",
    r"au bureau",
    r"a l atelier",
)
_HURT = _any(
    r"bless\w+",
    r"inconscient\w*",
    r"evanoui\w*",
    r"malaise",
    r"(?:ne |n arrive |arrive )?(?:respire|respirer)(?: (?:plus|plu|mal|pas))",
    r"intoxi\w+",
    r"brulures?",
    r"tomb\w+ (?:dans les pommes|par terre)",
    r"vomi\w*",
    r"saigne",
)


def detect(question: str) -> EmergencyText | None:
    """The reflex text for a question that tells of a danger happening now, else None.

    A wrong alarm shows reflexes to somebody who prepares; a missed one costs more. Words of
    preparation (« en cas de », « que faire quand ») only win over weak signs of the present.
    """
    text = re.sub(r"[^\w]+", " ", fold(question)).strip()
    if not _HAZARD.search(text):
        return None
    now = len({match.group() for match in _NOW.finditer(text)})
    preparing = bool(_PREPARING.search(text))
    if now == 0 or (preparing and now < 2):
        return None
    if _HURT.search(text):
        return EmergencyText("injury", (*_INJURY, _OUTSIDE[0]))
    if _GAS.search(text) and (
        _INDOORS.search(text) or not re.search(r"nuage|usine|seveso|dehors|exterieur|camion|rue", text)
    ):
        return EmergencyText(
            "gas_inside",
            (
                *_INSIDE,
                "Si le gaz ou la fumée vient du dehors, au contraire : "
                "restez ou entrez dans un bâtiment, fermez tout et coupez la ventilation.",
            ),
        )
    return EmergencyText("outside", (_OUTSIDE[0], *_OUTSIDE[1:], _VITAL))
