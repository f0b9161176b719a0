"""From a question to an answer: the status, the memory of the conversation, what is offered next."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.engine import EXAMPLES, NOTICE, Assistant
from assistant.question import Turn
from assistant.router import Router
from assistant.settings import AssistantSettings
from corpus.errors import InvalidQuestion
from index.lexical import terms
from tests.substitutes import BagOfWordsEncoder, small_index

QUESTION = "Dois-je faire des travaux si je suis en zone bleue ?"


@pytest.mark.parametrize(
    ("question", "status"),
    [
        (QUESTION, "answered"),
        ("Que faire quand la sirène d'alerte retentit ?", "answered"),
        ("la recette des crêpes bretonnes", "out_of_scope"),
        ("Mon terrain est inondable, que faire ?", "redirected"),
        ("ça sent le gaz dans l'atelier, vite", "emergency"),
    ],
)
def test_statut(real: Assistant, question: str, status: str) -> None:
    answer = real.ask(question)
    assert answer.status == status
    assert answer.question == question
    assert answer.sentences
    assert answer.contacts
    assert answer.index_version == real.index.version
    assert answer.encoder == real.encoder.name
    assert bool(answer.citations) == (status == "answered")
    assert answer.generator == ("fixed" if status in ("emergency", "redirected") else "extractive")
    assert answer.timings_ms.total >= answer.timings_ms.encode + answer.timings_ms.search >= 0


def test_les_identifiants_se_suivent(small: Assistant) -> None:
    ids = [small.ask("zone bleue ?").id for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", one) for one in ids)


@pytest.mark.parametrize("question", ["", "   ", "?!", "what is the blue zone and who pays", "a" * 1001])
def test_question_refusee(small: Assistant, question: str) -> None:
    with pytest.raises(InvalidQuestion):
        small.ask(question)
    with pytest.raises(InvalidQuestion):
        small.search(question, 3)


def test_la_recherche_mesuree_accepte_l_anglais(small: Assistant) -> None:
    assert small.search("what is the zone", 3, any_language=True).hits


def test_sans_tri_on_ne_renvoie_personne_ailleurs(small: Assistant) -> None:
    """On a corpus that is not ours, floods may be the subject."""
    assert small.ask("inondable crue").status == "not_found"
    answer = small.ask("Le bailleur remet au locataire un état des risques ?")
    assert answer.status == "answered"
    assert answer.citations[0].document_id == "bail"


def test_refus_sans_citation_mais_avec_interlocuteurs(small: Assistant) -> None:
    answer = small.ask("xylophone kangourou")
    assert (answer.status, answer.citations) == ("not_found", ())
    assert "ne répondent pas à cette question" in answer.sentences[0].text
    assert answer.contacts
    assert answer.notice == NOTICE


def test_une_suite_courte_reprend_la_question_d_avant(small: Assistant) -> None:
    history = [Turn("L'alerte et les fenêtres ?"), Turn("Quelles conditions pour s'étendre en zone bleue ?")]
    alone = small.ask("et en rouge ?")
    assert alone.question == "et en rouge ?"
    followed = small.ask("et pour une entreprise ?", history=history)
    assert followed.question == "et pour une entreprise ?"
    assert followed.citations[0].passage_id == "zones#zone-bleue"
    # A whole question stands by itself.
    whole = "La sirène émet un son modulé de trois fois une minute et quarante secondes ?"
    assert small.ask(whole, history=history).citations[0].document_id == "alerte"


def test_le_profil_precise_la_recherche(small: Assistant) -> None:
    question = "Construire dans mon périmètre, entreprise ?"
    found = {
        zone: small.index.search(f"{question} zone {zone}", 1, small.encoder).hits[0].passage.passage_id
        for zone in ("bleue", "rouge")
    }
    assert found == {"bleue": "zones#zone-bleue", "rouge": "zones#zone-rouge"}
    for zone, passage in found.items():
        answer = small.ask("Entreprise, construction ?", {"zone": zone})
        assert answer.citations[0].passage_id == passage
        assert zone not in answer.question


@pytest.mark.parametrize(
    "question", [QUESTION, EXAMPLES[0], EXAMPLES[1], EXAMPLES[2], "zone bleue ?", "tarte aux pommes"]
)
def test_trois_suites_dont_aucune_n_est_la_question(real: Assistant, question: str) -> None:
    answer = real.ask(question)
    assert len(answer.follow_ups) == 3
    assert len(set(answer.follow_ups)) == 3
    for follow_up in answer.follow_ups:
        assert follow_up.endswith("?")
        assert follow_up != question
    if answer.status == "answered":
        assert all(set(terms(follow_up)) != set(terms(question)) for follow_up in answer.follow_ups)


def test_les_suites_ont_une_reponse(real: Assistant) -> None:
    for follow_up in {*real.ask(QUESTION).follow_ups, *EXAMPLES}:
        assert real.ask(follow_up).status == "answered", follow_up


def test_les_interlocuteurs_sont_ceux_du_document(real: Assistant) -> None:
    answer = real.ask(QUESTION)
    document = real.index.documents[answer.citations[0].document_id]
    assert answer.contacts == document.contacts[:3]


def test_rien_n_est_garde_entre_deux_questions(real: Assistant) -> None:
    first = real.ask(QUESTION)
    real.ask("Que faire quand la sirène retentit ?")
    again = real.ask(QUESTION)
    assert (first.sentences, first.citations, first.follow_ups) == (again.sentences, again.citations, again.follow_ups)


def test_corpus_minuscule_avec_tri(tmp_path: Path, bag_router: Router) -> None:
    index = small_index(tmp_path, {"a.txt": "La zone bleue autorise l'extension sous conditions.\n"}).index
    answer = Assistant(index, BagOfWordsEncoder(), AssistantSettings(), bag_router).ask(
        "zone bleue extension conditions"
    )
    assert len(answer.follow_ups) == 3
    assert len(answer.citations) <= 1
