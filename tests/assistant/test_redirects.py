"""Questions that belong to somebody else."""

from __future__ import annotations

import pytest

from assistant.redirects import redirect


@pytest.mark.parametrize(
    ("question", "word", "contact"),
    [
        ("Mon entreprise est en zone inondable, que faire ?", "risque naturel", "Géorisques"),
        ("que faire en cas de SÉISME", "risque naturel", "Géorisques"),
        ("Faut-il prendre de l'iode près de la centrale ?", "nucléaire", "Géorisques"),
        ("Le sol pollué de mon terrain", "autre risque", "Géorisques"),
        ("Mon salarié m'attaque aux prud'hommes", "litige", "Avocat"),
        ("J'ai mal à la tête depuis l'accident", "avis médical", "Médecin"),
        ("Ma maison est en zone bleue", "logement", "Mairie"),
    ],
)
def test_vers_qui(question: str, word: str, contact: str) -> None:
    found = redirect(question)
    assert found is not None
    assert word in found.sentences[0]
    assert any(contact in one.name for one in found.contacts)
    assert all(one.url for one in found.contacts)


@pytest.mark.parametrize(
    "question",
    [
        "Dois-je faire des travaux en zone bleue ?",
        "Le plan de mise à l'abri détermine-t-il les locaux ?",  # holds « mine »
        "Comment terminer mon PPRT ?",
        "Que doit afficher l'employeur ?",
        "",
    ],
)
def test_ce_qui_peut_etre_pour_nous(question: str) -> None:
    assert redirect(question) is None
