"""The fiches that are shipped: what docs/ecrire-une-fiche.md promises of them."""

from __future__ import annotations

import re

import pytest

from corpus.check import check
from corpus.documents import Document
from corpus.fiche import read_contacts
from corpus.library import CONTACTS, Library, read_file
from corpus.settings import CorpusSettings
from corpus.split import split
from tests.corpus.builders import texts, words

PATHS = Library(None).files()  # without the licence


@pytest.fixture(scope="module", params=PATHS, ids=lambda path: path.stem)
def fiche(request: pytest.FixtureRequest) -> Document:
    return read_file(request.param, read_contacts(CONTACTS))


def test_there_are_fiches_and_no_fault_in_them() -> None:
    documents, problems = check(Library(None))
    assert [str(problem) for problem in problems] == []
    assert len(documents) == len(PATHS) >= 10
    assert {document.axis for document in documents} == {1, 2, 3}


def test_it_is_a_fiche_named_by_its_id(fiche: Document) -> None:
    assert fiche.kind == "fiche"
    assert fiche.source == f"{fiche.document_id}.md"


def test_length(fiche: Document) -> None:
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
