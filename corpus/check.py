"""Verify the fiches: what a machine can tell of a good one, with the line of each fault."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

from corpus.documents import Document
from corpus.errors import AssistantError, InvalidFiche, UnreadableDocument
from corpus.fiche import read_contacts, split_front_matter
from corpus.library import CONTACTS, SUFFIXES, Library, read_file
from corpus.read_markdown import source_keys
from corpus.read_text import decode
from corpus.sentences import sentence_spans

MAX_SENTENCE_WORDS = 30
_RULES = "Voir docs/ecrire-une-fiche.md."


def check(library: Library) -> tuple[list[Document], list[AssistantError]]:
    """The documents that can be read, and every fault found: files that cannot be read, then
    the faults of the fiches in order of file and line.

    All documents are read; the rules of fiches apply to fiches only.
    """
    report = library.read()
    problems: list[AssistantError] = list(report.problems)
    contacts = read_contacts(CONTACTS)
    for path in library.files():
        if SUFFIXES.get(path.suffix.lower()) != "markdown":
            continue  # never a fiche, and a PDF is long to read
        try:
            document = read_file(path, contacts)
        except UnreadableDocument:
            continue  # already among the problems of the report
        if document.kind == "fiche":
            faults = sorted(_fiche_faults(path, document), key=lambda fault: fault.line)
            problems += faults
    return list(report.documents), problems


def _fiche_faults(path: Path, document: Document) -> Iterator[InvalidFiche]:
    text = decode(path.read_bytes(), path.name)
    lines = text.splitlines()
    _, _, first_line = split_front_matter(text)
    name = path.name

    newest = max((_latest(source.date) for source in document.sources if source.date), default=None)
    if newest and document.as_of and document.as_of > newest:
        where = _line(lines, r"as_of\s*:")
        yield InvalidFiche(name, where, "« as_of » est plus récent que toutes les sources", _RULES)
    for label, day in (("as_of", document.as_of), ("reviewed", document.reviewed)):
        if day and day > dt.date.today():
            yield InvalidFiche(name, _line(lines, rf"{label}\s*:"), f"« {label} » est dans le futur", _RULES)

    declared = {source.key for source in document.sources}
    used: set[str] = set()
    heading_line, sourced = first_line, False
    for number, line in enumerate(lines[first_line - 1 :], start=first_line):
        if line.startswith("#"):
            if not sourced and number > first_line:
                yield InvalidFiche(name, heading_line, "section sans ligne « Sources : »", _RULES)
            heading_line, sourced = number, False
        elif (keys := source_keys(line)) is not None:
            sourced = True
            used |= set(keys)
            for key in keys:
                if key not in declared:
                    yield InvalidFiche(name, number, f"source « {key} » absente de l'en-tête", _RULES)
    if not sourced:
        yield InvalidFiche(name, heading_line, "section sans ligne « Sources : »", _RULES)
    for key in sorted(declared - used):
        yield InvalidFiche(
            name, _line(lines, rf"\s*-?\s*key:\s*{re.escape(key)}\s*$"), f"source « {key} » jamais citée", _RULES
        )

    for block in document.blocks:
        if block.kind == "heading":
            continue
        for start, end in sentence_spans(document.text, block.start, block.end):
            sentence = document.text[start:end]
            words = len(re.findall(r"\w+(?:['’-]\w+)*", sentence))
            if words > MAX_SENTENCE_WORDS:
                where = _line(lines, re.escape(sentence[:25]), anywhere=True)
                yield InvalidFiche(name, where, f"phrase de {words} mots ({MAX_SENTENCE_WORDS} au plus)", "Coupez-la.")


def _latest(date: str) -> dt.date:
    """The last day that a possibly truncated date may mean."""
    parts = [int(part) for part in date.split("-")]
    if len(parts) == 3:
        return dt.date(*parts)
    year, month = parts[0], parts[1] if len(parts) == 2 else 12
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


def _line(lines: list[str], pattern: str, *, anywhere: bool = False) -> int:
    """Number of the first line that matches, from 1; 1 if none does."""
    find = re.compile(pattern).search if anywhere else re.compile(pattern).match
    return next((number for number, line in enumerate(lines, start=1) if find(line)), 1)
