"""The order in which a page is read: columns, tables, lines; geometry only, nothing of PDF.

Lengths are in points; y grows upwards. A page is first parted into bands of text that lie side by
side; neighbouring bands that leave the same vertical strip empty are columns or a table.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from corpus.pdf_pages import ACCENTS, CHUNK_GAP, WORD_GAP, Box, Chunk, PdfPage, Rule, compose, space_width, turned

# A strip narrower than this many font sizes parts words, not columns.
_GUTTER = 0.8
# A gap of this many font sizes parts two texts when others start at the same place.
_NARROW_GAP = 0.5
# A column of text has lines of at least this many letters; a table's cells are shorter.
_COLUMN_LETTERS = 17
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LABEL = re.compile(r"^\W{0,2}(?:[-–—•▪●◦■□✓➢➔*o]|\w{1,3}[.)]|\W)?$")


@dataclass(frozen=True, slots=True)
class Line:
    """Text on one baseline, without a gap wider than a space; or a whole table."""

    text: str
    x0: float
    x1: float
    y: float  # of the baseline; of a table, its foot
    top: float
    size: float
    bold: bool
    page: int
    rows: tuple[str, ...] = ()  # of a table, its cells parted by « | »

    @property
    def foot(self) -> float:
        return self.y if self.rows else self.y - 0.15 * self.size


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one column that follow each other, or the rows of one table."""

    lines: tuple[Line, ...] = ()
    rows: tuple[str, ...] = ()
    page: int = 0
    left: float = 0.0
    right: float = 0.0


@dataclass(frozen=True, slots=True)
class LaidPage:
    number: int
    width: float
    height: float
    lines: tuple[Line, ...]  # from top to bottom; those of the page's main direction
    turned: tuple[tuple[Line, ...], ...] = field(default=())  # those of each other direction


def lines_of(page: PdfPage) -> LaidPage:
    """The lines of a page, not yet in reading order, and the tables drawn with rules."""
    weight: Counter[int] = Counter()
    for chunk in page.chunks:
        weight[chunk.angle] += len(chunk.text)
    main = weight.most_common(1)[0][0] if weight else 0
    sizes = [chunk.size for chunk in page.chunks for _ in chunk.text]
    usual = median(sizes) if sizes else 10.0
    directions: dict[int, tuple[Line, ...]] = {}
    for angle in weight:
        chunks = [chunk for chunk in page.chunks if chunk.angle == angle]
        if angle % 90 and all(chunk.size > 1.5 * usual for chunk in chunks):
            continue  # « PROJET » across the page is a stamp, not its text
        rules = [_turned_rule(rule, angle, page) for rule in page.rules] if angle % 90 == 0 else []
        lines = _lines(_without_drop_caps(chunks), rules, page.number)
        directions[angle] = tuple(_marked(line, page.dots) for line in lines) if angle == 0 else tuple(lines)
    sideways = main in (90, 270)
    width, height = (page.height, page.width) if sideways else (page.width, page.height)
    others = tuple(lines for angle, lines in sorted(directions.items()) if angle != main and lines)
    return LaidPage(page.number, width, height, directions.get(main, ()), others)


def _turned_rule(rule: Rule, angle: int, page: PdfPage) -> Rule:
    x0, y0 = turned(rule.x0, rule.y0, angle, page.width, page.height)
    x1, y1 = turned(rule.x1, rule.y1, angle, page.width, page.height)
    return Rule(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def reading_order(lines: Sequence[Line]) -> list[Block]:
    """The lines of a page or a column as blocks, in the order in which they are read."""
    blocks: list[Block] = []
    for group, gutters in _groups(lines):
        if gutters:
            sides = _sides(group, gutters)
            if _are_columns(sides, gutters):
                left = [line for line in group if line.x1 <= gutters[0][0] + 1]
                right = [line for line in group if line.x1 > gutters[0][0] + 1]
                blocks += reading_order(left) + reading_order(right)
                continue
            if _is_table(sides, group):
                blocks += _table(group, gutters)
                continue
        blocks += _plain(group)
    return blocks


# --- lines -------------------------------------------------------------------------------------


def _without_drop_caps(chunks: list[Chunk]) -> list[Chunk]:
    """The chunks, a large first letter put back before the words it starts."""
    usual = median(chunk.size for chunk in chunks)
    kept = list(chunks)
    for cap in chunks:
        if cap.size < 1.8 * usual or len(cap.text) > 2 or not cap.text[:1].isupper():
            continue
        beside = [
            chunk
            for chunk in kept
            if chunk.size < 0.6 * cap.size
            and -1 <= chunk.x0 - cap.x1 <= usual
            and -0.3 * usual <= chunk.y - cap.y <= 0.8 * cap.size
        ]
        if len({round(chunk.y) for chunk in beside}) > 1:
            first = max(beside, key=lambda chunk: chunk.y)
            kept[kept.index(first)] = replace(first, text=cap.text + first.text, x0=cap.x0)
            kept.remove(cap)
    return kept


def _marked(line: Line, dots: Sequence[Box]) -> Line:
    """A line with the bullet that is drawn before it, not written."""
    for left, bottom, right, top in dots:
        beside = 0 <= line.x0 - right < 1.6 * line.size and top - bottom < 0.6 * line.size
        if beside and -0.1 * line.size < (bottom + top) / 2 - line.y < 0.7 * line.size and not line.rows:
            return replace(line, text=f"• {line.text}", x0=left)
    return line


def _lines(chunks: Sequence[Chunk], rules: Sequence[Rule], page: int) -> list[Line]:
    tables = _ruled_tables(rules)
    left: list[Chunk] = []
    inside: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        at = next((rank for rank, table in enumerate(tables) if table.holds(chunk)), None)
        if at is None:
            left.append(chunk)
        else:
            inside.setdefault(at, []).append(chunk)
    lines: list[Line] = []
    for rank, table in enumerate(tables):
        held = inside.get(rank, [])
        rows = table.rows(held, page)
        if rows and sum(" | " in row for row in rows) * 2 >= len(rows):
            size = median(chunk.size for chunk in held)
            xs, ys = table.xs, table.ys
            lines.append(Line("", xs[0], xs[-1], ys[0], ys[-1], size, False, page, tuple(rows)))
        else:
            left += held  # a frame around a text is no table
    return lines + _rows(left, page)


def _rows(chunks: Sequence[Chunk], page: int) -> list[Line]:
    """Chunks to lines; a line ends where the gap is wider than a space."""
    baselines: list[list[Chunk]] = []
    for chunk in sorted(chunks, key=lambda one: (-one.y, one.x0)):
        if baselines and baselines[-1][0].y - chunk.y <= 0.22 * min(chunk.size, baselines[-1][0].size):
            baselines[-1].append(chunk)
        else:
            baselines.append([chunk])
    _join_raised(baselines)
    for baseline in baselines:
        baseline.sort(key=lambda one: (one.x0, one.order))
    edges = _edges(baselines)
    lines: list[Line] = []
    for baseline in baselines:
        run: list[Chunk] = []
        widest, end = _widest_space(baseline), 0.0
        for chunk in baseline:
            if run:
                gap = (chunk.x0 - end) / max(chunk.size, run[-1].size)
                if gap > widest or (gap > _NARROW_GAP and round(chunk.x0) in edges):
                    lines.append(_line(run, page))
                    run = []
            end = max(end, chunk.x1) if run else chunk.x1
            run.append(chunk)
        if run:
            lines.append(_line(run, page))
    return [line for line in lines if line.text.strip()]


def _widest_space(baseline: Sequence[Chunk]) -> float:
    """The widest gap that is a space on this line, in font sizes: more where justified words stand far apart."""
    gaps = [(after.x0 - before.x1) / after.size for before, after in pairwise(baseline)]
    gaps = [gap for gap in gaps if gap > WORD_GAP]
    loose = len(gaps) >= 3 and _NARROW_GAP < median(gaps) < 1.6
    return 1.6 * median(gaps) if loose and median(gaps) > 0.7 * CHUNK_GAP else 1.1 * CHUNK_GAP


def _edges(baselines: Sequence[Sequence[Chunk]]) -> frozenset[int]:
    """Left edges, in points, where the texts of several baselines start again after a gap: those of columns."""
    starts: Counter[int] = Counter()
    for baseline in baselines:
        starts[round(baseline[0].x0)] += 1
        for before, after in pairwise(baseline):
            if after.x0 - before.x1 > _NARROW_GAP * min(before.size, after.size):
                starts[round(after.x0)] += 1
    return frozenset(x for x in starts if starts[x - 1] + starts[x] + starts[x + 1] >= 4)


def _join_raised(baselines: list[list[Chunk]]) -> None:
    """Put exponents and indices on the line they touch."""
    largest = [max(chunk.size for chunk in baseline) for baseline in baselines]
    for number in range(len(baselines) - 1, -1, -1):
        kept: list[Chunk] = []
        last: tuple[list[Chunk], Chunk] | None = None  # the line that took the chunk before, and this chunk
        for chunk in sorted(baselines[number], key=lambda one: one.x0):
            if last and chunk.size == last[1].size and -0.3 < (chunk.x0 - last[1].x1) / chunk.size < 0.3:
                line = last[0]
            else:
                near = (number + 1, number - 1, number + 2, number - 2)
                lines = (baselines[o] for o in near if 0 <= o < len(baselines) and chunk.size <= 0.85 * largest[o])
                line = next((line for line in lines if _host(line, chunk)), [])
            if not line:
                kept.append(chunk)
                continue
            last = (line, chunk)
            host = _host(line, chunk) or line[-1]
            raised = chunk.y > host.y + 0.12 * host.size
            text = chunk.text.translate(_SUPERSCRIPT) if raised else chunk.text
            if chunk.x0 < host.x0:  # the number of a note, before it
                line.append(replace(chunk, text=f"{text} ", y=host.y))
            else:
                line.append(replace(chunk, text=text, y=host.y, x0=max(chunk.x0, host.x1)))
        if kept:
            baselines[number] = kept
        else:
            del baselines[number], largest[number]


def _host(line: Sequence[Chunk], chunk: Chunk) -> Chunk | None:
    """What a chunk is the exponent or the index of, or the text of the note that it numbers."""
    for one in line:
        height = (chunk.y - one.y) / one.size
        after, before = (chunk.x0 - one.x1) / one.size, (one.x0 - chunk.x1) / one.size
        numbers = chunk.text.isdigit() and height > 0.12 and -0.1 <= before <= 0.35
        if chunk.size <= 0.85 * one.size and -0.35 <= height <= 0.65 and (-0.3 <= after <= 0.35 or numbers):
            return one
    return None


def _line(run: list[Chunk], page: int) -> Line:
    text = ""
    end = run[0].x0
    letter_by_letter = all(len(chunk.text) == 1 for chunk in run)
    space = space_width([(after.x0 - before.x1) / after.size for before, after in pairwise(run)] * letter_by_letter)
    for chunk in run:
        gap = chunk.x0 - end
        if text and gap > space * chunk.size and text[-1] != " " and chunk.text[:1] != " ":
            text += " "
        text = _accented(text, chunk.text, overlap=gap < -0.1 * chunk.size)
        end = max(end, chunk.x1)
    letters = sum(len(chunk.text) for chunk in run)
    size: Counter[float] = Counter()
    for chunk in run:
        size[round(chunk.size, 1)] += len(chunk.text)
    usual = size.most_common(1)[0][0]
    bold = sum(len(chunk.text) for chunk in run if chunk.bold) > 0.85 * letters
    y = run[0].y
    return Line(mend(text), run[0].x0, end, y, y + 0.75 * usual, usual, bold, page)


def _accented(before: str, text: str, *, overlap: bool) -> str:
    """Join two chunks; an accent drawn over a letter becomes that letter's."""
    if overlap and before and before[-1] in ACCENTS and text[:1].isalpha():
        return before[:-1] + compose(text[0], before[-1]) + text[1:]
    if overlap and before and text[:1] in ACCENTS and before[-1].isalpha():
        return before[:-1] + compose(before[-1], text[0]) + text[1:]
    return before + text


_LOOSE_ACCENT = re.compile(r"(?<![\s\w])?([´`ˆ¨˜]) ?([aeiouyncAEIOUYNCı])(?=\w|\b)")
_LOOSE_CEDILLA = re.compile(r"([cC]) ?¸")


def mend(text: str) -> str:
    """Ligatures as letters, accents on their letters, private bullets as bullets."""
    if any("\ufb00" <= char <= "\ufb06" for char in text):
        text = re.sub("[\ufb00-\ufb06]", lambda match: unicodedata.normalize("NFKC", match.group()), text)
    text = text.replace("≪", "«").replace("≫", "»")  # how TeX draws them in its first encoding
    text = text.replace("\uf0b7", "•").replace("\uf0a7", "▪").replace("\uf0d8", "➢")
    if any(accent in text for accent in "´ˆ¨˜`"):
        text = _LOOSE_ACCENT.sub(lambda match: compose(match[2], match[1]), text)
    if "¸" in text:
        text = _LOOSE_CEDILLA.sub(lambda match: compose(match[1], "¸"), text)
    return text


# --- tables drawn with rules -------------------------------------------------------------------


_Cells = dict[tuple[int, int], list[Chunk]]  # by row from the top and column from the left, from 1


@dataclass(frozen=True, slots=True)
class _Grid:
    """The edges of the columns and the rows of a table, both growing, and the rules that draw them."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    across: tuple[Rule, ...]
    down: tuple[Rule, ...]

    def holds(self, chunk: Chunk) -> bool:
        x, y = (chunk.x0 + chunk.x1) / 2, chunk.y + 0.3 * chunk.size
        return self.xs[0] - 1 <= x <= self.xs[-1] + 1 and self.ys[0] <= y <= self.ys[-1]

    def rows(self, chunks: Sequence[Chunk], page: int) -> list[str]:
        """Its rows; what is written over several cells is said once, in the first."""
        cells: _Cells = {}
        for chunk in chunks:
            y = chunk.y + 0.3 * chunk.size
            x = min(chunk.x0 + 0.4 * chunk.size, (chunk.x0 + chunk.x1) / 2)
            row = sum(edge > y for edge in self.ys)
            column = sum(edge <= x for edge in self.xs)
            cells.setdefault((row, column), []).append(chunk)
        rows = sorted({row for row, _ in cells})
        columns = sorted({column for _, column in cells})
        merged = self._merge(cells, rows, columns)
        if len(self.ys) <= 3:
            return [row_text for row in rows for row_text in _by_line([cells.get((row, c), []) for c in columns], page)]
        return [
            " | ".join(_cell(_rows(cells.get((row, c), []), page)) for c in columns if (row, c) not in merged)
            for row in rows
        ]

    def _merge(self, cells: _Cells, rows: list[int], columns: list[int]) -> set[tuple[int, int]]:
        """Move what no rule parts into the first of the cells; gives the cells that are no longer their own."""
        merged: set[tuple[int, int]] = set()
        for row in reversed(rows):
            for column in reversed(columns):
                here, before, above = (row, column), (row, column - 1), (row - 1, column)
                if column - 1 in columns and not self._wall(row, column) and _run_on(cells, before, here):
                    cells.setdefault(before, []).extend(cells.pop(here, []))
                    merged.add(here)
                elif row - 1 in rows and not self._floor(row, column):
                    cells.setdefault(above, []).extend(cells.pop(here, []))
                    merged.add(here)
        return merged

    def _wall(self, row: int, column: int) -> bool:
        """Whether a rule stands on the left of a cell."""
        x = self.xs[column - 1]
        y = (self.ys[-row] + self.ys[max(0, len(self.ys) - row - 1)]) / 2
        return any(abs(rule.x0 - x) <= 3 and rule.y0 - 2 <= y <= rule.y1 + 2 for rule in self.down)

    def _floor(self, row: int, column: int) -> bool:
        """Whether a rule lies on the top of a cell."""
        y = self.ys[-row]
        x = (self.xs[column - 1] + self.xs[min(column, len(self.xs) - 1)]) / 2
        return any(abs(rule.y0 - y) <= 3 and rule.x0 - 2 <= x <= rule.x1 + 2 for rule in self.across)


def _run_on(cells: _Cells, first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Whether a text goes on from one cell into the next."""
    left, right = cells.get(first, []), cells.get(second, [])
    if not left or not right:
        return bool(left)
    return min(one.x0 for one in right) - max(one.x1 for one in left) < CHUNK_GAP * right[0].size


def _by_line(cells: list[list[Chunk]], page: int) -> list[str]:
    """The rows of cells that no rule parts from top to bottom: one a line, if each starts in the first cell."""
    lines = [(column, line) for column, cell in enumerate(cells) for line in _rows(cell, page)]
    rows: list[list[Line]] = []
    bands = _bands([line for _, line in lines])
    first = [line for column, line in lines if column == 0]
    starting = [any(line in first for line in band) for band in bands]
    if len(bands) < 3 or sum(starting) < 0.8 * len(bands):
        return [" | ".join(_cell(_rows(cell, page)) for cell in cells)]
    for band, starts in zip(bands, starting, strict=True):
        if starts or not rows:
            rows.append(band)
        else:
            rows[-1] += band
    return [
        " | ".join(_cell(line for at, line in lines if at == column and line in row) for column in range(len(cells)))
        for row in rows
    ]


def _cell(lines: Iterable[Line]) -> str:
    text = ""
    for line in sorted(lines, key=lambda one: (-one.y, one.x0)):
        text = join_lines(text, line.text.strip()) if text else line.text.strip()
    return text


def _ruled_tables(rules: Sequence[Rule]) -> list[_Grid]:
    """Grids of at least two columns and two rows, from the rules that touch each other."""
    if len(rules) > 6000:  # a drawing, not tables
        return []
    across = [rule for rule in rules if rule.y1 - rule.y0 <= 1.0]
    down = [rule for rule in rules if rule.x1 - rule.x0 <= 1.0 and rule.y1 - rule.y0 > 1.0]
    if len(down) < 1 or len(across) < 2:
        return []
    grids: list[_Grid] = []
    for group in _touching([*across, *down]):
        xs = _distinct([rule.x0 for rule in group if rule.x1 - rule.x0 <= 1.0])
        ys = _distinct([rule.y0 for rule in group if rule.y1 - rule.y0 <= 1.0])
        flat = [rule for rule in group if rule.y1 - rule.y0 <= 1.0]
        upright = [rule for rule in group if rule.x1 - rule.x0 <= 1.0]
        if not flat or not xs:
            continue
        # A row cut by the end of the page has no rule under it.
        ys = _distinct([*ys, min(rule.y0 for rule in upright), max(rule.y1 for rule in upright)])
        left, right = min(rule.x0 for rule in flat), max(rule.x1 for rule in flat)
        # A table open at the sides: its rules say how wide it is.
        if xs[0] - left > 8:
            xs = [left, *xs]
        if right - xs[-1] > 8:
            xs = [*xs, right]
        if len(xs) >= 3 and len(ys) >= 2:
            grids.append(_Grid(tuple(xs), tuple(ys), tuple(flat), tuple(upright)))
    return sorted(grids, key=lambda grid: -grid.ys[-1])


def _touching(rules: list[Rule]) -> list[list[Rule]]:
    """Groups of rules that meet, within 3 points."""
    parent = list(range(len(rules)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    order = sorted(range(len(rules)), key=lambda at: rules[at].x0)
    active: list[int] = []
    for at in order:
        rule = rules[at]
        active = [other for other in active if rules[other].x1 + 3 >= rule.x0]
        for other in active:
            if rules[other].y0 - 3 <= rule.y1 and rule.y0 - 3 <= rules[other].y1:
                parent[root(at)] = root(other)
        active.append(at)
    groups: dict[int, list[Rule]] = {}
    for at, rule in enumerate(rules):
        groups.setdefault(root(at), []).append(rule)
    return list(groups.values())


def _distinct(values: Iterable[float]) -> list[float]:
    kept: list[float] = []
    for value in sorted(values):
        if not kept or value - kept[-1] > 3:
            kept.append(value)
    return kept


# --- columns and tables of aligned words ---------------------------------------------------------

_Gaps = list[tuple[float, float]]


def _groups(lines: Sequence[Line]) -> list[tuple[list[Line], _Gaps]]:
    """Runs of bands that leave a same strip empty between texts (the strips), or that leave none."""
    if not lines:
        return []
    edge = (min(line.x0 for line in lines) - 1, max(line.x1 for line in lines) + 1)
    width = _GUTTER * median(line.size for line in lines)
    groups: list[tuple[list[Line], _Gaps, list[list[Line]]]] = []
    for band in _bands(lines):
        free = _free(band, edge, width)
        if groups:
            held, gaps, bands = groups[-1]
            both = _common(gaps, free, width)
            parts, before, after = _parting(held + band, both), _parting(held, gaps), _parting(band, free)
            # A paragraph over or under a table of three columns, shorter than two of them, is not in it.
            alike = parts and ((before and after) or len(parts) == max(len(before), len(after)))
            if alike or not (before or after):
                groups[-1] = (held + band, both, [*bands, band])
                continue
        groups.append((list(band), free, [band]))
    _give_right_lines(groups)
    result: list[tuple[list[Line], _Gaps]] = []
    for rank, (_, gaps, bands) in enumerate(groups):
        # A heading under two columns and over a full-width text belongs to the text.
        if rank + 1 < len(groups) and len(bands) > 2:
            last = bands[-1]
            above = min(line.foot for line in bands[-2]) - max(line.top for line in last)
            heads = all(line.bold or line.size > 1.1 * bands[0][0].size for line in last)
            if len(last) == 1 and heads and above > 0.5 * last[0].size and not last[0].rows:
                bands = bands[:-1]
                follower, more, rest = groups[rank + 1]
                groups[rank + 1] = (last + follower, more, [last, *rest])
        held = [line for band in bands for line in band]
        result.append((held, _parting(held, gaps)))
    return result


def _give_right_lines(groups: list[tuple[list[Line], _Gaps, list[list[Line]]]]) -> None:
    """Move the first lines of a right column, set higher than the left one, to the group of both."""
    for rank in range(1, len(groups)):
        (_, gaps, bands), (held, strips, rest) = groups[rank - 1], groups[rank]
        parting = _parting(held, strips)
        while parting and len(bands) > 1:
            last, edge = bands[-1], parting[0][1]
            close = min(line.y for line in last) - max(line.y for line in rest[0]) < 2 * last[0].size
            if not close or any(line.x0 < edge - 1 or line.rows for line in last):
                break
            bands, held, rest = bands[:-1], last + held, [last, *rest]
            groups[rank - 1] = ([line for band in bands for line in band], gaps, bands)
            groups[rank] = (held, strips, rest)


def _bands(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines whose heights overlap, from top to bottom."""
    bands: list[list[Line]] = []
    foot = 0.0
    for line in sorted(lines, key=lambda one: (-one.top, one.x0)):
        # Only the height of small letters counts: lines set close together do not overlap.
        top = line.top if line.rows else line.y + 0.5 * line.size
        if bands and top > foot + 0.1:
            bands[-1].append(line)
            foot = min(foot, line.y)
        else:
            bands.append([line])
            foot = line.y
    return bands


def _free(band: Sequence[Line], edge: tuple[float, float], width: float) -> _Gaps:
    """Strips of at least this width that no line of the band crosses."""
    gaps: _Gaps = []
    at = edge[0]
    for line in sorted(band, key=lambda one: one.x0):
        if line.x0 - at >= width:
            gaps.append((at, line.x0))
        at = max(at, line.x1)
    if edge[1] - at >= width:
        gaps.append((at, edge[1]))
    return gaps


def _common(one: _Gaps, other: _Gaps, width: float) -> _Gaps:
    found = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return [(left, right) for left, right in found if right - left >= width]


def _parting(lines: Sequence[Line], gaps: _Gaps) -> _Gaps:
    """The strips that have text on both sides."""
    return [
        (left, right)
        for left, right in gaps
        if any(line.x1 <= left + 1 for line in lines) and any(line.x0 >= right - 1 for line in lines)
    ]


def _sides(lines: Sequence[Line], gutters: _Gaps) -> list[list[Line]]:
    sides: list[list[Line]] = [[] for _ in range(len(gutters) + 1)]
    for line in lines:
        sides[sum(line.x0 >= right - 1 for _, right in gutters)].append(line)
    return [side for side in sides if side]


def _are_columns(sides: Sequence[Sequence[Line]], gutters: _Gaps) -> bool:
    """Whether each side is a text of its own, read to its end before the next."""
    if len(sides) < 2:
        return False
    for side in sides:
        if any(line.rows for line in side):
            continue
        # By baseline: wide spaces cut the lines of a justified text.
        letters = [sum(len(line.text) for line in band) for band in _bands(side)]
        if len(letters) < 2 or median(letters) < _COLUMN_LETTERS:
            return False
    if any(right - left < 1.5 * sides[0][0].size for left, right in gutters) and not _flush(sides[1:]):
        return False  # spaces of a justified text, one over the other
    counts = sorted(len(_bands(side)) for side in sides)
    # A label beside each paragraph: fewer lines, each level with one of the other side and far from the next.
    if counts[0] * 2 <= counts[-1] and _aligned(sides) and counts[0] >= 2 and not _close(min(sides, key=len)):
        return counts[0] > 6
    return counts[-1] >= 3


def _flush(sides: Sequence[Sequence[Line]]) -> bool:
    """Whether half of the lines of each text start at the same place."""
    for side in sides:
        starts = Counter(round(min(line.x0 for line in band)) for band in _bands(side))
        if max(starts[x - 1] + starts[x] + starts[x + 1] for x in starts) * 2 < sum(starts.values()):
            return False
    return True


def _close(lines: Sequence[Line]) -> bool:
    """Whether most lines follow each other as those of a paragraph do."""
    gaps = [(before.y - after.y) / after.size for before, after in pairwise(band[0] for band in _bands(lines))]
    return bool(gaps) and sum(gap < 1.5 for gap in gaps) >= 0.6 * len(gaps)


def _aligned(sides: Sequence[Sequence[Line]]) -> bool:
    few = min(sides, key=len)
    others = [line.y for side in sides if side is not few for line in side]
    return sum(any(abs(line.y - y) < 0.25 * line.size for y in others) for line in few) >= 0.8 * len(few)


def _is_table(sides: Sequence[Sequence[Line]], lines: Sequence[Line]) -> bool:
    if len(sides) < 2 or any(line.rows for line in lines):
        return False
    labels = all(_LABEL.match(line.text.strip()) for line in sides[0])
    if labels and len(sides) == 2:
        return False  # bullets or numbers before their items
    # Two lines of a justified text may leave a same hole: a table of two columns has more rows.
    enough = 2 if len(sides) > 2 else 3
    return len(_bands(lines)) >= enough and _aligned(sides) and min(len(side) for side in sides) >= 2


def _table(lines: Sequence[Line], gutters: _Gaps) -> list[Block]:
    """The rows of a table; a line alone over it or under it is not one of its rows."""
    rows: list[list[list[Line]]] = []
    foot = 0.0
    for band in _bands(lines):
        cells: list[list[Line]] = [[] for _ in range(len(gutters) + 1)]
        for line in band:
            cells[sum(line.x0 >= right - 1 for _, right in gutters)].append(line)
        size = band[0].size
        # Nothing in the first column, close under the row before: its cells go on.
        if rows and not cells[0] and foot - max(line.y for line in band) < 1.5 * size:
            for cell, more in zip(rows[-1], cells, strict=True):
                cell.extend(more)
        else:
            rows.append(cells)
        foot = min(line.y for line in band)
    full = [rank for rank, cells in enumerate(rows) if sum(map(bool, cells)) > 1]
    first, last = full[0], full[-1]
    texts = tuple(" | ".join(_cell(cell) for cell in cells) for cells in rows[first : last + 1])
    before = [line for cells in rows[:first] for cell in cells for line in cell]
    after = [line for cells in rows[last + 1 :] for cell in cells for line in cell]
    return [*_plain(before), Block(rows=texts, page=lines[0].page), *_plain(after)]


def _plain(lines: Sequence[Line]) -> list[Block]:
    """Blocks of lines from top to bottom; what lies on one baseline is one line."""
    blocks: list[Block] = []
    held: list[Line] = []
    edges = [line for line in lines if not line.rows]
    left = min((line.x0 for line in edges), default=0.0)
    right = max((line.x1 for line in edges), default=0.0)

    def close() -> None:
        if held:
            blocks.append(Block(tuple(held), page=held[0].page, left=left, right=right))
            held.clear()

    for band in _bands(lines):
        tables = [line for line in band if line.rows]
        texts = sorted((line for line in band if not line.rows), key=lambda one: (-round(one.y), one.x0))
        for table in tables:
            close()
            blocks.append(Block(rows=table.rows, page=table.page))
        for line in texts:
            if held and abs(held[-1].y - line.y) < 0.3 * line.size and line.x0 >= held[-1].x1 - 1:
                before = held.pop()
                line = replace(
                    before,
                    text=f"{before.text.rstrip()} {line.text.lstrip()}",
                    x1=line.x1,
                    bold=before.bold and line.bold,
                    size=max(before.size, line.size) if before.size != line.size else line.size,
                )
            held.append(line)
    close()
    return blocks


# --- lines to text -------------------------------------------------------------------------------

# Words that a hyphen joins for good (« sous-préfecture », « ceux-ci »): the hyphen at the line end stays.
_HYPHEN_AFTER = frozenset(
    "sous vice non demi semi mi ex celui celle ceux celles peut au ci là rendez porte grand plate chef arrière avant "
    "après moi lui eux nous vous elle elles soi quasi contre entre outre haut bas mot main libre prêt éco auto "
    "savoir aller c est dit vis tiers mille quelques".split()
)
_HYPHEN_BEFORE = frozenset(
    "ci là même mêmes dessus dessous être vous nous ils elles il elle on je tu moi toi y en uns unes t à".split()
)


def join_lines(before: str, line: str, words: frozenset[str] = frozenset()) -> str:
    """Two lines of one paragraph; a word cut at the line end is mended.

    Args:
        words: the words of the document, folded to lower case: a cut word that is found whole there
            loses its hyphen, one that is found with its hyphen keeps it.
    """
    if before.endswith("\u00ad"):
        return before[:-1] + line
    cut = re.search(r"([^\W\d_]+)[-‐]$", before)
    if not cut or not line[:1].isalpha():
        return f"{before} {line}"
    head = cut[1].lower()
    tail = (re.match(r"[^\W\d_]+", line) or [""])[0].lower()
    if f"{head}-{tail}" in words:
        return before + line
    if head + tail in words:
        return before[:-1] + line
    if line[:1].isupper() or head in _HYPHEN_AFTER or tail in _HYPHEN_BEFORE:
        return before + line
    return before[:-1] + line
