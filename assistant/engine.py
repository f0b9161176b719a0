"""From a question to an answer: the one call that every entry point makes."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from ulid import ULID

from assistant.abstention import decide
from assistant.answers import Answer, Sentence, Status, Timings
from assistant.cases import CHOICES, PRECISION, UNKNOWN, fits, housing_last, needs_precision, zone_of, zones_in
from assistant.compose import Composed, compose
from assistant.emergency import NOTICE as EMERGENCY_NOTICE
from assistant.emergency import detect, is_certain
from assistant.question import Turn, check_language, clean_question, parts_of
from assistant.redirects import DEFAULT_CONTACTS, EMERGENCY_CONTACTS, Redirect, redirect
from assistant.rephrase import Rephraser
from assistant.router import Router
from assistant.settings import AssistantSettings
from corpus.documents import Contact
from corpus.errors import InvalidQuestion
from index.encoder import Encoder
from index.hits import Hit, SearchResult
from index.lexical import fold, terms
from index.passage_index import PassageIndex

NOTICE = (
    "Information générale tirée des documents cités ; ce n'est pas un avis juridique. "
    "Vérifiez le règlement de votre PPRT et la version en vigueur des textes."
)
_DISAGREEMENT = (
    "Attention : les citations {} et {} sont toutes deux en vigueur et ne disent pas la même chose. "
    "Demandez à la préfecture ou à la mairie laquelle s'applique à vous. "
)
_UNANSWERED = "Les documents ne répondent pas à cette partie : « {} ». "
_DECLINED: Mapping[str, tuple[str, str]] = {
    "not_found": (
        "Les documents de l'assistant ne répondent pas à cette question.",
        "Les interlocuteurs ci-dessous peuvent vous répondre.",
    ),
    "redirected": (
        "Cette question relève d'un autre interlocuteur : l'assistant n'y répond pas.",
        "Votre mairie, votre préfecture ou un professionnel du sujet peuvent vous répondre.",
    ),
    "out_of_scope": (
        "Cette question ne porte pas sur les entreprises voisines de sites Seveso : l'assistant n'y répond pas.",
        "Il répond sur le PPRT, la zone bleue, la mise à l'abri, l'alerte, les obligations de l'employeur et les "
        "interlocuteurs.",
    ),
}
_HINTED = 0.1  # probability of a redirection that is more than noise
# A question that opens like this, or has hardly a word of its own (« qui paie ? »), borrows its
# subject from the one before. A longer one does not: the subject of before would spoil its answer.
_CONTINUES = re.compile(r"(?:et|mais|donc|alors|sinon|dans ce cas|et si|idem|pareil)\b", re.I)
_BORROWING_TERMS, _BORROWING_WORDS = 1, 5
# What is borrowed must leave room for the question itself in what the encoder reads.
_BORROWED_CHARS = 300


@dataclass(frozen=True, slots=True)
class Assistant:
    """Answers questions from one index. Keeps nothing between two questions.

    `router` is None on a corpus that is not about our subject: only the words then decide whether
    to answer, and nothing is sent elsewhere.
    """

    index: PassageIndex
    encoder: Encoder
    settings: AssistantSettings
    router: Router | None
    rephraser: Rephraser | None = None  # without one, sentences are quoted word for word

    def ask(
        self,
        question: str,
        profile: Mapping[str, str] | None = None,
        history: Sequence[Turn] = (),
    ) -> Answer:
        """The answer to a question, or a declined one that says whom to ask.

        Args:
            profile: what is known of the company, such as {"zone": "bleue"}.
            history: the questions before this one, oldest first.

        Raises:
            InvalidQuestion: if it is empty, too long, without a word, or in English.
        """
        started = time.perf_counter()
        cleaned = clean_question(question, self.settings.max_question_chars)
        urgent = emergency_answer(cleaned, started)
        try:
            check_language(cleaned)
        except InvalidQuestion:
            if urgent:  # danger is told in any language
                return self._signed(urgent)
            raise
        if urgent and self.router is None:
            return self._signed(urgent)
        zones = zone_of(profile) | zones_in(cleaned)
        completed = _completed(cleaned, profile, history)
        result = self._searched(completed, zones)
        probabilities = self.router.probabilities(result.question, result.vector) if self.router else None
        if probabilities and (answer := emergency_answer(cleaned, started, probabilities["emergency"])):
            return self._signed(answer)
        decision = decide(result, probabilities)
        if probabilities and (elsewhere := redirect(cleaned)) and _belongs(elsewhere, decision, probabilities, result):
            sentences = tuple(Sentence(text, ()) for text in elsewhere.sentences)
            return self._signed(_fixed(cleaned, "redirected", sentences, elsewhere.contacts, started))
        named = zones | zones_in(completed)
        if decision == "answered" and needs_precision(cleaned, named, result.hits, self.index.documents):
            return self._signed(_precision(cleaned, started))
        parts = self._parts(cleaned, profile, zones) if decision in ("answered", "not_found") else []
        return self._composed(cleaned, parts or [(cleaned, result, decision)], started)

    def _searched(self, question: str, zones: frozenset[str]) -> SearchResult:
        """What is found for a question, without the documents that speak of other zones only."""
        result = self.index.search(question, 2 * self.settings.hits, self.encoder)
        kept = [hit for hit in result.hits if fits(self.index.documents[hit.passage.document_id], zones)]
        kept = housing_last(question, kept)[: self.settings.hits]
        # A score never rises above that of the passages now before it: what is compared later is their order.
        scores = accumulate((hit.score for hit in kept), min)
        hits = tuple(
            replace(hit, rank=rank, score=score)
            for rank, (hit, score) in enumerate(zip(kept, scores, strict=True), start=1)
        )
        return replace(result, hits=hits)

    def _parts(
        self, question: str, profile: Mapping[str, str] | None, zones: frozenset[str]
    ) -> list[tuple[str, SearchResult, Status]]:
        """The questions asked at once, each searched and judged by itself; none when there is only one."""
        parts = parts_of(question)
        if len(parts) < 2 or self.router is None:
            return []
        found: list[tuple[str, SearchResult, Status]] = []
        for part in parts:
            # A later part leans on the first one for its subject: « et qui paie ? ».
            result = self._searched(_completed(part, profile, [Turn(parts[0])] if found else []), zones)
            found.append((part, result, decide(result, self.router.probabilities(result.question, result.vector))))
        return found if any(status == "answered" for *_, status in found) else []

    def _composed(self, question: str, parts: Sequence[tuple[str, SearchResult, Status]], started: float) -> Answer:
        composing = time.perf_counter()
        status = "answered" if any(status == "answered" for *_, status in parts) else parts[0][2]
        result = next((found for _, found, judged in parts if judged == status), parts[0][1])
        composed = Composed((), ())
        notice = NOTICE
        for part, found, judged in parts:
            if judged == "answered":
                composed = composed.followed_by(compose(part, found.hits, self.index, self.settings, dt.date.today()))
            elif len(parts) > 1:
                notice = _UNANSWERED.format(part) + notice
        sentences, citations = composed.sentences, composed.citations
        if composed.disagreement:
            notice = _DISAGREEMENT.format(*composed.disagreement) + notice
        generator = "extractive"
        if sentences and self.rephraser:
            rephrased = self.rephraser.answer(question, sentences, citations)
            sentences, generator, notice = rephrased.sentences, rephrased.generator, rephrased.notice + notice
        if not sentences:
            status = "not_found" if status == "answered" else status
            sentences = tuple(Sentence(text, ()) for text in _DECLINED[status])
        cited = {citation.passage_id for citation in citations}
        answered = status == "answered"
        follow_ups = EXAMPLES if status == "out_of_scope" else self._follow_ups(result.hits, cited, question)
        finished = time.perf_counter()
        return Answer(
            id=str(ULID()),
            question=question,
            status=status,
            sentences=sentences,
            citations=citations,
            notice=notice,
            contacts=self._contacts(citations[0].document_id) if answered else DEFAULT_CONTACTS,
            follow_ups=follow_ups,
            generator=generator,
            index_version=self.index.version,
            encoder=self.encoder.name,
            timings_ms=Timings(
                encode=result.encode_ms,
                search=result.search_ms,
                compose=1000 * (finished - composing),
                total=1000 * (finished - started),
            ),
        )

    def search(self, question: str, k: int, *, any_language: bool = False) -> SearchResult:
        """The passages alone. Raises InvalidQuestion as `ask` does."""
        cleaned = clean_question(question, self.settings.max_question_chars)
        if not any_language:
            check_language(cleaned)
        return self.index.search(cleaned, k, self.encoder)

    def _signed(self, answer: Answer) -> Answer:
        return replace(answer, index_version=self.index.version, encoder=self.encoder.name)

    def _contacts(self, document_id: str) -> tuple[Contact, ...]:
        return self.index.documents[document_id].contacts[:3] or DEFAULT_CONTACTS

    def _follow_ups(self, hits: Sequence[Hit], cited: set[str], question: str) -> tuple[str, ...]:
        """Three questions the documents answer: headings near the answer that are questions."""
        asked = set(terms(question))

        def fits(heading: str) -> bool:
            return heading.endswith("?") and heading not in found and set(terms(heading)) != asked

        passages = [hit.passage for hit in hits if hit.passage.passage_id not in cited]
        if hits:
            first = hits[0].passage.document_id
            passages += [p for p in self.index.passages if p.document_id == first and p.passage_id not in cited]
        found: list[str] = []
        for passage in passages:
            heading = passage.section[-1] if passage.section else ""
            if fits(heading):
                found.append(heading)
        found += [example for example in EXAMPLES if fits(example)]
        return tuple(found[:3])


EXAMPLES = (
    "Que puis-je faire si mon entreprise est en zone bleue ?",
    "Que faire quand la sirène d'alerte retentit ?",
    "Qui paie une mesure alternative ?",
)


def emergency_answer(question: str, started: float | None = None, probability: float | None = None) -> Answer | None:
    """The reviewed reflexes, when something dangerous is happening now; needs no index.

    Args:
        probability: of an emergency according to the router, when it is loaded.
    """
    found = detect(question, probability)
    if found is None:
        return None
    sentences = tuple(Sentence(text, ()) for text in found.sentences)
    answer = _fixed(question, "emergency", sentences, EMERGENCY_CONTACTS, started or time.perf_counter())
    return replace(answer, notice=EMERGENCY_NOTICE)


def immediate_answer(question: str, *, waiting: bool) -> Answer | None:
    """The reflexes given before the index is asked: what every entry calls first.

    Args:
        waiting: there is no assistant yet to weigh the words; those that only suggest a danger are then believed too.
    """
    return emergency_answer(question) if waiting or is_certain(question) else None


def _precision(question: str, started: float) -> Answer:
    """One short question back, with its choices."""
    answer = _fixed(question, "needs_precision", (Sentence(PRECISION, ()),), (), started)
    return replace(answer, follow_ups=(*CHOICES, UNKNOWN))


def _fixed(
    question: str, status: Status, sentences: tuple[Sentence, ...], contacts: tuple[Contact, ...], started: float
) -> Answer:
    return Answer(
        id=str(ULID()),
        question=question,
        status=status,
        sentences=sentences,
        citations=(),
        notice=NOTICE,
        contacts=contacts,
        follow_ups=(),
        generator="fixed",
        index_version=None,
        encoder=None,
        timings_ms=Timings(encode=0.0, search=0.0, compose=0.0, total=1000 * (time.perf_counter() - started)),
    )


def _belongs(elsewhere: Redirect, decision: Status, probabilities: Mapping[str, float], result: SearchResult) -> bool:
    """Whether a question that names another subject is about it.

    A word such as « avocat » is not enough against passages that answer, unless none of them holds it.
    """
    if decision != "answered" or probabilities["redirect"] > probabilities["answer"]:
        return True
    said = fold(" ".join(hit.passage.text for hit in result.hits[:3]))
    return probabilities["redirect"] > _HINTED and not any(word in said for word in elsewhere.words)


def _completed(question: str, profile: Mapping[str, str] | None, history: Sequence[Turn]) -> str:
    """The question as it is searched: with its subject and what is known of the company."""
    parts = [question]
    if history and _borrows(question):
        parts.insert(0, history[-1].question[:_BORROWED_CHARS])
    known = [f"{key} {value}" for key, value in (profile or {}).items() if value.lower() not in question.lower()]
    return " ".join([*parts, *known])


def _borrows(question: str) -> bool:
    if question in CHOICES:  # the answer to the question asked back
        return True
    short = len(terms(question)) <= _BORROWING_TERMS and len(question.split()) <= _BORROWING_WORDS
    return short or _CONTINUES.match(question) is not None
