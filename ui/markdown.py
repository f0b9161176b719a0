"""An answer as the Markdown that Gradio's components show."""

from __future__ import annotations

import html
import re

from assistant.answers import Answer, Citation
from corpus.errors import AssistantError
from index.passage_index import PassageIndex

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$^=])")
_CONTEXT_CHARS = 220  # of the document shown on each side of a quote


def _plain(text: str) -> str:
    """Entities for every character that Markdown or HTML would read, on one line."""
    return "".join(f"&#{ord(char)};" if _SPECIAL.match(char) or char == "&" else char for char in text).replace(
        "\n", " "
    )


def question_markdown(question: str) -> str:
    """What the visitor wrote, shown as text: an image in it would be asked of another site."""
    return _plain(question)


def answer_markdown(answer: Answer, message_id: str) -> str:
    """The sentences with their [n], then the notice."""
    lines: list[str] = []
    if answer.status == "emergency":
        lines.append("**Urgence : les réflexes d’abord.**\n")
    for sentence in answer.sentences:
        marks = "".join(f" [\\[{n}\\]](#source-{message_id}-{n})" for n in sentence.citations)
        first, *items = sentence.text.split("\n")
        if items:
            lines.append(_plain(first) + "\n")
            lines += [
                f"- {_plain(item)}{marks if number == len(items) else ''}" for number, item in enumerate(items, 1)
            ]
            lines.append("")
        elif answer.status == "answered":
            lines.append(f"{_plain(first)}{marks}\n")
        else:
            lines.append(f"{_plain(first)}\n")
    if answer.contacts:
        lines.append("**À qui s’adresser**\n")
        lines += [f"- {_linked(contact.name, contact.url)} : {_plain(contact.role)}" for contact in answer.contacts]
        lines.append("")
    lines.append(f"*{_plain(answer.notice)}*")
    return "\n".join(lines)


def _linked(name: str, url: str) -> str:
    """A link that opens beside the conversation, which a navigation would lose."""
    return (
        f'<a href="{html.escape(url, quote=True)}" target="_blank" rel="noopener">{_plain(name)}</a>'
        if url
        else _plain(name)
    )


def sources_markdown(answer: Answer, index: PassageIndex | None, message_id: str) -> str:
    """The numbered sources, each with its quote highlighted in its passage."""
    if not answer.citations or index is None:
        return "Les passages cités s’afficheront ici."
    return "\n".join(_source(citation, index, message_id) for citation in answer.citations)


def _source(citation: Citation, index: PassageIndex, message_id: str) -> str:
    before, after = _around(citation, index)
    place = f" › {_plain(citation.section)}" if citation.section else ""
    page = f", page {citation.page}" if citation.page else ""
    date = f"Sources arrêtées au {citation.as_of:%d/%m/%Y}. " if citation.as_of else ""
    old = "<strong>Texte remplacé depuis.</strong> " if citation.superseded else ""
    publisher = f"{_plain(citation.publisher)}. " if citation.publisher else ""
    url = html.escape(citation.url, quote=True)
    return (
        f'<div id="source-{message_id}-{citation.number}" class="source">'
        f"<p><strong>&#91;{citation.number}&#93; {_plain(citation.title)}</strong>{place}{page}</p>"
        f"<blockquote>{_plain(before)}<mark>{_plain(citation.quote)}</mark>{_plain(after)}</blockquote>"
        f'<p>{old}{date}{publisher}<a href="{url}" target="_blank" rel="noopener">'
        f"Ouvrir le document à cet endroit (source {citation.number})</a></p></div>\n"
    )


def _around(citation: Citation, index: PassageIndex) -> tuple[str, str]:
    """What stands before and after the quote in its passage, cut at words."""
    try:
        text = index.document(citation.document_id).text
    except AssistantError:
        return "", ""
    passage = next((p for p in index.passages if p.passage_id == citation.passage_id), None)
    if passage is None:
        return "", ""
    at = text.find(citation.quote, passage.start, passage.end)
    if at < 0:
        return "", ""
    end = at + len(citation.quote)
    before, after = text[passage.body_start : at], text[end : passage.end]
    if len(before) > _CONTEXT_CHARS:
        before = "… " + before[-_CONTEXT_CHARS:].partition(" ")[2]
    if len(after) > _CONTEXT_CHARS:
        after = after[:_CONTEXT_CHARS].rpartition(" ")[0] + " …"
    return before, after
