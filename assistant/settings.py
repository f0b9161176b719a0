"""The one settings object, gathered from the sections of the stages and read at the edge."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import platformdirs

from corpus.errors import InvalidSetting
from corpus.settings import CorpusSettings
from index.settings import EMBEDDED, IndexSettings

_PREFIX = "AMARIS_"
_LLM = {"AMARIS_LLM_BASE_URL": "base_url", "AMARIS_LLM_MODEL": "model", "AMARIS_LLM_API_KEY": "api_key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantSettings:
    """How an answer is put together."""

    max_question_chars: int = 1000
    hits: int = 10  # passages looked at for one answer
    min_sentences: int = 2
    max_sentences: int = 5
    max_cited_passages: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.min_sentences <= self.max_sentences:
            raise InvalidSetting("assistant.min_sentences", self.min_sentences, "entre 1 et max_sentences")
        if self.hits < self.max_cited_passages:
            raise InvalidSetting("assistant.hits", self.hits, "au moins max_cited_passages")


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmSettings:
    """The language model that may rephrase an answer: a server that speaks the OpenAI protocol."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.base_url:
            reason = "AMARIS_LLM_MODEL ou AMARIS_LLM_API_KEY est donné : il faut aussi l'adresse du serveur"
            raise InvalidSetting("AMARIS_LLM_BASE_URL", "", reason)
        _check_address(self.base_url)
        if not self.model or not self.model.isprintable():
            shown = self.model if self.model.isprintable() else "…"
            raise InvalidSetting("AMARIS_LLM_MODEL", shown, "le nom d'un modèle du serveur est attendu")
        # It travels in a header, which holds nothing else. The message must not show it.
        if not (self.api_key.isascii() and self.api_key.isprintable()) or " " in self.api_key:
            raise InvalidSetting("AMARIS_LLM_API_KEY", "…", "ni espace, ni accent, ni retour à la ligne")


def _check_address(url: str) -> None:
    if "@" in url:  # not shown: it may hold a password
        reason = "ni nom ni mot de passe dans l'adresse ; la clé se donne par AMARIS_LLM_API_KEY"
        raise InvalidSetting("AMARIS_LLM_BASE_URL", "…", reason)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not url.isprintable() or any(char in url for char in " ?#"):
        raise InvalidSetting("AMARIS_LLM_BASE_URL", url, "une adresse http:// ou https:// est attendue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    home: Path  # everything the program writes is under this folder
    corpus: CorpusSettings = field(default_factory=CorpusSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    assistant: AssistantSettings = field(default_factory=AssistantSettings)
    llm: LlmSettings | None = None  # without one, answers only quote

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, *, home: Path | None = None) -> Self:
        """From the environment: AMARIS_HOME, AMARIS_ENCODER, and the three AMARIS_LLM_….

        Raises:
            InvalidSetting: for any other variable that starts with AMARIS_: a misspelt one must
                fail rather than leave a default in force unnoticed.
        """
        known = {"AMARIS_HOME", "AMARIS_ENCODER", *_LLM}
        for name in sorted(environment):
            if name.startswith(_PREFIX) and name not in known:
                # Its value is not shown: it may be a key under a misspelt name.
                raise InvalidSetting(name, "…", f"variables connues : {', '.join(sorted(known))}")
        stated = environment.get("AMARIS_HOME")
        folder = home or (Path(stated) if stated else platformdirs.user_data_path("amaris", appauthor=False))
        encoder = environment.get("AMARIS_ENCODER") or EMBEDDED
        if encoder != EMBEDDED and Path(encoder).is_dir():
            encoder = str(Path(encoder).resolve())  # the name kept in the index must mean one folder
        stated_llm = {field_name: environment.get(name, "").strip() for name, field_name in _LLM.items()}
        llm = LlmSettings(**stated_llm) if any(stated_llm.values()) else None
        return cls(home=folder.expanduser().absolute(), index=IndexSettings(encoder=encoder), llm=llm)

    @property
    def models(self) -> Path:
        return self.home / "models"

    @property
    def index_folder(self) -> Path:
        return self.home / "index"

    @property
    def documents(self) -> Path:
        return self.home / "documents"

    @property
    def read_cache(self) -> Path:
        return self.home / "read"

    @property
    def runs(self) -> Path:
        return self.home / "runs"
