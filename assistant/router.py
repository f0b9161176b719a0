"""Tell what kind of question is asked, from its vector: ours, somebody else's, off the subject, urgent.

A multinomial logistic regression over the encoder's vector, trained on `calibration.jsonl`, which no
evaluation file repeats. Training takes about five seconds, once for each encoder; the result is kept.
The only module that imports sklearn.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.documents import Document
from corpus.storage import storage_errors, write_atomically
from index.dense import normalize
from index.encoder import Encoder, Vectors

QUESTIONS = Path(__file__).with_name("calibration.jsonl")
LABELS = ("answer", "emergency", "not_found", "out_of_scope", "redirect")
# Inverse strength of the penalty; 3, 10, 30 and 100 give 0.76, 0.76, 0.75 and 0.75 of right labels
# in ten-fold cross-validation over 726 labelled questions and 99 section titles.
_C = 10.0


@dataclass(frozen=True, slots=True)
class Router:
    mean: Vectors  # shape (dimension,): taken off every vector
    weights: NDArray[np.float64]  # shape (labels, dimension)
    bias: NDArray[np.float64]  # shape (labels,)

    def probabilities(self, vector: Vectors) -> dict[str, float]:
        """Probability of each label for a question's vector; they sum to 1."""
        centred = normalize((vector - self.mean)[None, :])[0]
        scores = self.weights @ centred + self.bias
        shares = np.exp(scores - scores.max())
        return dict(zip(LABELS, (shares / shares.sum()).tolist(), strict=True))


def question_headings(documents: Iterable[Document]) -> list[str]:
    """The section titles that are questions, in order."""
    titles = [document.quote(b.start, b.end) for document in documents for b in document.blocks if b.kind == "heading"]
    return [title for title in titles if title.endswith("?")]


def train(
    encoder: Encoder, headings: Sequence[str], progress: Callable[[int, int], None] = lambda done, total: None
) -> Router:
    """A router for this encoder, from the labelled questions and the fiches' own.

    Args:
        headings: questions that the fiches answer by construction: the titles of their sections.
    """
    # Imported here: half a second that a trained router does not need.
    from sklearn.linear_model import LogisticRegression

    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    rows += [{"question": heading, "label": "answer"} for heading in headings]
    vectors = np.empty((len(rows), encoder.dimension), np.float32)
    for number, row in enumerate(rows):
        vectors[number] = encoder.encode_question(row["question"])
        progress(number + 1, len(rows))
    mean = vectors.mean(axis=0)
    model = LogisticRegression(C=_C, max_iter=5000, class_weight="balanced")
    model.fit(normalize(vectors - mean), [row["label"] for row in rows])
    assert tuple(model.classes_) == LABELS
    return Router(mean, model.coef_, model.intercept_)


def load_or_train(
    encoder: Encoder,
    headings: Sequence[str],
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Router:
    """The router kept in `folder` for this encoder and these questions, else a new one, kept there.

    Raises:
        StorageError: if it cannot be kept.
    """
    stated = json.dumps([encoder.name, *headings], ensure_ascii=False).encode()
    digest = hashlib.sha256(QUESTIONS.read_bytes() + stated).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", encoder.name)[-60:]
    path = folder / f"router-{name}-{digest}.npz"
    try:
        # From memory: on a file cut short, numpy leaves open the one it was given by name.
        with np.load(io.BytesIO(path.read_bytes())) as kept:
            return Router(kept["mean"], kept["weights"], kept["bias"])
    # Absent the first time; numpy raises several kinds of errors on a file cut short.
    except Exception:
        router = train(encoder, headings, progress)
    buffer = io.BytesIO()
    np.savez(buffer, mean=router.mean, weights=router.weights, bias=router.bias)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, buffer.getvalue())
    return router
