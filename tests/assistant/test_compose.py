"""What an answer quotes, on any corpus: exact, few, numbered, not said twice."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.compose import Composed, citation_url, compose, text_digest
from assistant.settings import AssistantSettings
from corpus.documents import Validity
from index.lexical import terms
from tests.substitutes import BagOfWordsEncoder, small_index, small_library

SETTINGS = AssistantSettings()
TODAY = dt.date(2026, 1, 15)
_WORDS = "zone bleue rouge travaux salariés abri vitrages toiture plan mesure 2015 515-16 arrêté préfet bail".split()
_sentence = st.lists(st.sampled_from(_WORDS), min_size=3, max_size=9).map(lambda ws: " ".join(ws).capitalize() + ".")
_paragraph = st.lists(_sentence, min_size=1, max_size=6).map(" ".join)
_body = st.lists(_paragraph | _sentence.map(lambda s: f"## {s}"), min_size=1, max_size=5).map("\n\n".join)
corpora = st.lists(_body, min_size=1, max_size=4).map(
    lambda bodies: {f"d{number}.md": f"# Titre {number}\n\n{body}\n" for number, body in enumerate(bodies)}
)


@settings(max_examples=40)
@given(corpora, st.lists(st.sampled_from(_WORDS), min_size=1, max_size=5).map(" ".join))
def test_contrat_de_la_citation(documents: Mapping[str, str], question: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        index = small_index(Path(folder), documents).index
    hits = index.search(question, SETTINGS.hits, BagOfWordsEncoder()).hits
    composed = compose(question, hits, index, SETTINGS, TODAY)
    sentences, citations = composed.sentences, composed.citations
    assert composed.disagreement or len(sentences) <= SETTINGS.max_sentences
    assert composed.disagreement or len({citation.passage_id for citation in citations}) <= SETTINGS.max_cited_passages
    assert [citation.number for citation in citations] == list(range(1, len(citations) + 1))
    texts = [sentence.text for sentence in sentences]
    assert len(set(texts)) == len(texts)
    words = [frozenset(terms(text)) for text in texts]
    assert composed.disagreement or len(set(words)) == len(words)  # nor the same words in another order
    quotes = {citation.number: citation.quote for citation in citations}
    used = [number for sentence in sentences for number in sentence.citations]
    assert sorted(used) == sorted(quotes)
    found = {hit.passage.passage_id for hit in hits}
    for sentence in sentences:
        assert [quotes[number] for number in sentence.citations] == [sentence.text]
    for citation in citations:
        document = index.documents[citation.document_id]
        assert citation.quote in document.text
        assert citation.passage_id in found
        place = parse_qs(urlsplit(citation.url).query)
        assert document.quote(int(place["debut"][0]), int(place["fin"][0])) == citation.quote


@settings(max_examples=40)
@given(corpora, st.sets(st.integers(0, 3)), st.lists(st.sampled_from(_WORDS), min_size=1, max_size=5).map(" ".join))
def test_un_texte_remplace_n_est_jamais_le_seul_appui(
    documents: Mapping[str, str], old: AbstractSet[int], question: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        index = small_index(Path(folder), documents).index
    names = {f"d{number}" for number in old}
    hits = [
        replace(hit, passage=replace(hit.passage, validity=Validity(superseded=hit.passage.document_id in names)))
        for hit in index.search(question, SETTINGS.hits, BagOfWordsEncoder()).hits
    ]
    found = compose(f"{question} avant 2015", hits, index, SETTINGS, TODAY)
    assert not found.citations or not all(citation.superseded for citation in found.citations)
    for sentence, citation in zip(found.sentences, found.citations, strict=True):
        assert citation.superseded == sentence.text.startswith("[Texte remplacé")
        assert sentence.text.endswith(citation.quote)


def test_un_texte_remplace_seul_n_est_pas_cite(tmp_path: Path) -> None:
    index = small_index(tmp_path, {"vieux.txt": "En zone bleue, le plan impose des travaux.\n"}).index
    hits = index.search("travaux en zone bleue", 10, BagOfWordsEncoder()).hits
    assert len(compose("travaux en zone bleue", hits, index, SETTINGS, TODAY).citations) == 1
    old = Validity(until=TODAY - dt.timedelta(days=1))
    gone = [replace(hit, passage=replace(hit.passage, validity=old)) for hit in hits]
    assert compose("travaux en zone bleue", gone, index, SETTINGS, TODAY) == Composed((), ())


def test_deux_sources_en_vigueur_qui_se_contredisent_sont_montrees_toutes_deux(tmp_path: Path) -> None:
    said = "Le préfet informe les entreprises de la zone bleue dans un délai de {} mois."
    index = small_index(tmp_path, {"a.txt": said.format("six") + "\n", "b.txt": said.format("18") + "\n"}).index
    question = "délai pour informer les entreprises de la zone bleue"
    hits = index.search(question, 10, BagOfWordsEncoder()).hits
    found = compose(question, hits, index, SETTINGS, TODAY)
    assert {citation.document_id for citation in found.citations} == {"a", "b"}
    assert found.disagreement == (1, 2)


def test_deux_sources_d_accord_ne_se_contredisent_pas(tmp_path: Path) -> None:
    said = "Le préfet informe les entreprises de la zone bleue dans un délai de {} mois."
    index = small_index(tmp_path, {"a.txt": said.format("six") + "\n", "b.txt": said.format("6") + "\n"}).index
    question = "délai pour informer les entreprises de la zone bleue"
    hits = index.search(question, 10, BagOfWordsEncoder()).hits
    assert compose(question, hits, index, SETTINGS, TODAY).disagreement is None


def test_sans_passage_pas_de_phrase(tmp_path: Path) -> None:
    assert compose("zone bleue", (), small_index(tmp_path).index, SETTINGS, TODAY) == Composed((), ())


def test_la_bonne_phrase_est_choisie(tmp_path: Path) -> None:
    index = small_index(tmp_path).index
    hits = index.search("extension en zone bleue", 10, BagOfWordsEncoder()).hits
    found = compose("extension en zone bleue", hits, index, SETTINGS, TODAY)
    sentences, citations = found.sentences, found.citations
    assert sentences[0].text == "En zone bleue, une entreprise peut s'étendre sous conditions."
    assert citations[0].section == "Zone bleue"
    assert citations[0].title == "Les zones du plan"


@pytest.mark.parametrize("most", [1, 2, 3])
def test_le_nombre_de_phrases_est_borne(tmp_path: Path, most: int) -> None:
    text = "Le plan zone bleue protège les vitrages. La zone bleue demande un abri. En zone bleue le bail change. "
    index = small_index(tmp_path, {"a.txt": text * 3}).index
    bounded = AssistantSettings(min_sentences=1, max_sentences=most)
    hits = index.search("zone bleue", 10, BagOfWordsEncoder()).hits
    assert 1 <= len(compose("zone bleue", hits, index, bounded, TODAY).sentences) <= most


@pytest.mark.parametrize(
    "text", ["Sommaire des annexes du plan", "Zone bleue.", "Attention", "http://exemple.fr/zone-bleue-x."]
)
def test_un_fragment_n_est_pas_cite(tmp_path: Path, text: str) -> None:
    index = small_index(tmp_path, {"a.txt": text}).index
    hits = index.search(text, 10, BagOfWordsEncoder()).hits
    assert compose(text, hits, index, SETTINGS, TODAY) == Composed((), ())


def test_l_adresse_ouvre_le_document_a_la_citation(tmp_path: Path) -> None:
    name = "Bail d'été & co.txt"
    [document] = small_library(tmp_path, {name: "Le bailleur remet un état.\n"}).read().documents
    address = urlsplit(citation_url(document, (3, 11)))
    assert address.path == f"/documents/{document.document_id}"
    assert parse_qs(address.query) == {"debut": ["3"], "fin": ["11"], "empreinte": [text_digest(document)]}
    assert address.fragment == "citation"
    assert document.quote(3, 11) == "bailleur"


def test_l_empreinte_change_avec_le_texte(tmp_path: Path) -> None:
    [one] = small_library(tmp_path / "a", {"a.txt": "Un texte.\n"}).read().documents
    [other] = small_library(tmp_path / "b", {"a.txt": "Un autre texte.\n"}).read().documents
    assert text_digest(one) != text_digest(other)
