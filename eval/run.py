"""Ask every question of a file as a user would, and measure."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ulid import ULID

from assistant.engine import Assistant
from corpus.errors import InvalidQuestion
from corpus.storage import storage_errors, write_atomically
from eval.measures import Outcome, answers, key_fact_share, percentile, retrieval, section_recall
from eval.questions import Question, digest_of

_DEPTH = 50  # passages looked at to rank ten documents


def run(
    assistant: Assistant,
    questions: Sequence[Question],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """The measures of one run, in the form that `amaris eval run --json` prints."""
    outcomes = []
    for number, question in enumerate(questions, start=1):
        outcomes.append(outcome_of(assistant, question))
        progress(number, len(questions))
    documents = assistant.index.documents
    tags = sorted({tag for question in questions for tag in question.tags})
    latencies = [outcome.latency_ms for outcome in outcomes]
    return {
        "run_id": str(ULID()),
        "questions_digest": digest_of(list(questions)),
        "index_version": assistant.index.version,
        "encoder": assistant.encoder.name,
        "retrieval": retrieval(outcomes)
        | {"section_recall@3": section_recall(outcomes, 3), "section_recall@5": section_recall(outcomes, 5)},
        "answers": answers(outcomes, documents),
        "latency_ms": {"p50": percentile(latencies, 0.5), "p95": percentile(latencies, 0.95)},
        "tags": {
            tag: {
                "retrieval": retrieval(of_tag := [o for o in outcomes if tag in o.question.tags]),
                "answers": answers(of_tag, documents),
            }
            for tag in tags
        },
        "questions": [_row(outcome) for outcome in outcomes],
    }


def outcome_of(assistant: Assistant, question: Question) -> Outcome:
    ranked: list[str] = []
    sections: list[str] = []
    answer, refusal = None, None
    started = time.perf_counter()
    try:
        answer = assistant.ask(question.question)
    except InvalidQuestion as error:
        refusal = str(error)
    latency = 1000 * (time.perf_counter() - started)
    if refusal is None:
        for hit in assistant.search(question.question, _DEPTH, any_language=True).hits:
            ranked.append(hit.passage.document_id)
            sections.append(f"{hit.passage.document_id}#{hit.passage.anchor or 'texte'}")
    return Outcome(
        question=question,
        ranked=tuple(dict.fromkeys(ranked)),
        ranked_sections=tuple(dict.fromkeys(sections)),
        answer=answer,
        refusal=refusal,
        latency_ms=latency,
    )


def _row(outcome: Outcome) -> dict[str, Any]:
    question = outcome.question
    return {
        "id": question.id,
        "question": question.question,
        "expected": question.expected,
        "relevant": question.relevant,
        "tags": question.tags,
        "status": outcome.answer.status if outcome.answer else "refused",
        "refusal": outcome.refusal,
        "ranked": outcome.ranked[:10],
        "sections": outcome.ranked_sections[:10],
        "key_fact_share": key_fact_share(outcome),
        "latency_ms": outcome.latency_ms,
        "sentences": [asdict(sentence) for sentence in outcome.answer.sentences] if outcome.answer else [],
        "citations": [citation.passage_id for citation in outcome.answer.citations] if outcome.answer else [],
    }


def save(result: dict[str, Any], folder: Path) -> Path:
    """Keep a run, so that it can be compared later.

    Raises:
        StorageError: if the folder cannot be written.
    """
    path = folder / f"{result['run_id']}.json"
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(result, ensure_ascii=False, indent=1).encode())
    return path
