"""What the command line prints: data on standard output, progress and messages on standard error."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from assistant.answers import Answer
from index.build import Progress as Steps
from index.hits import Hit

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
_TITLES = {
    "answered": "Réponse",
    "needs_precision": "Une précision, s'il vous plaît",
    "not_found": "Pas de réponse dans les documents",
    "redirected": "À voir avec quelqu'un d'autre",
    "out_of_scope": "Hors du sujet",
    "emergency": "URGENCE : les réflexes d'abord",
}


def answer_json(answer: Answer) -> dict[str, Any]:
    """The answer as the object of the contract."""
    data: dict[str, Any] = _ANSWER.dump_python(answer, mode="json")
    return data


def hit_json(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "cosine": round(hit.cosine, 6),
        "bm25": round(hit.bm25, 6),
        "passage_id": passage.passage_id,
        "document_id": passage.document_id,
        "title": passage.title,
        "section": list(passage.section),
        "page": passage.page,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
    }


def print_answer(answer: Answer) -> None:
    out.print(f"[bold]{_TITLES[answer.status]}[/bold]\n")
    for sentence in answer.sentences:
        marks = "".join(f" [{number}]" for number in sentence.citations)
        first, *items = sentence.text.split("\n")
        out.print(escape(first + ("" if items else marks)))
        for number, item in enumerate(items, start=1):
            out.print(escape(f"  – {item}{marks if number == len(items) else ''}"))
    if answer.citations:
        out.print("\n[bold]Sources[/bold]")
    for citation in answer.citations:
        place = f" › {citation.section}" if citation.section else ""
        page = f", page {citation.page}" if citation.page else ""
        date = f" (à jour au {citation.as_of:%d/%m/%Y})" if citation.as_of else ""
        old = " – texte remplacé depuis" if citation.superseded else ""
        out.print(escape(f"[{citation.number}] {citation.title}{place}{page}{date}{old}"))
        out.print(f"    {escape(citation.url)}")
    if answer.contacts:
        out.print("\n[bold]À qui s'adresser[/bold]")
    for contact in answer.contacts:
        out.print(escape(f"– {contact.name} : {contact.role} ({contact.url})"))
    if answer.follow_ups:
        out.print("\n[bold]Vous pouvez aussi demander[/bold]")
    for question in answer.follow_ups:
        out.print(escape(f"– {question}"))
    out.print(f"\n[dim]{escape(answer.notice)}[/dim]")


def print_hits(hits: tuple[Hit, ...]) -> None:
    for hit in hits:
        section = " › ".join(hit.passage.section)
        page = f", page {hit.passage.page}" if hit.passage.page else ""
        out.print(f"[bold]{hit.rank}.[/bold] {hit.score:.3f}  {escape(hit.passage.passage_id)}{page}")
        if section:
            out.print(f"   [italic]{escape(section)}[/italic]")
        out.print(f"   {escape(textwrap.shorten(hit.passage.body, 220, placeholder=' …'))}")


@contextmanager
def progress() -> Iterator[Steps]:
    """A bar for each named step, drawn only in a terminal; one plain line a step elsewhere."""
    if not err.is_terminal:
        seen: set[str] = set()

        def plain(step: str, done: int, total: int) -> None:
            if step not in seen:
                seen.add(step)
                err.print(f"{step}…")

        yield plain
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as bars:
        tasks: dict[str, Any] = {}

        def draw(step: str, done: int, total: int) -> None:
            name = step.split(" : ")[0]  # the steps of one preparation share a bar
            if name not in tasks:
                tasks[name] = bars.add_task(step, total=total)
            bars.update(tasks[name], description=step, completed=done, total=total)

        yield draw
        for task in tasks.values():
            bars.update(task, completed=bars.tasks[bars.task_ids.index(task)].total)
