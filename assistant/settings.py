"""The one settings object, gathered from the sections of the stages and read at the edge."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import platformdirs

from corpus.errors import InvalidSetting
from corpus.settings import CorpusSettings
from index.settings import EMBEDDED, IndexSettings

_PREFIX = "AMARIS_"


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
class Settings:
    home: Path  # everything the program writes is under this folder
    corpus: CorpusSettings = field(default_factory=CorpusSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    assistant: AssistantSettings = field(default_factory=AssistantSettings)

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, *, home: Path | None = None) -> Self:
        """From the environment: AMARIS_HOME and AMARIS_ENCODER.

        Raises:
            InvalidSetting: for any other variable that starts with AMARIS_: a misspelt one must
                fail rather than leave a default in force unnoticed.
        """
        known = {"AMARIS_HOME", "AMARIS_ENCODER"}
        for name in sorted(environment):
            if name.startswith(_PREFIX) and name not in known:
                raise InvalidSetting(name, environment[name], f"variables connues : {', '.join(sorted(known))}")
        stated = environment.get("AMARIS_HOME")
        folder = home or (Path(stated) if stated else platformdirs.user_data_path("amaris", appauthor=False))
        encoder = environment.get("AMARIS_ENCODER") or EMBEDDED
        if encoder != EMBEDDED and Path(encoder).is_dir():
            encoder = str(Path(encoder).resolve())  # the name kept in the index must mean one folder
        return cls(home=folder.expanduser().absolute(), index=IndexSettings(encoder=encoder))

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
