"""What is measured, and on which questions. Absent is not zero: nothing to measure gives None.

Retrieval measures come from ir_measures (https://ir-measur.es); the only module that imports it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ir_measures
from ir_measures import RR, Qrel, R, ScoredDoc, nDCG

from assistant.answers import Answer
from corpus.documents import Document
from eval.questions import Question
from index.lexical import fold

_RETRIEVAL = {
    "mrr@10": RR @ 10,
    "ndcg@10": nDCG @ 10,
    "recall@1": R @ 1,
    "recall@3": R @ 3,
    "recall@5": R @ 5,
    "recall@10": R @ 10,
}
_DECLINED = ("not_found", "redirected", "out_of_scope")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, and what came of it."""

    question: Question
    ranked: tuple[str, ...]  # document ids, best first, without repeats
    ranked_sections: tuple[str, ...]  # document#section, best first, without repeats
    answer: Answer | None  # None when the question itself was refused
    refusal: str | None  # why, in French
    latency_ms: float


def retrieval(outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    """Means over the questions that have relevant documents; the others are set aside."""
    judged = [outcome for outcome in outcomes if outcome.question.relevant]
    means: dict[str, float | int | None] = {"n": len(judged)}
    if not judged:
        return means | dict.fromkeys(_RETRIEVAL)
    qrels = [Qrel(o.question.id, name, 1) for o in judged for name in o.question.relevant_documents]
    run = [ScoredDoc(o.question.id, name, float(-rank)) for o in judged for rank, name in enumerate(o.ranked, start=1)]
    # A judged question that found nothing must weigh as a failure, and the library needs a row for it.
    run += [ScoredDoc(o.question.id, "∅", -1e9) for o in judged if not o.ranked]
    found = ir_measures.calc_aggregate(_RETRIEVAL.values(), qrels, run)
    return means | {name: float(found[measure]) for name, measure in _RETRIEVAL.items()}


def section_recall(outcomes: Sequence[Outcome], k: int) -> float | None:
    """Share of the questions with relevant sections of which one is among the first k found."""
    judged = [o for o in outcomes if any("#" in name for name in o.question.relevant)]
    return _mean(bool(set(o.ranked_sections[:k]) & set(o.question.relevant)) for o in judged)


def answers(outcomes: Sequence[Outcome], documents: dict[str, Document]) -> dict[str, float | int | None]:
    """Measures of the answers over every question of the file."""
    status = [(o.question.expected, o.answer.status if o.answer else "refused") for o in outcomes]
    to_answer = [found for expected, found in status if expected == "answer"]
    to_decline = [found for expected, found in status if expected in ("redirect", "out_of_scope", "not_found")]
    declined = [expected for expected, found in status if found in (*_DECLINED, "refused")]
    emergencies = [found for expected, found in status if expected == "emergency"]
    calm = [found for expected, found in status if expected != "emergency"]
    cited = [o for o in outcomes if o.answer and o.answer.citations]
    return {
        "n": len(outcomes),
        "answered": _mean(found == "answered" for found in to_answer),
        "decline_precision": _mean(expected not in ("answer", "emergency") for expected in declined),
        "decline_recall": _mean(found in (*_DECLINED, "refused") for found in to_decline),
        "declined": len(declined),
        "to_decline": len(to_decline),
        "emergency_recall": _mean(found == "emergency" for found in emergencies),
        "emergency_false_alarms": _mean(found == "emergency" for found in calm),
        "key_fact_recall": _mean(
            value for o in outcomes if o.question.expected == "answer" and (value := key_fact_share(o)) is not None
        ),
        "exact_quotes": _mean(exact_quotes(o, documents) for o in cited),
        "citation_precision": _mean(value for o in cited if (value := citation_precision(o)) is not None),
    }


def key_fact_share(outcome: Outcome) -> float | None:
    """Share of the expected facts of which a wording is in the answer; None without facts."""
    facts = outcome.question.key_facts
    if not facts:
        return None
    said = fold(" ".join(sentence.text for sentence in outcome.answer.sentences)) if outcome.answer else ""
    return sum(any(fold(wording) in said for wording in fact) for fact in facts) / len(facts)


def exact_quotes(outcome: Outcome, documents: dict[str, Document]) -> float:
    """Share of the quotes that are exact substrings of their document."""
    assert outcome.answer is not None
    citations = outcome.answer.citations
    return sum(c.quote in documents[c.document_id].text for c in citations) / len(citations)


def citation_precision(outcome: Outcome) -> float | None:
    """Share of the citations that fall in a relevant section (or document, where only that is stated)."""
    relevant = set(outcome.question.relevant)
    if not relevant or outcome.answer is None or not outcome.answer.citations:
        return None
    found = [_section_id(c.passage_id) in relevant or c.document_id in relevant for c in outcome.answer.citations]
    return sum(found) / len(found)


def _section_id(passage_id: str) -> str:
    """The section of a passage, whose id adds a digest to it when the section was cut."""
    document, _, section = passage_id.partition("#")
    return f"{document}#{section.split('.')[0]}"


def percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest-rank percentile, share in (0, 1]; None without a value."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _mean(values: Iterable[float | bool]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
