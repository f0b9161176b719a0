"""Whether the passages found are enough to answer, from several signs weighed together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from index.hits import SearchResult

Decision = Literal["answered", "not_found", "redirected", "out_of_scope"]

# Logistic regression on the labelled questions of `calibration.jsonl`, the router's part judged by
# routers that have not seen the question: `python -m eval.calibrate` fits and prints these. No single
# sign is enough. In the order of `signals`.
_WEIGHTS, _BIAS = (0.841, 1.957, 4.802), -9.331
# Without a router (a corpus that is not ours): the words alone.
_WEIGHTS_ALONE, _BIAS_ALONE = (1.922, 4.135), -5.000
# Under this probability the assistant declines. At 0.3 it keeps 94 % of the labelled questions that the fiches
# answer and declines 77 % of the others, which are hard on purpose; at 0.25, 95 % and 73 %. On the tuning half of
# the evaluation questions, 0.3 keeps 95 % and declines 87 %; 0.25, 96 % and 83 %.
THRESHOLD = 0.27
_REFUSALS = ("not_found", "redirect", "out_of_scope")


def signals(result: SearchResult, probabilities: Mapping[str, float] | None) -> tuple[float, ...]:
    """What is weighed: the router's odds of « answer » against the likeliest refusal, in logarithm; the best
    BM25, in logarithm; the share of known words. The first is missing without a router."""
    words = (math.log1p(max((hit.bm25 for hit in result.hits), default=0.0)), result.known_share or 0.0)
    if probabilities is None:
        return words
    against = max(probabilities[label] for label in _REFUSALS)
    return (math.log(max(probabilities["answer"], 1e-9) / max(against, 1e-9)), *words)


def answerable(result: SearchResult, probabilities: Mapping[str, float] | None) -> float:
    """Probability, in [0, 1], that the passages found answer the question."""
    if not result.hits:
        return 0.0
    weights, bias = (_WEIGHTS_ALONE, _BIAS_ALONE) if probabilities is None else (_WEIGHTS, _BIAS)
    score = sum(w * value for w, value in zip(weights, signals(result, probabilities), strict=True)) + bias
    return 1 / (1 + math.exp(-score))


def decide(result: SearchResult, probabilities: Mapping[str, float] | None) -> Decision:
    """Answer, or the kind of refusal that the router finds likeliest."""
    if answerable(result, probabilities) >= THRESHOLD:
        return "answered"
    if probabilities is None:
        return "not_found"
    kinds: dict[str, Decision] = {
        "not_found": "not_found",
        "redirect": "redirected",
        "out_of_scope": "out_of_scope",
    }
    return kinds[max(kinds, key=lambda label: probabilities[label])]
