"""The catalogue: which publications `sync` reads, and what is known of each before reading it."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from corpus.errors import AssistantError, reason_of
from corpus.library import Description

CATALOGUE = Path(__file__).with_name("catalogue.toml")
Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)
_REMEDY = "Le format est décrit dans docs/catalogue.md."
_EXPECTED = {
    "id": "lettres minuscules sans accent, chiffres et tirets attendus, 80 au plus",
    "url": "adresse attendue, qui commence par https:// ou http://",
    "date": "date attendue entre guillemets : AAAA, AAAA-MM ou AAAA-MM-JJ",
    "format": "« html » ou « pdf » attendu",
    "superseded": "true ou false attendu",
    "valid_until": "date attendue entre guillemets : AAAA-MM-JJ",
}

Text = Annotated[str, Field(min_length=1)]


class InvalidCatalogue(AssistantError):
    """The catalogue breaks its format; names the entry to correct."""


class Publication(BaseModel):
    """One publication, as its entry states it. Closed to unknown keys: a misspelt one must fail, not be ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]  # also the name of its file
    title: Text
    publisher: Text
    licence: Text  # what its publisher allows, in French, for the reader of the catalogue
    url: Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?([/?]\S*)?$")]
    date: str | None = None  # ISO, possibly truncated; none for a page that has none or is kept up to date
    format: Format = "html"  # what the address must give: anything else is refused
    superseded: bool = False  # a text replaced since
    valid_until: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None  # the last day it was true
    superseded_by: str | None = None  # the document that took its place

    @field_validator("date", "valid_until")
    @classmethod
    def _in_the_calendar(cls, date: str | None) -> str | None:
        if date is not None:
            if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", date):
                raise ValueError("not an ISO date")
            dt.date.fromisoformat((date + "-01-01")[:10])
        return date

    @field_validator("url")
    @classmethod
    def _with_a_possible_port(cls, url: str) -> str:
        urlsplit(url).port  # noqa: B018  # reading it raises ValueError when it is out of range
        return url

    @property
    def file_name(self) -> str:
        return f"{self.id}.{self.format}"

    @property
    def description(self) -> Description:
        """What the library is told of it. A truncated date is not: a document's has a day."""
        return Description(
            title=self.title,
            publisher=self.publisher,
            as_of=self.date if self.date and len(self.date) == len("AAAA-MM-JJ") else None,
            url=self.url,
            superseded=self.superseded,
            valid_until=self.valid_until,
            superseded_by=self.superseded_by,
        )


def read_catalogue(path: Path) -> tuple[Publication, ...]:
    """Every publication of a catalogue, in its order. Ids are unique.

    Raises:
        InvalidCatalogue: naming the entry, what is wrong and what to do.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidCatalogue(f"{path} : {reason_of(error)}. Donnez un autre fichier à --catalogue.") from error
    except UnicodeDecodeError as error:
        raise InvalidCatalogue(f"{path.name} : ce n'est pas du texte UTF-8. Enregistrez-le en UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f", ligne {line[1]}" if line else ""
        raise InvalidCatalogue(
            f"{path.name}{where} : TOML mal formé. Vérifiez les guillemets, et les clés écrites deux fois."
        ) from error
    unknown = sorted(table.keys() - {"publication"})
    if unknown:
        raise InvalidCatalogue(f"{path.name} : « {unknown[0]} » inconnu hors d'une publication. {_REMEDY}")
    entries = table.get("publication")
    if not isinstance(entries, list) or not entries:
        raise InvalidCatalogue(f"{path.name} : aucune publication. Chacune commence par [[publication]].")
    found = tuple(_publication(path.name, number, entry) for number, entry in enumerate(entries, start=1))
    for publication_id, times in Counter(publication.id for publication in found).items():
        if times > 1:
            raise InvalidCatalogue(
                f"{path.name}, publication « {publication_id} » : identifiant employé {times} fois. Changez-en un."
            )
    return found


def _publication(name: str, number: int, entry: Any) -> Publication:
    try:
        return Publication.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        reason = {"missing": "clé obligatoire absente", "extra_forbidden": "clé inconnue"}.get(
            first["type"], _EXPECTED.get(key, "texte attendu, entre guillemets")
        )
        stated = entry.get("id") if isinstance(entry, dict) else None
        which = f"publication « {stated} »" if stated else f"publication n° {number}"
        raise InvalidCatalogue(f"{name}, {which} : « {key} » : {reason}. {_REMEDY}") from error
