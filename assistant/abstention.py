"""Whether the passages found are enough to answer, from several signs weighed together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from index.hits import SearchResult

Decision = Literal["answered", "not_found", "redirected", "out_of_scope"]

# Logistic regression on the labelled questions of `calibration.jsonl`, the router's part judged by a
# router that has not seen the question. No single sign is enough: on the 88 starting questions that
# are no emergency, the area under the curve is 0.69 for the best cosine, 0.94 for these together.
_WEIGHT_ROUTER, _WEIGHT_BM25, _WEIGHT_KNOWN, _BIAS = 0.849, 1.960, 3.345, -3.903
# Without a router (a corpus that is not ours): the words alone.
_WEIGHT_BM25_ALONE, _WEIGHT_KNOWN_ALONE, _BIAS_ALONE = 1.922, 4.135, -5.000
# Under this probability the assistant declines. At 0.45 it keeps 93 % of the labelled questions that
# the fiches answer and declines 82 % of the others; at 0.4, 94 % and 79 %; at 0.5, 90 % and 85 %.
THRESHOLD = 0.45


def answerable(result: SearchResult, probabilities: Mapping[str, float] | None) -> float:
    """Probability, in [0, 1], that the passages found answer the question."""
    if not result.hits:
        return 0.0
    bm25 = math.log1p(max(hit.bm25 for hit in result.hits))
    known = result.known_share or 0.0
    if probabilities is None:
        score = _WEIGHT_BM25_ALONE * bm25 + _WEIGHT_KNOWN_ALONE * known + _BIAS_ALONE
    else:
        ours = min(max(probabilities["answer"], 1e-6), 1 - 1e-6)
        score = _WEIGHT_ROUTER * math.log(ours / (1 - ours)) + _WEIGHT_BM25 * bm25 + _WEIGHT_KNOWN * known + _BIAS
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
