"""Verify the fiches: what a machine can tell of a good one, with the line of each fault."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from corpus.documents import Document
from corpus.errors import AssistantError, InvalidFiche, UnreadableDocument
from corpus.fiche import asked_path, read_asked, read_contacts, split_front_matter
from corpus.library import CONTACTS, SUFFIXES, Library, read_file
from corpus.read_markdown import source_keys, validity_of
from corpus.read_text import decode
from corpus.sentences import sentence_spans

MAX_SENTENCE_WORDS = 30
MAX_MEDIAN_WORDS = 20
REVIEW_DAYS = 366  # a fiche is read again at least once a year
_RULES = "Voir docs/ecrire-une-fiche.md."
# Words of capitals that need no explanation to a company manager, and names of companies, laws and standards.
_PLAIN_ACRONYMS = frozenset(
    "PDF SMS TVA PME TPE SARL SAS SA JO OK CO2 CE UE II III IV VI XX TV GPS AZF AMARIS PACTE OSIRIS NF EN ISO".split()
)
_ACRONYM = re.compile(r"(?<![\w-])(?:S3PI|[A-Z]{2,}(?:-[A-Z]{2,})*)(?![\w-])")


def check(library: Library, today: dt.date | None = None) -> tuple[list[Document], list[AssistantError]]:
    """The documents that can be read, and every fault found: files that cannot be read, then
    the faults of the fiches in order of file and line.

    All documents are read; the rules of fiches apply to fiches only.

    Args:
        today: the day that dates are compared with; this day without it.
    """
    report = library.read()
    problems: list[AssistantError] = list(report.problems)
    contacts = read_contacts(CONTACTS)
    links = {document.document_id: {block.anchor for block in document.blocks} for document in report.documents}
    for path in library.files():
        if SUFFIXES.get(path.suffix.lower()) != "markdown":
            continue  # never a fiche, and a PDF is long to read
        try:
            document = read_file(path, contacts)
        except UnreadableDocument:
            continue  # already among the problems of the report
        if document.kind == "fiche":
            found = _fiche_faults(path, document, links, today or dt.date.today(), with_contacts=library.shipped)
            faults = sorted(found, key=lambda fault: fault.line)
            problems += faults
    return list(report.documents), problems


def _fiche_faults(
    path: Path, document: Document, links: dict[str, set[str]], today: dt.date, *, with_contacts: bool
) -> Iterator[InvalidFiche]:
    text = decode(path.read_bytes(), path.name)
    lines = text.splitlines()
    _, _, first_line = split_front_matter(text)
    name = path.name

    newest = max((_latest(source.date) for source in document.sources if source.date), default=None)
    if newest and document.as_of and document.as_of > newest:
        where = _line(lines, r"as_of\s*:")
        yield InvalidFiche(name, where, "« as_of » est plus récent que toutes les sources", _RULES)
    for label, day in (("as_of", document.as_of), ("reviewed", document.reviewed)):
        if day and day > today:
            yield InvalidFiche(name, _line(lines, rf"{label}\s*:"), f"« {label} » est dans le futur", _RULES)
    if document.reviewed and (today - document.reviewed).days > REVIEW_DAYS:
        where = _line(lines, r"reviewed\s*:")
        reason = f"relue pour la dernière fois le {document.reviewed:%d/%m/%Y}"
        yield InvalidFiche(name, where, reason, "Relisez la fiche et ses sources, puis changez « reviewed ».")
    if document.axis == 2 and not document.form:
        yield InvalidFiche(
            name, _line(lines, r"axis\s*:"), "fiche de l'axe 2 sans « form », la fiche à remplir", _RULES
        )
    yield from _link_faults(name, document, lines, links, with_contacts=with_contacts)

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
        elif line.strip().lower().startswith(("validité", "validite")) and validity_of(line) is None:
            yield InvalidFiche(name, number, "ligne « Validité : » mal formée", _RULES)
    if not sourced:
        yield InvalidFiche(name, heading_line, "section sans ligne « Sources : »", _RULES)
    for anchor in read_asked(asked_path(path)):
        if anchor not in links[document.document_id]:
            beside = f"questions/{path.stem}.yaml"
            yield InvalidFiche(beside, 1, f"section « {anchor} » absente de la fiche", "Corrigez ce nom de section.")
    for key in sorted(declared - used):
        yield InvalidFiche(
            name, _line(lines, rf"\s*-?\s*key:\s*{re.escape(key)}\s*$"), f"source « {key} » jamais citée", _RULES
        )

    lengths: list[int] = []
    for block in document.blocks:
        if block.kind == "heading":
            continue
        for start, end in sentence_spans(document.text, block.start, block.end):
            sentence = document.text[start:end]
            words = len(re.findall(r"\w+(?:['’-]\w+)*", sentence))
            lengths.append(words)
            if words > MAX_SENTENCE_WORDS:
                where = _line(lines, re.escape(sentence[:25]), anywhere=True)
                yield InvalidFiche(name, where, f"phrase de {words} mots ({MAX_SENTENCE_WORDS} au plus)", "Coupez-la.")
    if lengths and median(lengths) > MAX_MEDIAN_WORDS:
        reason = f"phrases longues : {median(lengths):g} mots à la médiane ({MAX_MEDIAN_WORDS} au plus)"
        yield InvalidFiche(name, first_line, reason, "Coupez les plus longues.")
    yield from _acronym_faults(name, document, lines)


def _link_faults(
    name: str, document: Document, lines: list[str], links: dict[str, set[str]], *, with_contacts: bool
) -> Iterator[InvalidFiche]:
    """Links to documents or sections that do not exist."""
    said = [*document.related, document.validity.superseded_by]
    said += [block.validity.superseded_by for block in document.blocks]
    if with_contacts:  # they lead to our fiches, which another folder does not hold
        said += [contact.url.removeprefix("/documents/") for contact in document.contacts if contact.url[0] == "/"]
    for link in filter(None, said):
        target, _, anchor = link.partition("#")
        if target not in links or (anchor and anchor not in links[target]):
            where = _line(lines, re.escape(link), anywhere=True)
            yield InvalidFiche(name, where, f"lien vers « {link} », qui n'existe pas", "Voir « amaris corpus list ».")


def _acronym_faults(name: str, document: Document, lines: list[str]) -> Iterator[InvalidFiche]:
    """Acronyms that are not explained where they are first used."""
    told: set[str] = set()
    for block in document.blocks:
        if block.kind == "heading":
            continue  # a question may name what its section explains
        for match in _ACRONYM.finditer(document.text, block.start, block.end):
            acronym = match.group()
            if acronym in told or acronym in _PLAIN_ACRONYMS:
                continue
            told.add(acronym)
            if not _is_explained(document.text, match.start(), match.end()):
                words = document.text[block.start : block.start + 25]
                where = _line(lines, re.escape(words), anywhere=True)
                reason = f"sigle « {acronym} » non expliqué"
                yield InvalidFiche(name, where, reason, "Écrivez-le en entier à sa première apparition.")


def _is_explained(text: str, start: int, end: int) -> bool:
    """« plan … (PPRT) », « plan …, le PPRT », « DDT ou DDTM », « le PPRT, ou plan … », « le PPRT est … »."""
    before, after = text[max(0, start - 6) : start], text[end : end + 16]
    return bool(
        re.search(r"(?:\(|, (?:le |la |les |l'|ou )| ou )$", before)
        or re.match(r"\s*\(\w|, (?:le|la|l'|les|un|une|ou|qui)\b|\s+(?:est|désigne|signifie|veut dire|a été)\b", after)
    )


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
