"""Finding passages in an index held in memory, and the files it is made of."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UnknownDocument
from index.dense import MIN_PASSAGES
from index.hits import Hit
from index.identity import IndexIdentity
from index.lexical import terms
from index.passage_index import PassageIndex, main_clause
from tests.corpus.builders import FICHE
from tests.substitutes import (
    CORPUS_SETTINGS,
    DOCUMENTS,
    ENCODER_NAME,
    INDEX_SETTINGS,
    BagOfWordsEncoder,
    fiche_with,
    many_documents,
    small_index,
)

ENCODER = BagOfWordsEncoder()
QUESTIONS = [
    "Puis-je m'étendre en zone bleue ?",
    "Quel est le signal de la sirène ?",
    "un état des risques avec le bail",
    "article L515-16-3",
    "girafe",
    "?",
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> PassageIndex:
    return small_index(tmp_path_factory.mktemp("petit")).index


@pytest.fixture(scope="module")
def large_index(tmp_path_factory: pytest.TempPathFactory) -> PassageIndex:
    """Large enough to be corrected, and to hold more passages than `settings.depth`."""
    return small_index(tmp_path_factory.mktemp("grand"), many_documents(MIN_PASSAGES + 20)).index


def seen(hits: tuple[Hit, ...]) -> list[tuple[str, float, int, float, float]]:
    return [(hit.passage.passage_id, hit.score, hit.rank, hit.cosine, hit.bm25) for hit in hits]


@pytest.mark.parametrize(
    ("question", "document_id"),
    [
        ("Puis-je m'étendre en zone bleue ?", "zones"),
        ("Que signale la sirène ?", "alerte"),
        ("Le bailleur doit-il un état des risques ?", "bail"),
        ("article L515-16-3", "page"),
    ],
)
def test_a_question_finds_its_document(index: PassageIndex, question: str, document_id: str) -> None:
    [first] = index.search(question, 1, ENCODER).hits
    assert first.passage.document_id == document_id


def test_a_passage_finds_itself(large_index: PassageIndex) -> None:
    for row, passage in enumerate(large_index.passages):
        [first] = large_index.search(passage.encoded_text, 1, ENCODER).hits
        assert first.passage == passage
        assert first.score == pytest.approx(1.0)
        assert first.cosine == pytest.approx(1.0)
        assert first.bm25 == pytest.approx(float(large_index.words.scores(passage.encoded_text)[row]))


def test_the_passages_of_a_document_can_be_quoted(index: PassageIndex) -> None:
    assert {passage.document_id for passage in index.passages} == set(index.documents)
    for passage in index.passages:
        assert index.document(passage.document_id).quote(passage.start, passage.end) == passage.text


@pytest.mark.parametrize("question", QUESTIONS)
def test_hits_are_ranked(large_index: PassageIndex, question: str) -> None:
    hits = large_index.search(question, 1000, ENCODER).hits
    assert [hit.rank for hit in hits] == list(range(1, len(large_index.passages) + 1))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert len({hit.passage.passage_id for hit in hits}) == len(hits)


@given(question=st.one_of(st.sampled_from(QUESTIONS), st.text(max_size=60)), weight=st.floats(0, 1))
def test_scores_keep_their_bounds(large_index: PassageIndex, question: str, weight: float) -> None:
    index = replace(large_index, settings=replace(INDEX_SETTINGS, lexical_weight=weight))
    for hit in index.search(question, 1000, ENCODER).hits:
        assert 0.0 <= hit.score <= 1.0
        assert abs(hit.cosine) <= 1.0 + 1e-5
        assert hit.bm25 >= 0.0


@pytest.mark.parametrize("k", [0, 1, 3, 5, 1000])
def test_gives_k_hits_or_all(index: PassageIndex, k: int) -> None:
    hits = index.search("zone bleue", k, ENCODER).hits
    assert len(hits) == min(k, len(index.passages))
    assert seen(hits) == seen(index.search("zone bleue", 1000, ENCODER).hits[:k])


def test_bm25_is_zero_where_no_term_is_shared(index: PassageIndex) -> None:
    question = "zone bleue"
    for hit in index.search(question, 1000, ENCODER).hits:
        assert (hit.bm25 > 0) == bool(set(terms(question)) & set(terms(hit.passage.encoded_text)))


def test_without_words_the_cosine_alone_ranks(large_index: PassageIndex) -> None:
    index = replace(large_index, settings=replace(INDEX_SETTINGS, lexical_weight=0.0, depth=1000))
    question = "la sirène de l'usine"
    scores = {hit.passage.passage_id: hit.score for hit in index.search(question, 1000, ENCODER).hits}
    corrected = index.correction.apply(ENCODER.encode_passages([question, *(p.encoded_text for p in index.passages)]))
    cosines = corrected[1:] @ corrected[0]
    expected = (cosines - cosines.min()) / (cosines.max() - cosines.min())
    np.testing.assert_allclose([scores[p.passage_id] for p in index.passages], expected, atol=1e-4)


def test_with_words_alone_bm25_ranks(large_index: PassageIndex) -> None:
    index = replace(large_index, settings=replace(INDEX_SETTINGS, lexical_weight=1.0))
    question = "la sirène de l'usine"
    bm25 = index.words.scores(question)
    scores = {hit.passage.passage_id: hit.score for hit in index.search(question, 1000, ENCODER).hits}
    np.testing.assert_allclose([scores[p.passage_id] for p in index.passages], bm25 / bm25.max(), atol=1e-5)


class KnowingEncoder(BagOfWordsEncoder):
    """Knows, as a real encoder does, that an unknown word is close to one of the corpus."""

    def encode_question(self, text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return super().encode_question(text.replace("girafe", "sirène"))


def test_a_question_without_a_known_term_is_answered_by_vectors(index: PassageIndex) -> None:
    result = index.search("girafe", 3, KnowingEncoder())
    assert result.hits[0].passage.passage_id == "alerte#le-signal"
    assert result.hits[0].score == pytest.approx(1.0)
    assert [hit.bm25 for hit in result.hits] == [0.0, 0.0, 0.0]
    assert result.known_share == 0.0


@pytest.mark.parametrize(
    ("question", "share"),
    [("sirène", 1.0), ("sirène girafe", 0.5), ("girafe", 0.0), ("est-ce que", None), ("", None)],
)
def test_share_of_known_terms(index: PassageIndex, question: str, share: float | None) -> None:
    assert index.search(question, 1, ENCODER).known_share == share


def test_a_single_passage_answers_everything(tmp_path: Path) -> None:
    index = small_index(tmp_path, {"bail.txt": DOCUMENTS["bail.txt"]}).index
    for question in QUESTIONS:
        [hit] = index.search(question, 5, ENCODER).hits
        assert (hit.rank, hit.passage.document_id) == (1, "bail")


def test_times_are_measured(index: PassageIndex) -> None:
    result = index.search("sirène", 1, ENCODER)
    assert result.encode_ms > 0
    assert result.search_ms > 0


def test_unknown_document(index: PassageIndex) -> None:
    with pytest.raises(UnknownDocument, match="aucun document « absent »"):
        index.document("absent")


@pytest.mark.parametrize("fixture", ["index", "large_index"])
def test_files_give_the_same_index_back(fixture: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    index: PassageIndex = request.getfixturevalue(fixture)
    identity = IndexIdentity(
        version=index.version,
        built_at="2026-01-01T00:00:00+00:00",
        format=1,
        analysis=1,
        encoder=ENCODER_NAME,
        dimension=ENCODER.dimension,
        max_passage_chars=CORPUS_SETTINGS.max_passage_chars,
        corpus_digest="",
        roots=(),
        documents=len(index.documents),
        passages=len(index.passages),
        libraries={},
        files={},
    )
    (tmp_path / "brouillon").mkdir()
    files = index.to_files(tmp_path / "brouillon")
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    again = PassageIndex.from_files(files, identity, INDEX_SETTINGS, tmp_path / "words")
    assert again.documents == index.documents
    assert again.passages == index.passages
    np.testing.assert_array_equal(again.raw, index.raw)
    for question in QUESTIONS:
        assert seen(again.search(question, 10, ENCODER).hits) == seen(index.search(question, 10, ENCODER).hits)


def test_the_same_documents_give_the_same_files(tmp_path: Path) -> None:
    found = []
    for name in ("un", "deux"):
        (tmp_path / f"{name}-brouillon").mkdir()
        found.append(small_index(tmp_path / name).index.to_files(tmp_path / f"{name}-brouillon"))
    assert found[0] == found[1]


def test_a_passage_that_was_replaced_comes_after_the_one_that_says_the_same_today(tmp_path: Path) -> None:
    said = "En zone bleue, le plan fixe les travaux des entreprises.\n"
    old = FICHE.replace("superseded: false", "").replace("axis: 1", "axis: 1\nvalid_until: 2015-10-22")
    files = {"a.md": old.replace("Le règlement du plan de prévention fixe les travaux.", said), "b.txt": said}
    hits = small_index(tmp_path, files).index.search("zone bleue travaux des entreprises", 5, ENCODER).hits
    over = [hit.passage.validity.is_over(dt.date(2026, 1, 1)) for hit in hits]
    assert over[0] is False
    assert any(over)


ASKED = {"dois-je-faire-des-travaux": ["faut changer mes carreaux ?", "obligation de remplacer les baies du magasin"]}


def test_a_question_in_other_words_finds_the_section_that_is_known_to_answer_it(tmp_path: Path) -> None:
    others = dict(DOCUMENTS)
    without = small_index(tmp_path / "sans", others | {"essai.md": FICHE}).index
    [first, *_] = without.search("changer les carreaux du magasin", 5, ENCODER).hits
    assert first.passage.document_id != "essai"
    index = small_index(tmp_path / "avec", others | fiche_with(ASKED)).index
    [first, *_] = index.search("changer les carreaux du magasin", 5, ENCODER).hits
    assert first.passage.passage_id == "essai#dois-je-faire-des-travaux"
    # They help to find: they are no part of what is quoted.
    assert not any(text in passage.text for passage in index.passages for text in passage.asked)


def test_a_passage_without_known_questions_is_still_found(tmp_path: Path) -> None:
    index = small_index(tmp_path, dict(DOCUMENTS) | fiche_with(ASKED)).index
    [hit, *_] = index.search("la sirène émet un son modulé", 5, ENCODER).hits
    assert hit.passage.document_id == "alerte"


@pytest.mark.parametrize(
    ("question", "clause"),
    [
        ("Règlement européen : qui doit désigner un délégué ?", "qui doit désigner un délégué ?"),
        ("Sirène : quoi ?", ""),  # too little to be asked alone
        ("Le plan, c'est quoi ?", ""),
    ],
)
def test_the_question_after_a_theme_counts_by_itself(question: str, clause: str) -> None:
    assert main_clause(question) == clause
