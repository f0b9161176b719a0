"""The figures of docs/qualite.md: `python -m eval.quality [--cnil FOLDER]`, as Markdown on standard output."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.engine import Assistant
from assistant.router import load_or_train
from assistant.settings import Settings
from corpus.library import Library
from eval.measures import Outcome, retrieval, section_recall
from eval.questions import Question, read_questions
from eval.run import outcome_of, run
from eval.variants import VARIANTS, varied
from index.build import build_in_memory, no_progress
from index.embedded_model import load_encoder

FOLDER = Path(__file__).with_name("questions")


def wilson(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a proportion; E. B. Wilson, JASA 22, 1927."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cnil", type=Path, help="dossier du banc CNIL : documents/ et questions-dev.jsonl")
    options = parser.parse_args(arguments)
    settings = Settings.read()
    assistant = _assistant(settings)
    halves = {name: read_questions(FOLDER / f"{name}.jsonl") for name in ("dev", "kept")}
    for name, questions in halves.items():
        _half(name, run(assistant, questions), questions)
    _robustness(assistant, [question for question in halves["dev"] if question.expected == "answer"])
    if options.cnil:
        bench = _assistant(settings, options.cnil / "documents")
        found = retrieval([outcome_of(bench, q) for q in read_questions(options.cnil / "questions-dev.jsonl")])
        print("\n## Banc CNIL, moitié de mise au point\n")
        print(f"recall@5 {found['recall@5']:.3f}, MRR@10 {found['mrr@10']:.3f} ({found['n']} questions)")


def _assistant(settings: Settings, *roots: Path) -> Assistant:
    """The assistant on these folders, or on the shipped fiches with their router; nothing is kept but the router."""
    encoder = load_encoder(settings.index.encoder, settings.models, no_progress)
    index = build_in_memory(Library(None, roots), encoder, settings.corpus, settings.index).index
    router = None if roots else load_or_train(encoder, index, settings.models)
    return Assistant(index, encoder, settings.assistant, router)


def _half(name: str, result: Mapping[str, Any], questions: Sequence[Question]) -> None:
    answers, found = result["answers"], result["retrieval"]
    answer = sum(question.expected == "answer" for question in questions)
    urgent = sum(question.expected == "emergency" for question in questions)
    rows = [
        ("sections attendues, recall@3", found["section_recall@3"], answer),
        ("MRR@10 des documents", found["mrr@10"], None),
        ("réponses données", answers["answered"], answer),
        ("précision des refus", answers["decline_precision"], answers["declined"]),
        ("rappel des refus", answers["decline_recall"], answers["to_decline"]),
        ("urgences vues", answers["emergency_recall"], urgent),
        ("fausses alertes", answers["emergency_false_alarms"], len(questions) - urgent),
        ("faits attendus retrouvés", answers["key_fact_recall"], None),
        ("citations exactes", answers["exact_quotes"], None),
        ("citations dans une section attendue", answers["citation_precision"], None),
    ]
    print(f"\n## Questions de la moitié « {name} » ({len(questions)})\n")
    print("| mesure | valeur | intervalle à 95 % |\n|---|---|---|")
    for label, value, count in rows:
        low_high = "–" if count is None else "{:.3f} à {:.3f}".format(*wilson(value, count))
        print(f"| {label} | {value:.3f} | {low_high} |")


def _robustness(assistant: Assistant, questions: list[Question]) -> None:
    def measured(asked: list[Question]) -> tuple[float, float]:
        outcomes: list[Outcome] = [outcome_of(assistant, question) for question in asked]
        return float(retrieval(outcomes)["ndcg@10"] or 0), section_recall(outcomes, 3) or 0.0

    base = measured(questions)
    print("\n## Robustesse\n\n| écriture | nDCG@10 | écart | recall@3 des sections |\n|---|---|---|---|")
    print(f"| telle quelle | {base[0]:.3f} | – | {base[1]:.3f} |")
    losses = []
    for variant in VARIANTS:
        ndcg, recall = measured(varied(questions, variant))
        losses.append(base[0] - ndcg)
        print(f"| {variant} | {ndcg:.3f} | {ndcg - base[0]:+.3f} | {recall:.3f} |")
    print(f"\nPerte moyenne : {100 * sum(losses) / len(losses):.1f} points de nDCG@10.")


if __name__ == "__main__":
    main()
