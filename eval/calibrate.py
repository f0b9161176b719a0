"""Fit the weights of abstention on the labelled questions: `python -m eval.calibrate`.

Prints the constants of `assistant/abstention.py` and what each threshold keeps and declines, the router being
judged on questions it has not seen (ten folds). Reads `calibration.jsonl` only: no evaluation file. The only
module that imports sklearn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from assistant.abstention import signals
from assistant.router import known_questions, labelled, train
from assistant.settings import Settings
from corpus.library import Library
from index.build import build_in_memory, no_progress
from index.embedded_model import load_encoder
from index.encoder import Vectors

_FOLDS = 10


class _Remembering:
    """An encoder that encodes each question once: the folds share most of them."""

    def __init__(self, encoder: object) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(self._encoder, name)

    def encode_question(self, text: str) -> Vectors:
        if text not in self._known:
            self._known[text] = self._encoder.encode_question(text)  # type: ignore[attr-defined]  # as an Encoder
        return self._known[text]


def main() -> None:
    settings = Settings.read()
    encoder = _Remembering(load_encoder(settings.index.encoder, settings.models, no_progress))
    index = build_in_memory(Library(None), encoder, settings.corpus, settings.index).index  # type: ignore[arg-type]  # as an Encoder
    rows = labelled()
    labels = np.array([row["label"] for row in rows])
    known = known_questions(index)
    results = [index.search(row["question"], 10, encoder) for row in rows]  # type: ignore[arg-type]  # as an Encoder
    found: list[Mapping[str, float]] = [{}] * len(rows)
    for learnt, judged in StratifiedKFold(_FOLDS, shuffle=True, random_state=1).split(rows, labels):
        router = train(encoder, known, index.speller.repair, rows=[rows[at] for at in learnt])  # type: ignore[arg-type]  # as an Encoder
        for at in judged:
            found[at] = router.probabilities(results[at].question, results[at].vector)
        print(".", end="", flush=True)
    right = np.mean([max(p, key=lambda label: p[label]) == label for p, label in zip(found, labels, strict=True)])
    print(f"\nbonne étiquette : {right:.3f}")
    calm = labels != "emergency"
    answer = labels[calm] == "answer"
    for title, with_router in (("avec tri", True), ("sans tri", False)):
        matrix = np.array([signals(r, p if with_router else None) for r, p in zip(results, found, strict=True)])[calm]
        _report(title, matrix, answer)


def _report(title: str, matrix: NDArray[np.float64], answer: Sequence[bool] | NDArray[np.bool_]) -> None:
    model = LogisticRegression(C=10.0, max_iter=5000)
    judged = cross_val_predict(model, matrix, answer, cv=_FOLDS, method="predict_proba")[:, 1]
    model.fit(matrix, answer)
    print(
        f"{title} : poids {model.coef_[0].round(3).tolist()}, constante {model.intercept_[0]:.3f}, "
        f"aire {roc_auc_score(answer, judged):.3f}"
    )
    for threshold in (0.25, 0.3, 0.35, 0.4, 0.45, 0.5):
        declined = judged < threshold
        kept, refused = np.mean(~declined[answer]), np.mean(declined[~np.asarray(answer)])
        print(f"  seuil {threshold} : garde {kept:.3f}, refuse {refused:.3f}")


if __name__ == "__main__":
    main()
