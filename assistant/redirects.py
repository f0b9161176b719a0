"""Questions that belong to somebody else, and who that is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from corpus.documents import Contact
from index.lexical import fold

_PREFECTURE = Contact(
    "Préfecture de votre département",
    "Prescrit et approuve le PPRT, informe les responsables d'activité",
    "/documents/qui-contacter",
)
_MAIRIE = Contact("Mairie ou intercommunalité", "Urbanisme et plan communal de sauvegarde", "/documents/qui-contacter")
_AMARIS = Contact(
    "AMARIS",
    "Association nationale des collectivités pour la maîtrise des risques technologiques majeurs",
    "https://amaris-villes.org",
)
_GEORISQUES = Contact("Géorisques", "Site public d'information sur les risques", "https://georisques.gouv.fr")
_LAWYER = Contact(
    "Avocat ou fédération professionnelle", "Avis sur votre situation personnelle", "/documents/qui-contacter"
)
_DOCTOR = Contact(
    "Médecin, ou médecin du travail", "Avis sur votre santé ; en urgence vitale, le 18", "/documents/alerte-et-reflexes"
)
_FIRE = Contact("Pompiers : 18 ou 112", "Urgence vitale", "/documents/alerte-et-reflexes")
_GRDF = Contact(
    "Urgence gaz GRDF : 0 800 47 33 33", "Fuite ou odeur de gaz, gratuit, 24 h sur 24", "/documents/alerte-et-reflexes"
)

DEFAULT_CONTACTS = (_PREFECTURE, _MAIRIE, _AMARIS)
EMERGENCY_CONTACTS = (_FIRE, _GRDF)


@dataclass(frozen=True, slots=True)
class Redirect:
    sentences: tuple[str, ...]
    contacts: tuple[Contact, ...]
    words: tuple[str, ...] = ()  # of the question, folded, that send it there


def _rule(words: str, subject: str, advice: str, *contacts: Contact) -> tuple[re.Pattern[str], Redirect]:
    return re.compile(rf"\b(?:{words})\b"), Redirect((f"{subject} {advice}",), contacts)


# Matched on folded text, in order.
_RULES = (
    _rule(
        r"inond\w+|crue|crues|ppri|submersion|seisme\w*|sismique\w*|tremblement de terre|avalanche\w*|cyclone\w*|"
        r"feux? de foret|incendies? de foret|retrait gonflement|tempete|cavite\w*|mouvements? de terrain|eboulement\w*",
        "Votre question porte sur un risque naturel, que cet assistant ne traite pas.",
        "Géorisques, votre mairie et votre préfecture peuvent vous répondre.",
        _GEORISQUES,
        _MAIRIE,
        _PREFECTURE,
    ),
    _rule(
        r"nucleaire\w*|radioact\w+|iode|radon|edf centrale",
        "Votre question porte sur un risque nucléaire ou radiologique, que cet assistant ne traite pas.",
        "Géorisques, votre préfecture et votre mairie peuvent vous répondre.",
        _GEORISQUES,
        _PREFECTURE,
        _MAIRIE,
    ),
    _rule(
        r"amiante|plomb dans l eau|termite\w*|pollution du sol|sols? pollue\w*|mine|mines|minier\w*",
        "Votre question porte sur un autre risque que le voisinage d'un site Seveso.",
        "Géorisques, votre mairie et votre préfecture peuvent vous orienter.",
        _GEORISQUES,
        _MAIRIE,
        _PREFECTURE,
    ),
    _rule(
        r"prud ?hommes?|licenci\w+|avocat\w*|proces(?! verba)|plainte|chances? de gagner|"
        r"porter plainte|attaquer en justice|mon contrat de travail|mon divorce|heritage|succession",
        "Votre question demande un avis sur une situation personnelle ou un litige, que cet assistant ne donne pas.",
        "Un avocat ou votre fédération professionnelle peuvent vous répondre.",
        _LAWYER,
    ),
    _rule(
        r"mal (?:a la|au|aux) \w+|nausees?|symptomes?|medicament\w*|asthme|grossesse|cancer\w*",
        "Votre question demande un avis médical, que cet assistant ne donne pas.",
        "Un médecin ou le médecin du travail peut vous répondre ; en cas d'urgence vitale, appelez le 18.",
        _DOCTOR,
    ),
    _rule(
        r"ma maison|mon appart\w*|mon logement|mon pavillon|mon domicile|notre maison|mon jardin|mon potager|"
        r"ma piscine|chez mes parents|residence principale|ma copropriete",
        "Votre question porte sur un logement ; les règles des entreprises ne s'y appliquent pas.",
        "Votre mairie et votre préfecture peuvent vous répondre.",
        _MAIRIE,
        _PREFECTURE,
        _GEORISQUES,
    ),
)


def redirect(question: str) -> Redirect | None:
    """Where to send a question that belongs elsewhere; None if it may be ours."""
    text = re.sub(r"[^\w]+", " ", fold(question))
    for pattern, target in _RULES:
        if found := pattern.findall(text):
            return replace(target, words=tuple(found))
    return None
