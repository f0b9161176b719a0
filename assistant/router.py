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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.storage import storage_errors, write_atomically
from index.dense import normalize
from index.encoder import Encoder, Vectors
from index.passage_index import PassageIndex, asked_of

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


def known_questions(index: PassageIndex) -> dict[str, Vectors | None]:
    """Questions that the fiches answer by construction, with their vectors where the index has them.

    They are the titles of their sections, and the other wordings that come with these.
    """
    fiches = [document for document in index.documents.values() if document.kind == "fiche"]
    titles = [document.quote(b.start, b.end) for document in fiches for b in document.blocks if b.kind == "heading"]
    known: dict[str, Vectors | None] = {title: None for title in titles if title.endswith("?")}
    return known | {text: index.raw_asked[row] for row, (_, text) in enumerate(asked_of(index.passages))}


def train(
    encoder: Encoder,
    known: Mapping[str, Vectors | None],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Router:
    """A router for this encoder, from the labelled questions and those that the fiches answer.

    Args:
        known: the latter, with their vectors where they are known.
    """
    # Imported here: half a second that a trained router does not need.
    from sklearn.linear_model import LogisticRegression

    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    questions = [row["question"] for row in rows] + list(known)
    labels = [row["label"] for row in rows] + ["answer"] * len(known)
    vectors = np.empty((len(questions), encoder.dimension), np.float32)
    for number, question in enumerate(questions):
        vector = known.get(question)
        vectors[number] = encoder.encode_question(question) if vector is None else vector
        progress(number + 1, len(questions))
    mean = vectors.mean(axis=0)
    model = LogisticRegression(C=_C, max_iter=5000, class_weight="balanced")
    model.fit(normalize(vectors - mean), labels)
    assert tuple(model.classes_) == LABELS
    return Router(mean, model.coef_, model.intercept_)


def load_or_train(
    encoder: Encoder,
    known: Mapping[str, Vectors | None],
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Router:
    """The router kept in `folder` for this encoder and these questions, else a new one, kept there.

    Raises:
        StorageError: if it cannot be kept.
    """
    stated = json.dumps([encoder.name, *known], ensure_ascii=False).encode()
    digest = hashlib.sha256(QUESTIONS.read_bytes() + stated).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", encoder.name)[-60:]
    path = folder / f"router-{name}-{digest}.npz"
    try:
        # From memory: on a file cut short, numpy leaves open the one it was given by name.
        with np.load(io.BytesIO(path.read_bytes())) as kept:
            return Router(kept["mean"], kept["weights"], kept["bias"])
    # Absent the first time; numpy raises several kinds of errors on a file cut short.
    except Exception:
        router = train(encoder, known, progress)
    buffer = io.BytesIO()
    np.savez(buffer, mean=router.mean, weights=router.weights, bias=router.bias)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, buffer.getvalue())
    return router
