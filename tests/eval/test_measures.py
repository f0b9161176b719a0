"""Each measure on an example worked by hand; nothing to measure gives None, never 0."""

from __future__ import annotations

import math

import pytest

from assistant.answers import Answer, Citation, Sentence, Status, Timings
from corpus.documents import Document
from eval.measures import (
    Outcome,
    answers,
    citation_precision,
    exact_quotes,
    key_fact_share,
    percentile,
    retrieval,
    section_recall,
)
from eval.questions import Expected, Question

TEXT = "La zone bleue. Le bail."
DOCUMENTS = {
    name: Document(document_id=name, title="", text=TEXT, blocks=(), source=f"{name}.txt", kind="text") for name in "ab"
}


def citation(passage_id: str, quote: str) -> Citation:
    return Citation(
        number=1,
        passage_id=passage_id,
        document_id=passage_id.split("#")[0],
        title="",
        section="",
        page=None,
        url="",
        quote=quote,
        publisher="",
        as_of=None,
        superseded=False,
    )


def answered(status: Status = "answered", text: str = "", citations: tuple[Citation, ...] = ()) -> Answer:
    return Answer(
        id="",
        question="",
        status=status,
        sentences=(Sentence(text, ()),),
        citations=citations,
        notice="",
        contacts=(),
        follow_ups=(),
        generator="extractive",
        index_version=None,
        encoder=None,
        timings_ms=Timings(0.0, 0.0, 0.0, 0.0),
    )


def outcome(
    question: Question, ranked: str = "", answer: Answer | None = None, sections: tuple[str, ...] = ()
) -> Outcome:
    """`ranked` is the ids of the documents, one letter each."""
    return Outcome(question, tuple(ranked), sections, answer, None, 1.0)


def about(question_id: str, *relevant: str) -> Question:
    return Question(question_id, "?", relevant=relevant)


def test_recherche_sur_un_exemple() -> None:
    # Q1: one right document, ranked 2nd. Q2: two right ones, a and d, ranked 1st and 4th.
    found = retrieval([outcome(about("q1", "a"), "bac"), outcome(about("q2", "a#x", "d"), "abcd")])
    assert found["n"] == 2
    assert found["mrr@10"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["recall@1"] == pytest.approx((0 + 1 / 2) / 2)
    assert found["recall@3"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["recall@5"] == pytest.approx(1.0)
    # DCG of Q1: 1 / log2(3), ideal 1. Of Q2: 1 + 1 / log2(5), ideal 1 + 1 / log2(3).
    first = 1 / math.log2(3)
    second = (1 + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    assert found["ndcg@10"] == pytest.approx((first + second) / 2)


def test_une_question_sans_resultat_pese_comme_un_echec() -> None:
    # Q1 is found at once (1), Q2 has no result at all (0): every mean is 1/2.
    found = retrieval([outcome(about("q1", "a"), "a"), outcome(about("q2", "b"), "")])
    assert found["n"] == 2
    for name in ("mrr@10", "ndcg@10", "recall@1", "recall@10"):
        assert found[name] == pytest.approx(0.5), name


def test_au_dela_du_dixieme_rien_ne_compte() -> None:
    found = retrieval([outcome(about("q", "z"), "abcdefghijz")])
    assert (found["mrr@10"], found["recall@10"], found["ndcg@10"]) == (0.0, 0.0, 0.0)


def test_deux_parties_d_un_document_comptent_une_fois() -> None:
    # a#x and a#y are one document: found first, recall is 1, not 1/2.
    assert retrieval([outcome(about("q", "a#x", "a#y"), "ab")])["recall@1"] == 1.0


@pytest.mark.parametrize("outcomes", [[], [outcome(about("q"), "abc")]], ids=["rien", "rien de juge"])
def test_recherche_sans_rien_a_mesurer(outcomes: list[Outcome]) -> None:
    found = retrieval(outcomes)
    assert found.pop("n") == 0
    assert set(found.values()) == {None}


def test_rappel_des_parties() -> None:
    # Q1 has its part among the first two; Q2 has it 3rd; Q3 states no part and is set aside.
    ranked = ("a#x", "b#y", "c#z")
    judged = [
        outcome(about("q1", "b#y"), sections=ranked),
        outcome(about("q2", "c#z", "d#w"), sections=ranked),
        outcome(about("q3", "a"), sections=ranked),
    ]
    assert section_recall(judged, 2) == pytest.approx(1 / 2)
    assert section_recall(judged, 3) == 1.0
    assert section_recall(judged[2:], 3) is None


def expecting(expected: Expected, found: Status | None) -> Outcome:
    return outcome(Question("q", "?", expected=expected), answer=answered(found) if found else None)


def test_reponses_sur_un_exemple() -> None:
    outcomes = [
        expecting("answer", "answered"),
        expecting("answer", "answered"),
        expecting("answer", "not_found"),  # declined wrongly
        expecting("answer", "emergency"),  # a false alarm
        expecting("redirect", "redirected"),
        expecting("out_of_scope", "not_found"),  # declined, whatever the kind
        expecting("not_found", None),  # refused before any answer: declined too
        expecting("not_found", "answered"),  # should have declined
        expecting("emergency", "emergency"),
        expecting("emergency", "redirected"),  # missed, and declined wrongly
    ]
    found = answers(outcomes, DOCUMENTS)
    assert found["n"] == 10
    assert found["answered"] == pytest.approx(2 / 4)
    assert (found["declined"], found["to_decline"]) == (5, 4)
    assert found["decline_precision"] == pytest.approx(3 / 5)
    assert found["decline_recall"] == pytest.approx(3 / 4)
    assert found["emergency_recall"] == pytest.approx(1 / 2)
    assert found["emergency_false_alarms"] == pytest.approx(1 / 8)


def test_reponses_sans_rien_a_mesurer() -> None:
    found = answers([], DOCUMENTS)
    assert (found.pop("n"), found.pop("declined"), found.pop("to_decline")) == (0, 0, 0)
    assert set(found.values()) == {None}
    calm = answers([expecting("answer", "answered")], DOCUMENTS)
    for name in ("decline_precision", "decline_recall", "emergency_recall", "key_fact_recall", "exact_quotes"):
        assert calm[name] is None, name


def test_faits_attendus() -> None:
    # Of three facts, the first is said in other case and accents, the second by its other wording.
    question = Question("q", "?", key_facts=(("ZONE BLEUE",), ("loyer", "le bail"), ("absent",)))
    assert key_fact_share(outcome(question, answer=answered(text=TEXT))) == pytest.approx(2 / 3)
    assert key_fact_share(outcome(question, answer=None)) == 0.0
    assert key_fact_share(outcome(Question("q", "?"), answer=answered(text=TEXT))) is None


def test_faits_comptes_sur_les_questions_a_repondre_seulement() -> None:
    facts = (("zone",),)
    kept = outcome(Question("q", "?", key_facts=facts), answer=answered(text=TEXT))
    aside = outcome(Question("r", "?", expected="redirect", key_facts=facts), answer=answered("redirected"))
    assert answers([kept, aside], DOCUMENTS)["key_fact_recall"] == 1.0


def test_citations_exactes() -> None:
    # One quote of the two is in the text to the letter: the other lost its capital.
    cited = answered(citations=(citation("a#x", "La zone bleue."), citation("b#y", "le bail.")))
    assert exact_quotes(outcome(about("q", "a"), answer=cited), DOCUMENTS) == pytest.approx(1 / 2)


def test_precision_des_citations() -> None:
    # Relevant: part x of a, and all of b. Cited: a#x (cut in two, right), a#z (wrong), b#y (right).
    cited = answered(citations=tuple(citation(name, "La") for name in ("a#x.1f", "a#z", "b#y")))
    assert citation_precision(outcome(about("q", "a#x", "b"), answer=cited)) == pytest.approx(2 / 3)
    assert citation_precision(outcome(about("q"), answer=cited)) is None
    assert citation_precision(outcome(about("q", "a"), answer=answered())) is None
    assert citation_precision(outcome(about("q", "a"), answer=None)) is None


@pytest.mark.parametrize(
    ("share", "value"),
    # Nearest rank on 10, 20, …, 100: ceil(share x 10) from 1.
    [(0.01, 10.0), (0.1, 10.0), (0.11, 20.0), (0.5, 50.0), (0.95, 100.0), (1.0, 100.0)],
)
def test_percentile(share: float, value: float) -> None:
    assert percentile([float(10 * rank) for rank in range(10, 0, -1)], share) == value


def test_percentile_sans_valeur() -> None:
    assert percentile([], 0.5) is None
    assert percentile([7.0], 0.5) == 7.0
