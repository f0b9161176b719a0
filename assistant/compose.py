"""Choose the sentences that answer, word for word, and cite each of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote as percent_encode
from urllib.parse import urlencode

from assistant.answers import Citation, Sentence
from assistant.claims import Claim, claim_of
from assistant.settings import AssistantSettings
from corpus.documents import Document, Passage, Span
from index.hits import Hit
from index.lexical import terms
from index.passage_index import PassageIndex

# A passage under this share of the best score says something else: it is not quoted.
_PASSAGE_SHARE = 0.72
# A publication heard beside the fiches has at least this share of the best score.
_PUBLICATION_SHARE = 0.25
# Weights of the three signs of a good sentence: words shared with the question, score of its
# passage, place in it. Tried on the starting questions: 0.3, 0.5, 0.2 gives 0.71 of the key facts,
# 0.45, 0.35, 0.2 gives 0.66. Vectors of single sentences, alone or pooled from their passage, add
# 0.02 at best and were left out.
_WORDS, _PASSAGE, _LEAD = 0.3, 0.5, 0.2
# A sentence under this share of the first one's score is filling.
_SENTENCE_SHARE = 0.65
# Of two sentences, one that shares more than this of the shorter one's terms says the same thing.
_SAME = 0.6
# Two sentences that share this much of the longer one's terms, numbers apart, speak of the same fact.
_SAME_CLAIM = 0.75
# A question about the law of before.
_PAST = re.compile(
    r"\b(?:avant|jusqu'en|ancien\w*|autrefois|à l'époque|auparavant|historique\w*|évolu\w+|chang\w+)\b"
    r"|\b(?:19\d\d|200\d|201[0-5])\b",
    re.I,
)
_FORMER = "[Texte remplacé, qui ne dit plus le droit actuel] "  # in front of a sentence of the past
_MAX_CHARS = 900  # of an answer: what a reader in a hurry takes in on one screen


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    span: Span  # in the document's text
    position: int  # among the sentences of the passage
    words: frozenset[str]
    telling: bool  # it holds at least half of the question's terms
    score: float
    claim: Claim


@dataclass(frozen=True, slots=True)
class Composed:
    """The sentences of an answer and their citations, numbered in order of use."""

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    disagreement: tuple[int, int] | None = None  # two citations, both in force, that contradict each other

    def followed_by(self, other: Composed) -> Composed:
        """Both answers, one after the other; what the second repeats is said once."""
        said = {citation.quote for citation in self.citations}
        numbers: dict[int, int] = {}
        citations = list(self.citations)
        for citation in other.citations:
            if citation.quote not in said:
                numbers[citation.number] = len(citations) + 1
                citations.append(replace(citation, number=numbers[citation.number]))
        new = [
            Sentence(sentence.text, tuple(numbers[number] for number in sentence.citations))
            for sentence in other.sentences
            if all(number in numbers for number in sentence.citations)
        ]
        pair = self.disagreement
        if pair is None and other.disagreement and all(number in numbers for number in other.disagreement):
            pair = (numbers[other.disagreement[0]], numbers[other.disagreement[1]])
        return Composed((*self.sentences, *new), tuple(citations), pair)


def compose(
    question: str, hits: Sequence[Hit], index: PassageIndex, settings: AssistantSettings, today: dt.date
) -> Composed:
    """What the passages answer, in their own words.

    Sentences are exact substrings of their documents. They come from at most
    `settings.max_cited_passages` passages, best passage first, each passage in its own order. Two
    more may follow: one that contradicts a chosen one, and, when the question is about the past,
    one that is no longer the law, which says so in front and never stands alone.
    """
    current = [hit for hit in hits if not hit.passage.validity.is_over(today)]
    cited = [hit for hit in current if hit.score >= _PASSAGE_SHARE * current[0].score][: settings.max_cited_passages]
    publications = _publications(current, cited, index)
    chosen = _choose(_candidates(question, cited, index), settings)
    if publications:
        chosen = _with_publication(chosen, _candidates(question, publications, index), settings)
    chosen.sort(key=lambda c: (c.hit.rank, c.span))
    opposed = _disagreement(chosen, _candidates(question, current, index))
    if opposed and opposed[1] not in chosen:
        chosen.insert(chosen.index(opposed[0]) + 1, opposed[1])
    if chosen and _PAST.search(question):
        former = [hit for hit in hits if hit.passage.validity.is_over(today)]
        telling = [candidate for candidate in _candidates(question, former, index) if candidate.telling]
        chosen += sorted(telling, key=lambda c: -c.score)[:1]
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    for number, candidate in enumerate(chosen, start=1):
        passage = candidate.hit.passage
        document = index.documents[passage.document_id]
        over = passage.validity.is_over(today)
        text = document.quote(*candidate.span)
        citations.append(_citation(number, document, passage, candidate.span, superseded=over))
        sentences.append(Sentence(_FORMER + text if over else text, (number,)))
    pair = (chosen.index(opposed[0]) + 1, chosen.index(opposed[1]) + 1) if opposed else None
    return Composed(tuple(sentences), tuple(citations), pair)


def _publications(hits: Sequence[Hit], cited: Sequence[Hit], index: PassageIndex) -> list[Hit]:
    """The passages of added documents, when only starter fiches would be quoted.

    A publication has more authority than a fiche written for the start: where both speak of the
    question, both are heard.
    """
    if not cited or any(index.documents[hit.passage.document_id].kind != "fiche" for hit in cited):
        return []
    return [
        hit
        for hit in hits
        if index.documents[hit.passage.document_id].kind != "fiche" and hit.score >= _PUBLICATION_SHARE * hits[0].score
    ]


def _with_publication(
    chosen: list[_Candidate], offered: list[_Candidate], settings: AssistantSettings
) -> list[_Candidate]:
    """The chosen sentences with the best one of a publication, in place of the weakest if need be."""
    telling = [
        candidate
        for candidate in offered
        if candidate.telling and not any(_alike(candidate.words, other.words) for other in chosen)
    ]
    if not telling:
        return chosen
    kept = sorted(chosen, key=lambda c: -c.score)[: settings.max_sentences - 1]
    passages = {candidate.hit.passage.passage_id for candidate in kept}
    while len(passages) >= settings.max_cited_passages:
        kept.pop()
        passages = {candidate.hit.passage.passage_id for candidate in kept}
    return [*kept, max(telling, key=lambda candidate: candidate.score)]


def _candidates(question: str, hits: Sequence[Hit], index: PassageIndex) -> list[_Candidate]:
    wanted = set(terms(question))
    found: list[tuple[Hit, Span, int, frozenset[str]]] = []
    for hit in hits:
        document = index.documents[hit.passage.document_id]
        for position, span in enumerate(hit.passage.sentences):
            text = document.quote(*span)
            if _stands_alone(text):
                found.append((hit, span, position, frozenset(terms(text))))
    rarity = _rarity([words for *_, words in found])
    asked = sum(rarity.get(word, 0.0) for word in wanted) or 1.0
    best = max((hit.score for hit in hits), default=1.0) or 1.0
    return [
        _Candidate(
            hit,
            span,
            position,
            words,
            telling=len(words & wanted) * 2 >= len(wanted) > 0,
            score=_WORDS * sum(rarity[word] for word in words & wanted) / asked
            + _PASSAGE * hit.score / best
            + _LEAD / (1 + position),
            claim=claim_of(index.documents[hit.passage.document_id].quote(*span)),
        )
        for hit, span, position, words in found
    ]


def _stands_alone(text: str) -> bool:
    """Whether an extract can be quoted by itself: a finished sentence, or a whole list.

    A label, a list without its items, a line cut short by a page or an extraction cannot, nor can
    the words by which a fiche presents itself.
    """
    finished = text.endswith((".", "!", "?", "…", "»", ")")) or "\n" in text
    return finished and len(text) >= 25 and " " in text and not text.startswith("Cette fiche")


def _rarity(sentences: list[frozenset[str]]) -> dict[str, float]:
    """Inverse sentence frequency of each term among the candidates."""
    counts = Counter(word for words in sentences for word in words)
    total = len(sentences)
    return {word: math.log(1 + total / count) for word, count in counts.items()}


def _choose(candidates: list[_Candidate], settings: AssistantSettings) -> list[_Candidate]:
    ranked = sorted(candidates, key=lambda c: -c.score)
    # The first sentence of the best section answers its title: it goes before sentences that look
    # like it and share more words with the question.
    ranked.sort(key=lambda c: not (c.hit.rank == 1 and c.position == 0 and c.hit.passage.section))
    chosen: list[_Candidate] = []
    length = 0
    for candidate in ranked:
        if len(chosen) == settings.max_sentences:
            break
        size = candidate.span[1] - candidate.span[0]
        enough = len(chosen) >= settings.min_sentences
        if enough and (candidate.score < _SENTENCE_SHARE * ranked[0].score or length + size > _MAX_CHARS):
            continue
        if any(_alike(candidate.words, other.words) for other in chosen):
            continue
        chosen.append(candidate)
        length += size
    return chosen


def _disagreement(chosen: Sequence[_Candidate], others: Sequence[_Candidate]) -> tuple[_Candidate, _Candidate] | None:
    """A chosen sentence, and one of another document that says the same of another number, or denies it."""
    for candidate in chosen:
        for other in others:
            if other.hit.passage.document_id != candidate.hit.passage.document_id and _opposed(candidate, other):
                return candidate, other
    return None


def _opposed(one: _Candidate, other: _Candidate) -> bool:
    said, denied = one.claim, other.claim
    words = one.words - said.numbers, other.words - denied.numbers
    if len(words[0] & words[1]) < _SAME_CLAIM * max(3, len(words[0]), len(words[1])):
        return False
    if said.negated != denied.negated:
        return said.numbers == denied.numbers
    return bool(said.numbers) and bool(denied.numbers) and not said.numbers & denied.numbers


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) > _SAME * max(1, min(len(one), len(other)))


def text_digest(document: Document) -> str:
    """Short fingerprint of a document's text, which a link carries to know its offsets still hold."""
    return hashlib.sha256(document.text.encode()).hexdigest()[:12]


def citation_url(document: Document, span: Span) -> str:
    """Address of the document's page, opened at the quote."""
    place = urlencode({"debut": span[0], "fin": span[1], "empreinte": text_digest(document)})
    return f"/documents/{percent_encode(document.document_id)}?{place}#citation"


def _citation(number: int, document: Document, passage: Passage, span: Span, *, superseded: bool) -> Citation:
    return Citation(
        number=number,
        passage_id=passage.passage_id,
        document_id=document.document_id,
        title=document.title,
        section=" › ".join(passage.section),
        page=next((b.page for b in document.blocks if b.start <= span[0] < b.end), passage.page),
        url=citation_url(document, span),
        quote=document.quote(*span),
        publisher=document.publisher,
        as_of=document.as_of,
        superseded=superseded,
    )
