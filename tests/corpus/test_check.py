"""Each fault of a fiche is found, with its line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from corpus.check import check
from corpus.errors import InvalidFiche
from corpus.library import Library
from tests.corpus.builders import FICHE, line_of

TODAY = dt.date(2024, 3, 1)
TOMORROW = "2024-03-02"
MIDDLING = " ".join(["Le plan " + "fixe des travaux " * 7 + "bien utiles."] * 5)
LONG = "Le plan " + "fixe des travaux " * 10 + "utiles."


def faults(folder: Path, text: str, encoding: str = "utf-8") -> list[tuple[int, str]]:
    (folder / "essai.md").write_text(text, encoding=encoding)
    _, problems = check(Library(None, [folder]), TODAY)
    assert all(isinstance(problem, InvalidFiche) for problem in problems)
    return [(problem.line, problem.reason) for problem in problems if isinstance(problem, InvalidFiche)]


def test_a_good_fiche_has_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, FICHE) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_of_the_file_changes_nothing(tmp_path: Path, encoding: str) -> None:
    assert faults(tmp_path, FICHE, encoding) == []
    broken = FICHE.replace("Sources : code\n", "")
    assert [line for line, _ in faults(tmp_path, broken, encoding)] == [line_of(broken, "La fiche")]


@pytest.mark.parametrize(
    ("old", "new", "at", "reason"),
    [
        ("as_of: 2024-01-01", "as_of: 2024-01-02", "as_of:", "plus récent que toutes les sources"),
        ("reviewed: 2024-02-01", f"reviewed: {TOMORROW}", "reviewed:", "dans le futur"),
        ("Sources : code\n", "", "La fiche", "section sans ligne « Sources : »"),
        (
            "Sources : code, guide\n",
            "- fin\n\n## Et après ?\n\nSources : guide\n",
            "## Dois-je",
            "sans ligne « Sources",
        ),
        ("Sources : code, guide", "Sources : code", "- key: guide", "« guide » jamais citée"),
        ("Sources : code, guide", "Sources : guide, inconnue", "Sources : guide", "« inconnue » absente"),
        ("- les vitrages.", f"- les vitrages.\n\n{LONG}", "Le plan fixe", "phrase de 33 mots (30 au plus)"),
        ("reviewed: 2024-02-01", "reviewed: 2023-02-01", "reviewed:", "relue pour la dernière fois le 01/02/2023"),
        ("axis: 1", "axis: 2", "axis:", "sans « form »"),
        ("axis: 1", "axis: 1\nrelated: [absente]", "related:", "lien vers « absente », qui n'existe pas"),
        ("axis: 1", "axis: 1\nrelated: [essai#absente]", "related:", "« essai#absente », qui n'existe pas"),
        ("axis: 1", "axis: 1\nsuperseded_by: absente", "superseded_by:", "lien vers « absente »"),
        ("- les vitrages.", "- les vitrages.\n\nLa CSS se réunit.", "La CSS", "sigle « CSS » non expliqué"),
        ("Sources : code, guide", "Validité : hier\n\nSources : code, guide", "Validité", "mal formée"),
        ("- les vitrages.", f"- les vitrages.\n\n{MIDDLING}", "La fiche", "phrases longues : 25 mots"),
        ("axis: 1", "axis: 5", "axis:", "hors de la liste"),
        ("axis: 1\n", "", "---", "clé obligatoire absente"),
    ],
)
def test_each_fault_is_found_at_its_line(tmp_path: Path, old: str, new: str, at: str, reason: str) -> None:
    text = FICHE.replace(old, new)
    [(line, found)] = faults(tmp_path, text)
    assert reason in found
    assert line == line_of(text, at)


@pytest.mark.parametrize(
    "sentence",
    [
        "La commission de suivi de site (CSS) se réunit.",
        "La commission de suivi de site, la CSS, se réunit.",
        "La CSS (commission de suivi de site) se réunit.",
        "La CSS est la commission de suivi de site.",
        "Le guide PDF se lit à l'écran.",
        "L'association Synerzip-LH répond.",
    ],
)
def test_an_explained_acronym_is_no_fault(tmp_path: Path, sentence: str) -> None:
    assert faults(tmp_path, FICHE.replace("- les vitrages.", f"- les vitrages.\n\n{sentence}")) == []


def test_a_truncated_source_date_is_taken_at_its_latest_day(tmp_path: Path) -> None:
    december = FICHE.replace("date: 2024-01-01", "date: 2023-12").replace("as_of: 2024-01-01", "as_of: 2023-12-31")
    assert faults(tmp_path, december) == []
    [(_, reason)] = faults(tmp_path, december.replace("as_of: 2023-12-31", "as_of: 2024-01-01"))
    assert "plus récent" in reason


def test_faults_come_in_order_of_line(tmp_path: Path) -> None:
    text = FICHE.replace("Sources : code, guide", LONG).replace("as_of: 2024-01-01", f"as_of: {TOMORROW}")
    lines = [line for line, _ in faults(tmp_path, text)]
    assert len(lines) == 5
    assert lines == sorted(lines)


def test_other_documents_are_read_but_not_judged(tmp_path: Path) -> None:
    (tmp_path / "guide.txt").write_text(LONG, encoding="utf-8")
    documents, problems = check(Library(None, [tmp_path]))
    assert [document.document_id for document in documents] == ["guide"]
    assert problems == []
