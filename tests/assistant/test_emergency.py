"""Telling a danger that happens now from a question that prepares for one."""

from __future__ import annotations

import pytest

from assistant.emergency import detect, is_certain
from assistant.engine import Assistant, emergency_answer, immediate_answer

NOW = [
    "au secours il y a un nuage de gaz qui arrive",
    "ça sent le gaz dans l'atelier, je fais quoi",
    "sa sent le gaz ds le bureau on fait koi",
    "l'usine vient d'exploser",
    "l usine a explosé, qu'est-ce qu'on fait maintenant",
    "la sirène sonne en ce moment",
    "la sirene hurle depuis 5 min",
    "un camion citerne s'est renversé devant chez nous, odeur forte",
    "je viens de recevoir une alerte FR-Alert",
    "un salarié est inconscient",
    "mon collègue est blessé, ça saigne",
    "il ne respire plus",
    "on est confinés, les enfants sont à l'école, je vais les chercher ?",
    "un nuage toxique se dirige vers nous",
    "ça pique les yeux et la gorge, y a une odeur bizarre dehors",
    "fuite de gaz dans la cuisine maintenant",
    "VITE UN NUAGE JAUNE ARRIVE SUR NOUS",
    "vite ya un nuaj jaune",
    "jentends la sirene koi faire",
    "du mal à respirer à cause de la fumée",
    "une canalisation fuit devant l'entrepôt",
    "il y a le feu chez le voisin seveso",
    "ya le feu a l usine den face",
    "y a une fuite de chlore",
    "on a entendu une grosse explosion",
    "help incendie",
    "il y a une fuite de gaz chez nous",
    "un nuage de gaz arrive de l'usine seveso maintenant",
    "il y a une fuite de gaz sur un camion citerne dans la rue",
]
CALM = [
    "Que faire en cas d'alerte ?",
    "Que faire quand la sirène retentit ?",
    "Comment préparer mes salariés à une fuite de gaz ?",
    "La sirène du premier mercredi du mois, c'est quoi ?",
    "Qu'est-ce que FR-Alert ?",
    "Combien de temps dure le signal de fin d'alerte ?",
    "Qui déclenche la sirène ?",
    "Quelle est la différence entre l'alerte et la fin d'alerte ?",
    "À quoi sert le confinement ?",
    "Comment organiser un exercice de mise à l'abri ?",
    "Dois-je faire des travaux en zone bleue ?",
    "Mon entreprise est-elle exposée à un nuage toxique ?",
    "Que signifie l'aléa toxique sur la carte du PPRT ?",
    "Quels sont les réflexes à afficher pour une alerte ?",
    "Faut-il prévoir une réserve d'eau pour le confinement ?",
    "Au cas où une explosion surviendrait, qui prévient l'entreprise ?",
    "Le jour où l'usine explose, mes assurances paient-elles ?",
    "Une explosion a eu lieu l'an dernier chez le voisin, le PPRT va-t-il changer ?",
    "Le plan de mise à l'abri doit-il traiter le risque de surpression ?",
    "Si la sirène sonne, faut-il évacuer ?",
    "Que se passe-t-il si un nuage de gaz arrive sur l'atelier ?",
    "Quels vitrages résistent à une explosion ?",
    "À quelle fréquence tester notre alarme ?",
    "L'incendie est-il pris en compte dans le PPRT ?",
    "",
]


@pytest.mark.parametrize("question", NOW)
def test_un_danger_present_declenche_les_reflexes(question: str) -> None:
    assert detect(question) is not None


@pytest.mark.parametrize("question", NOW)
def test_un_danger_present_declenche_les_reflexes_avec_le_routeur(real: Assistant, question: str) -> None:
    assert real.ask(question).status == "emergency"


@pytest.mark.parametrize("question", [question for question in CALM if question])
def test_preparer_ou_s_informer_ne_declenche_rien_avec_le_routeur(real: Assistant, question: str) -> None:
    assert real.ask(question).status != "emergency"


@pytest.mark.parametrize("question", CALM)
def test_preparer_ou_s_informer_ne_declenche_rien(question: str) -> None:
    assert detect(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "ça sent le gaz dans l'atelier",
        "odeur de gaz dans mon bureau maintenant",
        "il y a une fuite de gaz chez nous",
        "ça sent l'œuf pourri a l'interieur, gaz ?",
        "je sens le gaz",
    ],
)
def test_gaz_a_l_interieur_sortir(question: str) -> None:
    found = detect(question, 1.0)  # which text, once it is told to be now
    assert found is not None
    assert found.danger == "gas_inside"
    assert "sortez tout de suite" in found.sentences[0]
    assert any("vient du dehors, au contraire" in sentence for sentence in found.sentences)


@pytest.mark.parametrize(
    "question",
    [
        "un nuage de gaz arrive de l'usine seveso maintenant",
        "la sirène sonne en ce moment",
        "l'usine vient d'exploser",
        "il y a une fuite de gaz sur un camion citerne dans la rue",
        "ça sent le gaz dehors",
    ],
)
def test_danger_dehors_rentrer(question: str) -> None:
    found = detect(question, 1.0)  # which text, once it is told to be now
    assert found is not None
    assert found.danger == "outside"
    assert "entrez dans un bâtiment en dur" in found.sentences[0]
    assert not any("sortez" in sentence for sentence in found.sentences)


@pytest.mark.parametrize("question", ["un salarié est blessé", "il ne respire plus", "ma collègue fait un malaise"])
def test_blesse_appeler(question: str) -> None:
    found = detect(question)
    assert found is not None
    assert found.danger == "injury"
    assert "appelez tout de suite le 18" in found.sentences[0]


@pytest.mark.parametrize("question", [*NOW, *CALM, "gaz", "on fait quoi", "au secours"])
def test_plus_le_tri_y_voit_une_urgence_plus_c_en_est_une(question: str) -> None:
    told = [detect(question, share / 20) is not None for share in range(21)]
    assert told == sorted(told)


def test_les_mots_comptent_a_cote_du_tri() -> None:
    assert detect("gaz", 0.2) is None
    assert detect("gaz", 0.6) is not None
    # Words of the present lower what is asked of the router, words of preparation raise it.
    assert detect("ça sent le gaz", 0.25) is not None
    assert detect("que faire en cas de fuite de gaz", 0.5) is None


def test_un_danger_certain_se_passe_du_tri() -> None:
    assert is_certain("au secours il y a un nuage de gaz qui arrive maintenant, il ne respire plus")
    assert not is_certain("gaz")
    assert not any(is_certain(question) for question in CALM)


def test_sans_assistant_un_danger_probable_suffit() -> None:
    assert immediate_answer("la sirène sonne", waiting=True)
    assert immediate_answer("la sirène sonne", waiting=False) is None
    assert immediate_answer("au secours il y a un nuage de gaz", waiting=False)


def test_la_reponse_n_a_besoin_de_rien() -> None:
    assert emergency_answer("Que faire en cas d'alerte ?") is None
    answer = emergency_answer("au secours il y a un nuage de gaz")
    assert answer is not None
    assert (answer.status, answer.generator, answer.citations) == ("emergency", "fixed", ())
    assert answer.index_version is None
    assert "Cet assistant ne gère pas une urgence" in answer.notice
    assert any("18" in contact.name for contact in answer.contacts)
