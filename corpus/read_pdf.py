"""PDF to pieces: paragraphs, headings, lists and table rows with their page, without running heads."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from corpus.assemble import Piece, clean
from corpus.errors import UnreadableDocument
from corpus.ocr import PACKAGES
from corpus.pdf_layout import Block, LaidPage, Line, join_lines, lines_of, reading_order
from corpus.pdf_pages import PdfFile, PdfPage, open_pdf

_PAGE_NUMBER = re.compile(r"^(?:[-–—|\s]*(?:page|p\.?)?\s*#(?:\s*(?:/|sur|de|of)\s*#)?[-–—|\s.]*|[ivxlc]{1,6})$")
_SENTENCE_END = re.compile(r"[.!?…:;»][\s»”\")\]⁰¹²³⁴⁵⁶⁷⁸⁹]*$")
_BULLET = re.compile(r"^\s*(?:(?:[-–—•▪●◦■□◆❖✓✔➢➔→►▶*·\uf0fc\uf076]|o(?=\s))\s*(?=\S)|(?:\d{1,2}[.)]|[a-h]\))\s+)")
_LEADERS = re.compile(r"(?:\s*[.…·_]){4,}\s*")
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2})*)\.?\s+\S|^([IVX]{1,5})\s*[.–-]\s+\S")
_SUBSECTION = re.compile(r"^\d{1,2}(?:\.\d{1,2})+\.?\s+\S")
_NAMED = re.compile(
    r"^(?:titre|chapitre|section|sous-section|article|annexe|partie|fiche)\s+(?:n°\s*)?[\dIVXLC]+", re.I
)
_NUMBER_ONLY = re.compile(
    r"^(?:titre|chapitre|chapter|section|annexe|partie|fiche|article)\s+(?:n°\s*)?[\dIVXLC]+\s*[:.–-]?$", re.I
)
_CAPTION = re.compile(r"^(?:figure|fig\.|tableau|table|photo|carte|graphique|schéma)\s*n?°?\s*\d[\d.]*\s*[:.–—-]", re.I)
_NO_TITLE = re.compile(
    r"^(?:microsoft |untitled|sans titre|document\s*\d*$|.*\.(?:docx?|pdf|odt|indd|qxd|ppt|rtf|tex|dvi)$)", re.I
)
_WITHOUT_OCR = f" Vérifiez que les paquets Debian {PACKAGES} sont installés, puis ajoutez le fichier de nouveau."
_TOLD = {
    "picture": "des images, où aucun texte n'a pu être lu.",
    "letters": "un texte illisible, laissé de côté : sa police ne dit pas quelles lettres elle dessine.",
    "failed": "abîmé ou trop chargé, lu en partie ou pas du tout. Ouvrez le fichier pour vérifier.",
    "ocr": "un texte lu par reconnaissance de caractères. Relisez-le.",
    "hidden": "un texte que personne ne voit à l'écran, laissé de côté.",
    "mute": "une partie illisible, laissée de côté : sa police ne dit pas quelles lettres elle dessine.",
}
# A text of this many letters can be told from gibberish by its words.
_ENOUGH_LETTERS = 100
_COMMON_WORDS = frozenset(
    "de la le et les des en un une du dans est pour que qui sur par au aux ce il ne se pas plus avec son sont ou à "
    "l d s n c the of and to in is for on with that by as are be this it from at".split()
)

Ocr = Callable[[bytes, Sequence[int]], bytes | None]
"""Takes a PDF and page numbers from 1, gives the PDF with text on these pages; None where it cannot."""


def no_ocr(_data: bytes, _pages: Sequence[int]) -> bytes | None:
    return None


@dataclass(frozen=True, slots=True)
class PdfText:
    pieces: list[Piece]
    title: str
    author: str
    warnings: tuple[str, ...]  # what could not be read and from which pages, in French


def read_pdf(data: bytes, source: str, *, ocr: Ocr = no_ocr) -> PdfText:
    """The text of a PDF in the order of reading.

    Pages of pictures, and pages whose fonts do not say their letters, go through `ocr`; what it
    cannot read is left out and told in the warnings.

    Raises:
        UnreadableDocument: if the file is empty, damaged, encrypted, or has no text at all.
    """
    file = open_pdf(data, source)
    if file.is_portfolio:
        raise UnreadableDocument(
            source,
            "ce PDF est un porte-documents : ses textes sont dans ses pièces jointes",
            "Ouvrez-le, enregistrez chaque pièce jointe, puis ajoutez-les.",
        )
    poor = {page.number: fault for page in file.pages if (fault := _fault(page))}
    again = ocr(data, sorted(poor)) if poor else None
    read = {page.number: page for page in open_pdf(again, source).pages if page.number in poor} if again else {}
    read = {number: page for number, page in read.items() if not _fault(page)}
    lost = {number: fault for number, fault in poor.items() if number not in read}
    pages = [
        replace(page, chunks=()) if page.number in lost else read.get(page.number, _without_mute_letters(page))
        for page in file.pages
    ]
    if not any(page.chunks for page in pages):
        raise _nothing_to_read(source, set(lost.values()))
    pages = [_with_steady_sizes(page) if page.recognised else page for page in pages]
    body = _usual_size(pages)
    laid = _without_running_heads([lines_of(page) for page in pages], body)
    runs = _runs(laid, body)
    pieces = _pieces(runs, file, body)
    title = clean(file.title)
    if _NO_TITLE.match(title):
        title = ""
    pieces, title = _titled(pieces, title, outlined=bool(file.outline))
    warnings = _warnings(source, file, pages, lost, read, tried=again is not None)
    return PdfText(pieces, title, clean(file.author), tuple(warnings))


def _nothing_to_read(source: str, faults: set[str]) -> UnreadableDocument:
    if not faults:
        return UnreadableDocument(
            source, "ce PDF n'a que des pages blanches", "Vérifiez la copie ou le téléchargement."
        )
    reason = "ce PDF ne contient que des images, sans texte"
    if faults == {"letters"}:
        reason = "les polices de ce PDF ne disent pas quelles lettres elles dessinent : son texte est illisible"
    return UnreadableDocument(
        source,
        reason,
        f"Installez les paquets Debian {PACKAGES} puis ajoutez-le de nouveau, ou demandez l'original.",
    )


def _warnings(
    source: str,
    file: PdfFile,
    pages: Sequence[PdfPage],
    lost: dict[int, str],
    read: dict[int, PdfPage],
    *,
    tried: bool,
) -> list[str]:
    """What the reader of the text must know, by kind and with the pages."""
    by_kind: dict[str, list[int]] = {}
    for before, kept in zip(file.pages, pages, strict=True):
        number = before.number
        if number in read:
            kinds = ["ocr"]
        else:
            kinds = [lost.get(number, "")]
            if before.failed and number not in lost:
                kinds.append("failed")
            if number not in lost and _letters(before) - _letters(kept) >= 20:
                kinds.append("mute")
        if before.hidden >= 20:
            kinds.append("hidden")
        for kind in kinds:
            by_kind.setdefault(kind, []).append(number)
    warnings = []
    for kind, told in _TOLD.items():
        if numbers := by_kind.get(kind):
            remedy = "" if tried or kind not in ("picture", "letters") else _WITHOUT_OCR
            warnings.append(f"{source}, page{'s' * (len(numbers) > 1)} {_ranges(numbers)} : {told}{remedy}")
    return warnings


def _letters(page: PdfPage) -> int:
    return sum(len(chunk.text) for chunk in page.chunks)


def _ranges(numbers: Sequence[int]) -> str:
    """« 1, 3 à 5 »."""
    groups: list[list[int]] = []
    for number in sorted(numbers):
        if groups and number == groups[-1][-1] + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return ", ".join(str(g[0]) if len(g) == 1 else f"{g[0]} à {g[-1]}" for g in groups)


# --- what cannot be read -------------------------------------------------------------------------


def _without_mute_letters(page: PdfPage) -> PdfPage:
    return replace(page, chunks=tuple(chunk for chunk in page.chunks if 2 * chunk.unmapped <= len(chunk.text)))


def _with_steady_sizes(page: PdfPage) -> PdfPage:
    """A recognised page whose letters of nearly the usual size all have it."""
    usual = median(chunk.size for chunk in page.chunks) if page.chunks else 0.0
    steady = (replace(c, size=usual) if 0.8 * usual < c.size < 1.25 * usual else c for c in page.chunks)
    return replace(page, chunks=tuple(steady))


def _fault(page: PdfPage) -> str:
    """Why a page cannot be indexed: « failed », « picture », « letters »; empty when it can, or is blank."""
    text = " ".join(chunk.text for chunk in page.chunks)
    if len(clean(text)) < 3:
        return "failed" if page.failed else "picture" if page.drawn else ""
    kept = _without_mute_letters(page)
    holes = sum(chunk.unmapped for chunk in kept.chunks)  # letters missing inside words that are read
    if 5 * _letters(kept) < 4 * _letters(page) or holes > max(3, 0.015 * len(text)) or _is_gibberish(text):
        return "letters"
    return ""


def _is_gibberish(text: str) -> bool:
    """Whether the letters make no words: a font whose table lies, or is missing."""
    visible = [char for char in text if not char.isspace()]
    letters = sum(char.isalpha() for char in visible)
    if letters < _ENOUGH_LETTERS:
        # Too short for its words to tell: only signs in place of letters do.
        plain = sum(char.isalnum() or char in ".,;:!?'’«»()-–—/%€°•\"@&…+=|_*#<>[]" for char in visible)
        return len(visible) >= 20 and plain < 0.6 * len(visible)
    words = re.findall(r"[^\W\d_]+", text.lower())
    common = sum(word in _COMMON_WORDS for word in words)
    if common >= 0.02 * len(words) + 1:
        return False
    long = [word for word in words if len(word) >= 4]
    likely = sum(
        bool(re.search(r"[aeiouyàâéèêëîïôùûœæ]", word)) and not re.search(r"[bcdfghjklmnpqrstvwxz]{5}", word)
        for word in long
    )
    odd = sum(not char.isalnum() and char not in "._…" for char in visible)  # dots lead to page numbers
    return likely < 0.85 * len(long) or odd > 0.4 * len(visible)


# --- running heads -------------------------------------------------------------------------------


def _shape(text: str) -> str:
    """A line with its numbers hidden, so that « page 3 » and « page 4 » are alike."""
    return re.sub(r"\d+", "#", clean(text)).casefold()


@dataclass(frozen=True, slots=True)
class _Edge:
    """The first or last line of a page, with what lies beside it."""

    page: int  # rank of the page
    lines: tuple[Line, ...]
    apart: bool  # a blank parts it from the text
    outside: bool  # it lies in the top or bottom fifth of the page
    below: float  # baseline of the line under it, at the top of a page; 0 elsewhere

    @property
    def text(self) -> str:
        return " ".join(clean(line.text) for line in sorted(self.lines, key=lambda one: one.x0))

    @property
    def y(self) -> float:
        return self.lines[0].y


def _without_running_heads(pages: list[LaidPage], body: float) -> list[LaidPage]:
    """Pages without the lines that come back at their top or foot, peeled one after the other."""
    for top in (True, False):
        for _ in range(5):
            edges = [edge for rank, page in enumerate(pages) if (edge := _edge(rank, page, top=top))]
            running = _running(edges, len(pages), body)
            if not running:
                break
            for edge in running:
                page = pages[edge.page]
                pages[edge.page] = replace(page, lines=tuple(line for line in page.lines if line not in edge.lines))
    # What is written up a margin and comes back is furniture too.
    seen = Counter(_shape(" ".join(line.text for line in lines)) for page in pages for lines in page.turned)
    return [
        replace(
            page,
            turned=tuple(
                lines
                for lines in page.turned
                if seen[_shape(" ".join(line.text for line in lines))] < 2 or len(pages) < 2
            ),
        )
        for page in pages
    ]


def _edge(rank: int, page: LaidPage, *, top: bool) -> _Edge | None:
    lines = sorted(page.lines, key=lambda line: -line.y if top else line.y)
    if not lines or lines[0].rows:
        return None
    first = lines[0]
    level = [line for line in lines if not line.rows and abs(line.y - first.y) < 0.6 * first.size]
    rest = [line for line in lines if line not in level]
    if not rest:
        gap = page.height
    elif top:
        gap = min(line.y for line in level) - max(line.top for line in rest)
    else:
        gap = min(line.foot for line in rest) - max(line.top for line in level)
    outside = first.y > 0.8 * page.height if top else first.y < 0.2 * page.height
    below = max((line.y for line in rest), default=0.0) if top else 0.0
    return _Edge(rank, tuple(level), gap > 0.9 * first.size, outside, below)


def _running(edges: list[_Edge], pages: int, body: float) -> list[_Edge]:
    """The edges that are running heads."""
    shapes: dict[str, list[_Edge]] = {}
    for edge in edges:
        shapes.setdefault(_shape(edge.text), []).append(edge)
    titles = {id(edge) for edge in edges if edge.lines[0].size > 1.05 * body or all(one.bold for one in edge.lines)}
    slots = Counter(round(edge.y / 3) for edge in edges if edge.apart and id(edge) not in titles)

    def is_number(shape: str, edge: _Edge) -> bool:
        return bool(_PAGE_NUMBER.match(shape)) and (pages > 1 or "#" in shape[1:]) and (edge.outside or edge.apart)

    def is_placed(edge: _Edge) -> bool:
        """Whether most pages have a line there, parted from the text: its words may change with the chapter."""
        slot = round(edge.y / 3)
        same_place = sum(slots[near] for near in (slot - 1, slot, slot + 1))
        often = pages >= 4 and same_place >= 0.6 * pages and id(edge) not in titles
        return often and edge.apart and edge.outside and len(edge.text) < 120

    def is_in_margin(edge: _Edge) -> bool:
        """Whether it stands over the place where the text of most other pages starts."""
        level = sum(abs(other.y - edge.below) < 2 for other in edges if other is not edge)
        alone = edge.apart and edge.outside and id(edge) not in titles and len(edge.text) < 120
        return alone and 2 * level >= pages - 1 > 0

    found: list[_Edge] = []
    for shape, alike in shapes.items():
        middle = median(edge.y for edge in alike)
        level = [edge for edge in alike if abs(edge.y - middle) < 8]
        texts = Counter(edge.text for edge in level)
        for edge in alike:
            # « Chapitre 4 », « 2.3 Objectif » come back at the top of pages too.
            title = edge.lines[0].size > 1.25 * body or (id(edge) in titles and bool(_SUBSECTION.match(edge.text)))
            again = edge.outside and not title and edge in level and (len(level) >= 3 or texts[edge.text] >= 2)
            if again or is_number(shape, edge) or is_placed(edge) or is_in_margin(edge):
                found.append(edge)
    return found


# --- runs of lines -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Run:
    """Lines that make one paragraph, item, heading or row."""

    text: str
    kind: str  # paragraph, item, row
    page: int
    size: float
    bold: bool
    lines: int = 1
    level: int = 0  # of an item
    last_page: int = 0
    note: bool = False  # a footnote or a caption: it may come in the middle of a paragraph


def _usual_size(pages: Sequence[PdfPage]) -> float:
    """The font size of most letters."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for chunk in page.chunks:
            sizes[round(chunk.size * 2) / 2] += len(chunk.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _runs(pages: Sequence[LaidPage], body: float) -> list[_Run]:
    """Every run, in order; a paragraph goes on over columns and pages, footnotes and tables after it."""
    words = _vocabulary(pages)
    done: list[_Run] = []
    waiting: list[_Run] = []  # notes and tables met inside a paragraph that goes on

    def push(run: _Run) -> None:
        if done and not run.note and run.kind == "paragraph" and _goes_on(done[-1], run):
            last = done[-1]
            done[-1] = replace(
                last, text=join_lines(last.text, run.text, words), lines=last.lines + run.lines, last_page=run.last_page
            )
            return
        if (run.note or run.kind == "row") and done and _unfinished(done[-1]):
            waiting.append(run)
            return
        done.extend(waiting)
        waiting.clear()
        done.append(run)

    for page in pages:
        for lines in (page.lines, *page.turned):
            for block in reading_order(lines):
                for run in _block_runs(block, page, body, words):
                    push(run)
    return done + waiting


def _vocabulary(pages: Sequence[LaidPage]) -> frozenset[str]:
    words: set[str] = set()
    for page in pages:
        for line in page.lines:
            for text in (line.text, *line.rows):
                words.update(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*(?!-?$)", text.lower()))
    return frozenset(words)


def _unfinished(run: _Run) -> bool:
    return run.kind in ("paragraph", "item") and not run.note and not _SENTENCE_END.search(run.text)


def _goes_on(run: _Run, after: _Run) -> bool:
    """Whether a run that starts a block is the rest of the one before it."""
    if not _unfinished(run) or abs(run.size - after.size) > 0.08 * run.size or run.bold != after.bold:
        return False
    if after.page - run.last_page > 1:
        return False
    return after.text.lstrip("«“\"'( ")[:1].islower() or _needs_more(run.text)


# A sentence does not end with one of these.
_LINKING = frozenset(
    "de du des d la le les l un une et ou à au aux en par pour sur sous dans avec sans que qui dont ce cette ces son "
    "sa ses leur leurs est sont ne n s qu entre vers chez selon".split()
)


def _needs_more(text: str) -> bool:
    """Whether a line cannot be the last of its sentence."""
    if text.endswith(("\u00ad", "-", ",", "’", "'")):
        return True
    last = re.search(r"([^\W\d_]+)$", text)
    return last is not None and last[1].lower() in _LINKING


def _block_runs(block: Block, page: LaidPage, body: float, words: frozenset[str]) -> list[_Run]:
    if block.rows:
        rows = [row for row in block.rows if row.replace("|", "").strip()]
        return [_Run(row, "row", block.page, body, bold=False, last_page=block.page) for row in rows]
    lines = block.lines
    leading = _leading(lines)
    indents = sorted({round(line.x0) for line in lines if _BULLET.match(line.text)})
    runs: list[_Run] = []
    before: Line | None = None
    item_edge = 0.0
    for number, line in enumerate(lines):
        right = max(near.x1 for near in lines[max(0, number - 6) : number + 7])
        run = _run_of(line, before, runs[-1] if runs else None, page, body, indents)
        usual = leading.get(round(line.size), 1.25 * line.size)
        if (
            before is None
            or run.kind != "paragraph"
            or run.note != runs[-1].note
            or (run.note and _CAPTION.match(run.text))
            or _starts(before, line, runs[-1], block, usual, item_edge, right)
        ):
            runs.append(run)
            item_edge = line.x0 if run.kind == "item" else item_edge
        else:
            last = runs[-1]
            text, bold = join_lines(last.text, run.text, words), last.bold and line.bold
            runs[-1] = replace(last, text=text, lines=last.lines + 1, last_page=line.page, bold=bold)
        before = line
    return runs


def _run_of(
    line: Line, before: Line | None, last: _Run | None, page: LaidPage, body: float, indents: Sequence[int]
) -> _Run:
    """A line as the start of a run: a row of a table of contents, an item, a note or a paragraph."""
    text = line.text.strip()
    run = _Run(text, "paragraph", line.page, line.size, line.bold, last_page=line.page)
    if re.search(r"(?:[.…·_]\s*){4,}\d*\s*$", text):
        return replace(run, text=_LEADERS.sub(" … ", text).strip(), kind="row")
    bullet = _BULLET.match(text)
    if bullet and re.match(r"-\w", text) and before and not _SENTENCE_END.search(before.text.rstrip(" ,")):
        bullet = None  # a hyphen that stays with its word
    caption = _CAPTION.match(text) and (before is None or before.y - line.y > 1.3 * line.size)
    small = line.size <= 0.92 * body
    close = before is not None and before.y - line.y < 1.3 * line.size and before.size == line.size
    goes_on = last is not None and last.note and (small or close) and not bullet
    if caption or _is_note(line, page, body, text) or goes_on:
        return replace(run, note=True)
    if bullet and not _is_numbered_heading(line, body):
        depth = 1 + sum(edge < round(line.x0) - 4 for edge in indents)
        return replace(run, text=text[bullet.end() :], kind="item", level=depth)
    return run


def _leading(lines: Sequence[Line]) -> dict[int, float]:
    """The usual distance between two baselines, by font size."""
    gaps: dict[int, list[float]] = {}
    for before, line in pairwise(lines):
        if abs(before.size - line.size) < 0.6 and 0 < before.y - line.y < 2.6 * line.size:
            gaps.setdefault(round(line.size), []).append(before.y - line.y)
    # The lower third: in a text of short paragraphs the median is already a blank between them.
    return {size: sorted(values)[len(values) // 3] for size, values in gaps.items() if len(values) >= 2}


def _is_note(line: Line, page: LaidPage, body: float, text: str) -> bool:
    """Whether a line starts a footnote: small letters, at the foot, after a number or a mark."""
    small = line.size <= 0.92 * body
    return (
        small
        and line.y < 0.35 * page.height
        and bool(re.match(r"^(?:[\d⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}[.)]?|\*+|[a-z]\))\s*\S", text))
    )


def _is_numbered_heading(line: Line, body: float) -> bool:
    return bool(_NUMBERED.match(line.text.strip())) and (line.bold or line.size > 1.12 * body)


def _starts(before: Line, line: Line, run: _Run, block: Block, leading: float, item_edge: float, right: float) -> bool:
    """Whether a line starts a paragraph rather than going on with the one before.

    Args:
        right: the right edge of the text around these lines.
    """
    gap = before.y - line.y
    if gap < 0:
        return True  # the next column of a layout that was not seen as columns
    if abs(before.size - line.size) > 0.1 * max(before.size, line.size):
        return True
    text, ended = line.text.strip(), bool(_SENTENCE_END.search(before.text.rstrip()))
    lower = text.lstrip("«“\"'( ")[:1].islower()
    if before.bold != line.bold and not (lower and not ended):
        return True
    if gap > 1.38 * leading:
        return not (lower and not ended and gap < 2 * leading)
    if run.kind == "item" and line.x0 < item_edge - 2:
        return not (lower and not ended)  # back to the left of the mark of the list
    # A line breaks where its next word does not fit: one that fitted was put on a new line on purpose.
    word = len(text.split(" ", 1)[0]) * 0.5 * line.size
    if not lower and before.x1 + word + 1.5 * line.size < right and not (line.bold and run.lines < 3):
        return not _needs_more(before.text.rstrip())
    if ended and not lower and block.left + 0.7 * line.size < line.x0 < block.left + 5 * line.size:
        return before.x0 < line.x0 - 0.5 * line.size
    return False


# --- headings ------------------------------------------------------------------------------------


def _fold(text: str) -> str:
    return re.sub(r"\W+", "", unicodedata.normalize("NFKC", text)).casefold()


_Style = tuple[float, bool, int]  # font size, bold, depth of its number


def _pieces(runs: list[_Run], file: PdfFile, body: float) -> list[Piece]:
    told = _told_levels(runs, file)
    levels = _levels(_heading_styles(runs, told, body), told)
    pieces: list[Piece] = []
    label = ""
    for rank, run in enumerate(runs):
        if rank in levels and _NUMBER_ONLY.match(run.text) and rank + 1 in levels:
            label = run.text + " "  # « Chapitre 4 », over its title
        elif rank in levels:
            pieces.append(Piece("heading", label + run.text, level=levels[rank], page=run.page))
            label = ""
        elif run.kind == "item":
            pieces.append(Piece("item", run.text, level=max(1, run.level), page=run.page))
        else:
            pieces.append(Piece("row" if run.kind == "row" else "paragraph", run.text, page=run.page))
    return pieces


def _may_be_heading(run: _Run) -> bool:
    return run.kind != "row" and not run.note and len(run.text) <= 220


def _told_levels(runs: list[_Run], file: PdfFile) -> dict[int, int]:
    """The levels that the outline gives, by rank of the run."""
    outline: dict[tuple[int, str], int] = {}
    for page, heading, level in file.outline:
        for folded in {_fold(heading), _fold(re.sub(r"^[\d.]+\s+", "", heading))} - {""}:
            outline.setdefault((page, folded), level)
    told: dict[int, int] = {}
    for rank, run in enumerate(runs):
        if outline and _may_be_heading(run):
            folded, bare = _fold(run.text), _fold(re.sub(r"^(?:[\dIVX]+[.)]?)+\s+", "", run.text))
            keys = [(page, text) for page in (run.page, run.page - 1) for text in (folded, bare)]
            if found := next((outline[key] for key in keys if key in outline), 0):
                told[rank] = found
    return told


def _heading_styles(runs: list[_Run], told: dict[int, int], body: float) -> dict[int, _Style]:
    """The style of each heading, by rank of the run."""
    letters = max(1, sum(len(run.text) for run in runs))
    bold_counts = sum(len(run.text) for run in runs if run.bold) < 0.4 * letters
    sizes: Counter[int] = Counter()
    for run in runs:
        sizes[round(run.size)] += len(run.text)
    styles: dict[int, _Style] = {}
    for rank, run in enumerate(runs):
        rare_size = sizes[round(run.size)] < 0.1 * letters
        looks = _may_be_heading(run) and _looks_like_heading(run, body, bold_counts=bold_counts, rare_size=rare_size)
        if rank in told or looks:
            number = _NUMBERED.match(run.text)
            depth = number[1].count(".") + 1 if number and number[1] else 0
            styles[rank] = (round(run.size), run.bold, depth)
    for rank in sorted(styles):
        after = runs[rank + 1] if rank + 1 < len(runs) and rank + 1 not in styles else None
        # Bold words at the start of a sentence that goes on.
        if rank not in told and after and after.kind == "paragraph" and re.match(r"\s*[:;,a-zà-ÿœ]", after.text):
            del styles[rank]
    return styles


def _looks_like_heading(run: _Run, body: float, *, bold_counts: bool, rare_size: bool) -> bool:
    text = run.text.strip()
    if run.lines > 4 or len(text) > 180 or sum(char.isalpha() for char in text) < 3 or run.kind == "item":
        return False
    if text.endswith((".", ";", ",")) and not re.search(r"\betc\.$", text):
        return False
    if run.size >= (1.07 if rare_size else 1.12) * body:
        return True
    if run.size < 0.93 * body or text.endswith(":") or run.lines > 2 or len(text) > 120:
        return False
    if bold_counts and run.bold:
        return True
    if _NAMED.match(text) and len(text) < 100:
        return True
    letters = [char for char in text if char.isalpha()]
    return len(letters) >= 5 and all(char.isupper() for char in letters) and run.lines == 1 and len(text) <= 80


def _levels(styles: dict[int, _Style], told: dict[int, int]) -> dict[int, int]:
    """The level of each heading: the outline's, else one more than that of the larger heading before it."""

    def weight(rank: int) -> tuple[float, bool, int]:
        size, bold, depth = styles[rank]
        return -size, not bold, depth

    known: dict[_Style, Counter[int]] = {}
    for rank, level in told.items():
        known.setdefault(styles[rank], Counter())[level] += 1
    levels: dict[int, int] = {}
    above: list[int] = []  # the headings that hold the next one, outermost first
    for rank in sorted(styles):
        while above and weight(above[-1]) >= weight(rank):
            above.pop()
        if rank in told:
            level = told[rank]
        elif styles[rank] in known:
            level = known[styles[rank]].most_common(1)[0][0]
        else:
            level = levels[above[-1]] + 1 if above else 1
        levels[rank] = min(6, level)
        above.append(rank)
    return levels


def _titled(pieces: list[Piece], title: str, *, outlined: bool) -> tuple[list[Piece], str]:
    """The pieces and the title; a heading at the start that says the title is not kept twice."""
    first = pieces[0] if pieces else None
    if first is None or first.kind != "heading" or len(pieces) < 2:
        return pieces, title
    alone = sum(piece.kind == "heading" and piece.level <= first.level for piece in pieces) == 1
    if (title and _fold(first.text) == _fold(title)) or (not title and alone and not outlined):
        return pieces[1:], title or clean(first.text)
    return pieces, title
