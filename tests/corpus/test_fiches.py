"""The fiches that are shipped: what docs/ecrire-une-fiche.md promises of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpus.check import check
from corpus.documents import Document
from corpus.fiche import read_contacts
from corpus.library import CONTACTS, Library, read_file
from corpus.settings import CorpusSettings
from corpus.split import split
from tests.corpus.builders import texts, words

SUBJECTS = (
    "zone bleue|zone rouge|grisée|verte|couleurs|aléa|surpression|thermique|toxique|cinétique|"
    "ordonnance de 2015|décret|informer|document unique|salariés|exercices|erp|état des risques|locataire|construire|"
    "agrandir|usage|mise à l'abri|local de confinement|pma-ae|sirène|fr-alert|vitr|poi|ppi|pcs|dicrim|délaissement|"
    "expropri|préempt|mesure alternative|aide|camion|stationn|css|spppi|plateforme|synerzip|piicto|"
    "territoires d'industrie|havre|vallée de la chimie|lubrizol|résiguide"
)
PATHS = Library(None).files()  # without the licence


def _read(path: Path) -> Document:
    return read_file(path, read_contacts(CONTACTS))


@pytest.fixture(scope="module", params=PATHS, ids=lambda path: path.stem)
def fiche(request: pytest.FixtureRequest) -> Document:
    return _read(request.param)


def test_there_are_fiches_and_no_fault_in_them() -> None:
    reviewed = max(filter(None, (document.reviewed for document in Library(None).read().documents)))
    documents, problems = check(Library(None), today=reviewed)
    assert [str(problem) for problem in problems] == []
    assert len(documents) == len(PATHS) >= 17
    assert {document.axis for document in documents} == {1, 2, 3}


def test_it_is_a_fiche_named_by_its_id(fiche: Document) -> None:
    assert fiche.kind == "fiche"
    assert fiche.source == f"{fiche.document_id}.md"


def test_length(fiche: Document) -> None:
    if fiche.document_id in ("glossaire", "publications"):
        return  # as long as there are words and publications
    assert 500 <= len(re.findall(r"\w+(?:['’-]\w+)*", fiche.text)) <= 1200


def test_headings_are_questions(fiche: Document) -> None:
    headings = texts(fiche, "heading")
    assert headings
    assert [heading for heading in headings if not heading.endswith(" ?")] == []


def test_every_section_names_its_sources_and_no_such_line_is_text(fiche: Document) -> None:
    assert all(block.sources for block in fiche.blocks if block.kind == "heading" or block.start == 0)
    assert not re.search(r"Sources?\s*:", fiche.text)


def test_quotes_are_exact_and_complete(fiche: Document) -> None:
    passages = split(fiche, CorpusSettings())
    assert all(passage.text == fiche.quote(passage.start, passage.end) for passage in passages)
    assert words("".join(passage.text for passage in passages)) == words(fiche.text)
    for passage in passages:
        assert all(fiche.quote(start, end) in passage.text for start, end in passage.sentences)


def test_the_fiches_cover_what_a_company_asks() -> None:
    """Subjects of the starter set; each has a section of its own."""
    headings = "\n".join(heading.lower() for path in PATHS for heading in texts(_read(path), "heading"))
    for subject in SUBJECTS.split("|"):
        assert subject in headings, subject


def test_the_glossary_holds_seventy_terms_each_a_passage_of_its_own() -> None:
    [path] = [path for path in PATHS if path.stem == "glossaire"]
    glossary = _read(path)
    passages = split(glossary, CorpusSettings())
    assert len(passages) >= 70
    assert len({passage.section for passage in passages if passage.section}) >= 70
