"""Tell what kind of question is asked: ours, somebody else's, off the subject, not in the documents, urgent.

Regularised least squares with a kernel that adds two likenesses: of the encoder's vectors (Gaussian), and of
the words and pairs of words (TF-IDF cosine); C. E. Rasmussen and C. Williams, "Gaussian Processes for Machine
Learning", 2006, section 6.2. Trained on `calibration.jsonl`, which no evaluation file repeats, and on the
questions that the fiches answer by construction; kept in the models' folder.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from corpus.storage import storage_errors, write_atomically
from index.dense import normalize
from index.encoder import Encoder, Vectors
from index.lexical import fold
from index.passage_index import PassageIndex, asked_of

QUESTIONS = Path(__file__).with_name("calibration.jsonl")
LABELS = ("answer", "emergency", "not_found", "out_of_scope", "redirect")
# Measured on 1,895 labelled questions in ten-fold cross-validation, 2,064 known questions always given:
# area under the curve of « answer » against the three refusals, 0.85 for the logistic regression
# on vectors that came before, 0.89 for vectors alone here, 0.90 with words; on the tuning half of the
# evaluation questions 0.90, 0.955, 0.97.
_GAMMA = 1.0  # of the Gaussian
_WORDS = 0.5  # weight of the likeness of words
_NOISE = 0.1  # regularisation
_KNOWN = 0.3  # weight of a known question against a labelled one
# Scores to probabilities: the temperature that gives the labelled questions their best likelihood.
_TEMPERATURE = 0.22
# Another router is good enough when it was taught this share of the known questions: a corrected fiche
# must be served at once.
_ALIKE = 0.9


@dataclass(frozen=True, slots=True)
class Router:
    mean: Vectors  # shape (dimension,): taken off every vector
    points: Vectors  # of the questions learnt, shape (questions, dimension)
    vocabulary: Mapping[str, int]
    rarity: NDArray[np.float64]  # shape (words,)
    words: csr_array  # of the questions learnt, shape (questions, words)
    weights: NDArray[np.float64]  # shape (questions, labels)
    known: tuple[str, ...]  # the known questions it was taught

    def probabilities(self, question: str, vector: Vectors) -> dict[str, float]:
        """Probability of each label; they sum to 1.

        Args:
            question: as it was searched.
            vector: of that question.
        """
        centred = normalize((vector - self.mean)[None, :])
        likeness = _gaussian(centred, self.points)[0]
        said = _weighed([features(question)], self.vocabulary, self.rarity)
        likeness = likeness + _WORDS * (self.words @ said.T).toarray()[:, 0]
        scores = likeness @ self.weights / _TEMPERATURE
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


def labelled() -> list[dict[str, str]]:
    """The labelled questions: `question` and `label`."""
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


def features(question: str) -> list[str]:
    """The words of a question and its pairs of words, folded; small words count: « combien », « qui »."""
    words = re.findall(r"\w+", fold(question))
    return words + [f"{one} {other}" for one, other in pairwise(words)]


def train(
    encoder: Encoder,
    known: Mapping[str, Vectors | None],
    repair: Callable[[str], str],
    progress: Callable[[int, int], None] = lambda done, total: None,
    rows: Sequence[Mapping[str, str]] | None = None,
) -> Router:
    """A router for this encoder, from the labelled questions and those that the fiches answer.

    Args:
        known: the latter, with their vectors where they are known.
        repair: what is done to a question before it is searched.
        rows: labelled questions, in place of all those of `calibration.jsonl`.
    """
    rows = labelled() if rows is None else rows
    questions = [repair(row["question"]) for row in rows] + list(known)
    labels = np.array([LABELS.index(row["label"]) for row in rows] + [0] * len(known))
    vectors = np.empty((len(questions), encoder.dimension), np.float32)
    for number, question in enumerate(questions):
        vector = known.get(question)
        vectors[number] = encoder.encode_question(question) if vector is None else vector
        progress(number + 1, len(questions))
    mean = vectors.mean(axis=0)
    points = normalize(vectors - mean)
    said = [features(question) for question in questions]
    vocabulary, rarity = _vocabulary(said)
    words = _weighed(said, vocabulary, rarity)
    kernel = _gaussian(points, points) + _WORDS * (words @ words.T).toarray()
    trust = np.array([1.0] * len(rows) + [_KNOWN] * len(known))
    counts = np.bincount(labels, weights=trust, minlength=len(LABELS))
    trust *= np.sqrt(len(labels) / len(LABELS) / counts[labels])  # rare labels weigh more, by half
    targets = np.full((len(labels), len(LABELS)), -1 / (len(LABELS) - 1))
    targets[np.arange(len(labels)), labels] = 1.0
    kernel[np.diag_indices_from(kernel)] += _NOISE / trust
    weights = np.linalg.solve(kernel, targets)
    return Router(mean, points, vocabulary, rarity, words, weights, tuple(known))


def _gaussian(one: Vectors, other: Vectors) -> NDArray[np.float64]:
    """Of unit vectors, shape (rows of one, rows of other)."""
    distances: NDArray[np.float64] = 2.0 - 2.0 * (one @ other.T).astype(np.float64)
    return np.exp(-_GAMMA * distances)


def _vocabulary(said: Sequence[Sequence[str]]) -> tuple[dict[str, int], NDArray[np.float64]]:
    """The features that two questions share or more, and how rare each is."""
    counts = Counter(feature for each in said for feature in set(each))
    kept = sorted(feature for feature, count in counts.items() if count > 1)
    rarity = np.log((1 + len(said)) / (1 + np.array([counts[feature] for feature in kept], np.float64))) + 1
    return {feature: column for column, feature in enumerate(kept)}, rarity


def _weighed(said: Sequence[Sequence[str]], vocabulary: Mapping[str, int], rarity: NDArray[np.float64]) -> csr_array:
    """Unit rows of TF-IDF, shape (questions, words)."""
    rows, columns, values = [], [], []
    for row, each in enumerate(said):
        found = {vocabulary[f]: 1 + np.log(n) for f, n in Counter(each).items() if f in vocabulary}
        length = np.sqrt(sum((value * rarity[column]) ** 2 for column, value in found.items())) or 1.0
        for column, value in found.items():
            rows.append(row)
            columns.append(column)
            values.append(value * rarity[column] / length)
    return csr_array((values, (rows, columns)), shape=(len(said), len(vocabulary)), dtype=np.float64)


def load_or_train(
    encoder: Encoder,
    index: PassageIndex,
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Router:
    """The router kept in `folder` for this encoder and questions much like the index's, else a new one, kept there.

    Raises:
        StorageError: if it cannot be kept.
    """
    known = known_questions(index)
    code = Path(__file__).read_bytes() + QUESTIONS.read_bytes() + encoder.name.encode()
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", encoder.name)[-60:]
    path = folder / f"router-{name}-{hashlib.sha256(code).hexdigest()[:12]}.npz"
    kept = _read(path)
    if kept is not None and len(set(kept.known) & set(known)) >= _ALIKE * max(len(kept.known), len(known), 1):
        return kept
    router = train(encoder, known, index.speller.repair, progress)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _to_bytes(router))
    return router


def _to_bytes(router: Router) -> bytes:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        mean=router.mean,
        points=router.points,
        rarity=router.rarity,
        weights=router.weights,
        data=router.words.data,
        indices=router.words.indices,
        indptr=router.words.indptr,
        texts=np.frombuffer(json.dumps([list(router.vocabulary), router.known]).encode(), np.uint8),
    )
    return buffer.getvalue()


def _read(path: Path) -> Router | None:
    try:
        # From memory: on a file cut short, numpy leaves open the one it was given by name.
        with np.load(io.BytesIO(path.read_bytes())) as kept:
            vocabulary, known = json.loads(kept["texts"].tobytes())
            shape = (len(kept["points"]), len(vocabulary))
            words = csr_array((kept["data"], kept["indices"], kept["indptr"]), shape=shape)
            columns = {feature: column for column, feature in enumerate(vocabulary)}
            return Router(kept["mean"], kept["points"], columns, kept["rarity"], words, kept["weights"], tuple(known))
    # Absent the first time; numpy raises several kinds of errors on a file cut short.
    except Exception:
        return None
