"""Find the sentences of a French text, as offsets, so that a quote stays exact."""

from __future__ import annotations

import re

from corpus.documents import Span

# A full stop after one of these does not end a sentence.
_ABBREVIATIONS = frozenset(
    "m mm mme mmes mlle dr pr me st ste art al cf ex fig no n vol p pp env etc. av apr min max tél tel "
    "l r d c chap sect réf ref éd ed hab resp i.e e.g c.-à-d".split()
)
_CLOSERS = "»”\"')]’"
_OPENERS = "«“\"'([–—-•"

# A possible end: closing punctuation, then closing quotes or brackets, the guillemet
# possibly after a space. What follows decides.
_END = re.compile(r"[.!?…]+(?:[ \u00a0\u202f]?»|[”\"')\]])*")


def _starts_sentence(char: str) -> bool:
    return char.isupper() or char.isdigit() or char in _OPENERS


def _is_end(text: str, start: int, end: int) -> bool:
    """Whether the punctuation text[start:end] closes a sentence."""
    after = text[end : end + 1]
    if not after or after == "\n":
        return True
    # 40 characters are enough for any abbreviation, and keep the search linear.
    word = re.search(r"[\w°.\-]*$", text[max(0, start - 40) : start])
    last = word.group().lower() if word else ""
    if text[start] == ".":
        if last in _ABBREVIATIONS or (len(last) == 1 and last.isalpha()):
            return False
        if re.fullmatch(r"(?:\w\.)+\w", last):  # sigles écrits A.M.A.R.I.S.
            return False
    if after.isspace():
        # Neighbouring spaces were joined by `clean`: what follows is near.
        rest = text[end : end + 40].lstrip(" \t\u00a0\u202f")
        if not rest or rest[0] == "\n":
            return True
        if text[start] == "." and last.isdigit() and len(last) <= 2 and not rest[0].isupper():
            return False  # "1. texte" en tête de liste
        return _starts_sentence(rest[0])
    # No space: pages whose extraction glued two sentences ("données personnelles.Ces…").
    # Web addresses and file names have no capital there.
    return bool(len(last) > 2 and last[-1].islower() and after.isupper() and text[end + 1 : end + 2].islower())


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> tuple[Span, ...]:
    """Offsets of the sentences of text[start:end], in order, without overlap.

    Each span is free of white space at both ends and not empty; together they cover every
    character of the extract that is not white space. A line break inside the extract does not
    end a sentence by itself.
    """
    stop = len(text) if end is None else end
    spans: list[Span] = []
    begin = start
    for match in _END.finditer(text, start, stop):
        if match.end() >= stop or _is_end(text, match.start(), match.end()):
            _append(spans, text, begin, match.end())
            begin = match.end()
    _append(spans, text, begin, stop)
    return tuple(spans)


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end:
        return
    # Closing marks alone belong to the sentence before them.
    if spans and all(char in _CLOSERS or char in ".!?…" for char in text[start:end]):
        spans[-1] = (spans[-1][0], end)
    else:
        spans.append((start, end))
