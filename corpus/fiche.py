"""The front matter of a fiche: read, checked, and turned into a document."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from corpus.assemble import assemble
from corpus.documents import Contact, Document, FormField, Source, Validity
from corpus.errors import InvalidFiche
from corpus.read_markdown import read_markdown

_FRONT = re.compile(r"\A---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?$\n?", re.S | re.M)
_REMEDY = "Le format est décrit dans docs/ecrire-une-fiche.md."

ZONES = ("rouge", "bleue", "grisée", "verte", "délaissement", "expropriation", "toutes")
PUBLISHER = "Assistant AMARIS, fiche de départ (n'est pas une publication d'AMARIS)"

_LINK = r"^[a-z0-9]+(-[a-z0-9]+)*(#[a-z0-9-]+)?$"  # to a document, or to one of its sections
Text = Annotated[str, Field(min_length=1)]


# Through libyaml, where PyYAML was built with it: ten times faster on the questions of the fiches.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _yaml(text: str) -> Any:
    return yaml.load(text, Loader=_LOADER)  # noqa: S506  # a safe loader


class SourceHeader(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    title: Text
    publisher: Text
    date: str | None
    url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None

    @field_validator("date", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        """YAML reads 2017-06-22 as a date and 2017 as a number; both are kept as text."""
        if isinstance(value, dt.date | int):
            value = str(value)
        if isinstance(value, str) and not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", value):
            raise ValueError("date attendue : AAAA, AAAA-MM, AAAA-MM-JJ ou null")
        if isinstance(value, str) and not _exists(value):
            raise ValueError("cette date n'existe pas")
        return value


class FormFieldHeader(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Text
    hint: str = ""
    lines: Annotated[int, Field(ge=1, le=6)] = 1
    choices: Annotated[list[Text], Field(min_length=2)] | None = None


class FicheHeader(BaseModel):
    """Closed to unknown keys: a misspelt one must fail, not be ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Text
    axis: Literal[1, 2, 3]
    audience: Annotated[list[Text], Field(min_length=1)]
    zones: Annotated[list[Literal[ZONES]], Field(min_length=1)]  # type: ignore[valid-type]  # the names above, once
    topics: Annotated[list[Text], Field(min_length=1)]
    as_of: dt.date
    reviewed: dt.date
    contacts: Annotated[list[Text], Field(min_length=1)]
    sources: Annotated[list[SourceHeader], Field(min_length=1)]
    superseded: bool = False
    valid_until: dt.date | None = None
    superseded_by: Annotated[str, Field(pattern=_LINK)] | None = None
    form: list[FormFieldHeader] = []
    related: list[Annotated[str, Field(pattern=_LINK)]] = []


def _exists(date: str) -> bool:
    """Whether a possibly truncated ISO date is in the calendar."""
    try:
        dt.date.fromisoformat((date + "-01-01")[:10])
    except ValueError:
        return False
    return True


def split_front_matter(text: str) -> tuple[str | None, str, int]:
    """The YAML of the front matter (None without one), the body, and the body's first line number."""
    match = _FRONT.match(text)
    if not match:
        return None, text, 1
    return match["yaml"], text[match.end() :], text.count("\n", 0, match.end()) + 1


def is_fiche(text: str) -> bool:
    """Whether this Markdown states the front matter of a fiche."""
    front, _, _ = split_front_matter(text)
    return front is not None and re.search(r"^(axis|zones|as_of|reviewed)\s*:", front, re.M) is not None


def read_contacts(path: Path) -> dict[str, Contact]:
    """The contacts that fiches name by key.

    Raises:
        InvalidFiche: if the file breaks its format.
    """
    try:
        table = _yaml(path.read_text(encoding="utf-8"))
        return {key: Contact(**value) for key, value in table.items()}
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise InvalidFiche(path.name, 1, "contacts illisibles", "Chaque contact a name, role et url.") from error


_ASKED: TypeAdapter[dict[str, list[str]]] = TypeAdapter(dict[str, list[str]])


def asked_path(fiche: Path) -> Path:
    """Where other wordings of a fiche's questions are; the file may not exist."""
    return fiche.parent / "questions" / f"{fiche.stem}.yaml"


def read_asked(path: Path) -> dict[str, list[str]]:
    """Other wordings of the question of each section, by the section's anchor; none without the file.

    Raises:
        InvalidFiche: if the file breaks its format.
    """
    try:
        return _ASKED.validate_python(_yaml(path.read_text(encoding="utf-8")) or {}, strict=True)
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise InvalidFiche(path.name, line, "YAML mal formé", "Mettez chaque question entre guillemets.") from error
    except (ValidationError, UnicodeDecodeError) as error:
        remedy = "Chaque section a une liste de questions, en UTF-8."
        raise InvalidFiche(path.name, 1, "questions illisibles", remedy) from error


def read_fiche(
    text: str, source: str, contacts: dict[str, Contact], asked: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Document:
    """A fiche as a document.

    Args:
        asked: other wordings of the question of each section, by anchor.

    Raises:
        InvalidFiche: naming the line, when the front matter breaks a rule.
    """
    front, body, _ = split_front_matter(text)
    header = _header(front or "", source)
    unknown = [key for key in header.contacts if key not in contacts]
    if unknown:
        line = _line_of(front or "", "contacts")
        raise InvalidFiche(source, line, f"contact inconnu : {', '.join(unknown)}", "Voir contacts.yaml.")
    content, blocks = assemble(read_markdown(body, fiche=True))
    blocks = tuple(replace(block, asked=tuple(asked.get(block.anchor, ()))) for block in blocks)
    return Document(
        document_id=header.id,
        title=header.title,
        text=content,
        blocks=blocks,
        source=source,
        kind="fiche",
        publisher=PUBLISHER,
        as_of=header.as_of,
        axis=header.axis,
        audience=tuple(header.audience),
        zones=tuple(header.zones),
        topics=tuple(header.topics),
        sources=tuple(Source(s.key, s.title, s.publisher, s.date, s.url) for s in header.sources),
        contacts=tuple(contacts[key] for key in header.contacts),
        form=tuple(FormField(f.label, f.hint, f.lines, tuple(f.choices or ())) for f in header.form),
        related=tuple(header.related),
        reviewed=header.reviewed,
        validity=Validity(header.valid_until, header.superseded_by or "", header.superseded),
    )


def _header(front: str, source: str) -> FicheHeader:
    try:
        table: Any = _yaml(front)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = (mark.line if mark else 0) + 2
        raise InvalidFiche(
            source, line, "en-tête YAML mal formé", "Mettez entre guillemets les valeurs qui contiennent « : »."
        ) from error
    except ValueError as error:  # YAML itself refuses the 31st of June
        numbered = enumerate(front.splitlines(), start=2)
        wrong = (n for n, text in numbered for day in re.findall(r"\b\d{4}-\d\d-\d\d\b", text) if not _exists(day))
        raise InvalidFiche(source, next(wrong, 1), "cette date n'existe pas", _REMEDY) from error
    if not isinstance(table, dict):
        raise InvalidFiche(source, 1, "en-tête vide", _REMEDY)
    try:
        return FicheHeader.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"« {where} » : {_french(first['type'], first['msg'])}"
        raise InvalidFiche(source, _line_of(front, *first["loc"]), reason, _REMEDY) from error


def _french(kind: str, message: str) -> str:
    return {
        "missing": "clé obligatoire absente",
        "extra_forbidden": "clé inconnue",
        "literal_error": "valeur hors de la liste permise",
        "string_pattern_mismatch": "forme incorrecte",
        "string_type": "texte attendu",
        "too_short": "liste vide",
        "string_too_short": "texte vide",
        "list_type": "liste attendue",
        "bool_parsing": "true ou false attendu",
    }.get(kind, "date attendue (AAAA-MM-JJ)" if kind.startswith("date") else _own(message))


def _own(message: str) -> str:
    """Our own validators speak French; what is left of the library's messages is summed up."""
    return message.removeprefix("Value error, ") if message.startswith("Value error, ") else "forme inattendue"


def _line_of(front: str, *path: str | int) -> int:
    """Line in the file, from 1, of what these keys lead to, or of the last of them that is there; else 1."""
    node: yaml.Node | None = yaml.compose(front, Loader=yaml.SafeLoader)
    line = 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(step)]
            if not found:
                break
            key, node = found[-1]
            line = key.start_mark.line + 2
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 2
        else:
            break
    return line
