"""What the contract says of an answer, checked on its JSON object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEYS = {
    "id",
    "question",
    "status",
    "sentences",
    "citations",
    "notice",
    "contacts",
    "follow_ups",
    "generator",
    "index_version",
    "encoder",
    "timings_ms",
}
CITATION_KEYS = {
    "number",
    "passage_id",
    "document_id",
    "title",
    "section",
    "page",
    "url",
    "quote",
    "publisher",
    "as_of",
    "superseded",
}
STATUS = {"answered", "needs_precision", "not_found", "redirected", "out_of_scope", "emergency"}


def assert_answer(answer: dict[str, Any], texts: Mapping[str, str]) -> None:
    """Every rule of the contract.

    Args:
        texts: the text of each document, by id.
    """
    assert set(answer) == KEYS
    assert answer["status"] in STATUS
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", answer["id"])
    assert answer["sentences"]
    assert answer["notice"]
    assert set(answer["timings_ms"]) == {"encode", "search", "compose", "total"}
    assert all(set(contact) == {"name", "role", "url"} for contact in answer["contacts"])
    quotes = {}
    for number, citation in enumerate(answer["citations"], start=1):
        assert set(citation) == CITATION_KEYS
        assert citation["number"] == number
        assert citation["quote"]
        assert citation["quote"] in texts[citation["document_id"]]
        assert_opens_at_quote(citation, texts)
        quotes[number] = citation["quote"]
    for sentence in answer["sentences"]:
        assert set(sentence) == {"text", "citations"}
        assert set(sentence["citations"]) <= set(quotes)
        if answer["status"] == "answered":
            assert sentence["citations"]
            said = " ".join(quotes[number] for number in sentence["citations"])
            assert set(re.findall(r"\d+", sentence["text"])) <= set(re.findall(r"\d+", said))
    if answer["status"] != "answered":
        assert answer["citations"] == []


def assert_opens_at_quote(citation: dict[str, Any], texts: Mapping[str, str]) -> None:
    """The address names the offsets of the quote in its document."""
    address = urlsplit(citation["url"])
    assert address.path == f"/documents/{citation['document_id']}"
    assert address.fragment == "citation"
    place = parse_qs(address.query)
    start, end = int(place["debut"][0]), int(place["fin"][0])
    assert texts[citation["document_id"]][start:end] == citation["quote"]
