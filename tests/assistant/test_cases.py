"""The zone of a question: what is set aside, and when one short question is asked back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.cases import CHOICES, PRECISION, fits, housing_last, needs_precision, zone_of, zones_in
from assistant.engine import Assistant
from assistant.question import Turn, parts_of
from index.hits import Hit
from tests.substitutes import BagOfWordsEncoder, small_index


@pytest.mark.parametrize(
    ("text", "zones"),
    [
        ("mon entreprise est en zone bleue", {"bleue"}),
        ("on est dans le BLEU foncé", {"bleue"}),
        ("zone rouge ou secteur de délaissement", {"rouge", "délaissement"}),
        ("risque d'expropriation", {"expropriation"}),
        ("le PPRT, c'est quoi ?", set()),
    ],
)
def test_les_zones_nommees(text: str, zones: set[str]) -> None:
    assert zones_in(text) == zones


def test_le_profil_donne_la_zone() -> None:
    assert zone_of({"zone": "bleue", "statut": "locataire"}) == {"bleue"}
    assert zone_of(None) == frozenset()


def hits_of(tmp_path: Path, *zones: tuple[str, ...]) -> tuple[list[Hit], dict[str, object]]:
    text = "Les travaux de protection dépendent de la zone du plan.\n"
    index = small_index(tmp_path, {f"d{n}.txt": text for n in range(len(zones))}).index
    documents = {
        name: replace(index.documents[name], zones=those)
        for name, those in zip(sorted(index.documents), zones, strict=True)
    }
    return list(index.search("travaux de protection", 5, BagOfWordsEncoder()).hits), dict(documents)


def test_un_document_d_une_autre_zone_est_ecarte(tmp_path: Path) -> None:
    _, documents = hits_of(tmp_path, ("bleue",), ("rouge",), ("toutes",), ())
    kept = [fits(document, frozenset({"bleue"})) for document in documents.values()]  # type: ignore[arg-type]  # documents
    assert kept == [True, False, True, True]
    assert all(fits(document, frozenset()) for document in documents.values())  # type: ignore[arg-type]  # documents


def test_une_precision_est_demandee_quand_les_cas_s_opposent(tmp_path: Path) -> None:
    hits, documents = hits_of(tmp_path, ("bleue",), ("rouge",))
    asked = "dois-je faire des travaux ?"
    assert needs_precision(asked, frozenset(), hits, documents)  # type: ignore[arg-type]  # documents
    assert not needs_precision(asked, frozenset({"bleue"}), hits, documents)  # type: ignore[arg-type]  # documents
    long = "mon atelier de menuiserie est à trois cents mètres du dépôt, dois-je y faire des travaux ?"
    assert not needs_precision(long, frozenset(), hits, documents)  # type: ignore[arg-type]  # documents
    same, alike = hits_of(tmp_path / "autre", ("bleue",), ("bleue", "rouge"))
    assert not needs_precision(asked, frozenset(), same, alike)  # type: ignore[arg-type]  # documents


def test_les_choix_nomment_une_zone_et_reprennent_la_question(real: Assistant) -> None:
    assert PRECISION.startswith("Dans quelle zone")
    for choice, zone in CHOICES.items():
        assert zone in zones_in(choice)
        answer = real.ask(choice, history=[Turn("Dois-je faire des travaux ?")])
        assert answer.status == "answered"


def test_le_logement_passe_apres_sauf_si_on_en_parle(tmp_path: Path) -> None:
    text = "## La règle est-elle la même pour les logements ?\n\nLes travaux des logements.\n\n## Travaux\n\nRien.\n"
    hits = small_index(tmp_path, {"a.md": text}).index.search("travaux", 5, BagOfWordsEncoder()).hits
    assert "logement" not in housing_last("dois-je faire des travaux ?", hits)[0].passage.section[-1]
    assert housing_last("et pour une maison ?", hits) == list(hits)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Qui paie ?", ("Qui paie ?",)),
        (
            "Peut-on fumer une fois enfermés, et qui doit couper la ventilation ?",
            ("Peut-on fumer une fois enfermés ?", "qui doit couper la ventilation ?"),
        ),
        (
            "Mon garage est en bleu. Qui paie ? Combien de temps rester confiné dans le local ?",
            ("Mon garage est en bleu. Qui paie ?", "Combien de temps rester confiné dans le local ?"),
        ),
        ("Qui et quand ?", ("Qui et quand ?",)),
        ("Je suis en zone bleue.", ("Je suis en zone bleue.",)),
    ],
)
def test_les_questions_posees_ensemble_sont_separees(question: str, parts: tuple[str, ...]) -> None:
    assert parts_of(question) == parts


def test_chaque_partie_a_sa_reponse_ou_son_refus(real: Assistant) -> None:
    answer = real.ask("À quel rythme organiser des exercices incendie ? Combien coûte un film anti-éclats au m² ?")
    assert answer.status == "answered"
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert len({citation.quote for citation in answer.citations}) == len(answer.citations)
    assert "Combien coûte un film anti-éclats" in answer.notice
