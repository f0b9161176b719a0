"""The front matter of a fiche: what is kept, and the line of each broken rule."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from corpus.documents import FormField, Validity
from corpus.errors import InvalidFiche
from corpus.fiche import is_fiche, read_contacts, read_fiche, split_front_matter
from tests.corpus.builders import CONTACTS, FICHE, line_of


def test_everything_stated_is_kept() -> None:
    document = read_fiche(FICHE, "essai.md", CONTACTS)
    assert (document.document_id, document.kind, document.axis) == ("essai", "fiche", 1)
    assert (document.title, document.as_of) == ("Fiche d'essai : un exemple", dt.date(2024, 1, 1))
    assert (document.zones, document.audience, document.topics) == (("bleue",), ("dirigeant",), ("travaux",))
    assert [(source.key, source.date) for source in document.sources] == [("code", "2024-01-01"), ("guide", "2017")]
    assert document.contacts == (CONTACTS["mairie"],)
    assert document.text.startswith("La fiche s'adresse")
    assert "n'est pas une publication d'AMARIS" in document.publisher


@pytest.mark.parametrize("date", ["2017", "2017-06", "2017-06-22", "null"])
def test_the_date_of_a_source_may_be_truncated_or_absent(date: str) -> None:
    document = read_fiche(FICHE.replace("date: 2017", f"date: {date}"), "essai.md", CONTACTS)
    assert document.sources[1].date == (None if date == "null" else date)


def test_the_form_the_links_and_the_validity_are_kept() -> None:
    more = """axis: 2
valid_until: 2015-10-22
superseded_by: ordonnance-2015#regle
related: [zone-bleue, ordonnance-2015#regle]
form:
  - label: "Zone"
    choices: [rouge, bleue]
  - label: "Qui décide ?"
    hint: "Nom"
    lines: 2"""
    document = read_fiche(FICHE.replace("axis: 1", more), "essai.md", CONTACTS)
    assert document.form == (
        FormField("Zone", choices=("rouge", "bleue")),
        FormField("Qui décide ?", hint="Nom", lines=2),
    )
    assert document.related == ("zone-bleue", "ordonnance-2015#regle")
    assert document.validity == Validity(dt.date(2015, 10, 22), "ordonnance-2015#regle")


# What is written in place of what, the start of the line to be named (none: line 1), the reason.
BROKEN = [
    ("id: essai", "id: Essai_1", "id:", "forme incorrecte"),
    ("id: essai\n", "", "", "« id » : clé obligatoire absente"),
    ('title: "Fiche d\'essai : un exemple"', 'title: ""', "title:", "texte vide"),
    ('title: "Fiche d\'essai : un exemple"', "title: Fiche : un exemple", "title:", "YAML mal formé"),
    ("axis: 1", "axis: 4", "axis:", "hors de la liste"),
    ("axis: 1\n", "", "", "« axis » : clé obligatoire absente"),
    ("audience: [dirigeant]", "audience: []", "audience:", "liste vide"),
    ("audience: [dirigeant]", "audience: dirigeant", "audience:", "liste attendue"),
    ("zones: [bleue]", "zones: [mauve]", "zones:", "hors de la liste"),
    ("topics: [travaux]", "topics: [3]", "topics:", "texte attendu"),
    ("as_of: 2024-01-01", "as_of: hier", "as_of:", "date attendue"),
    ("as_of: 2024-01-01", "as_of: 2024-02-31", "as_of:", "n'existe pas"),
    ("reviewed: 2024-02-01", "relu: 2024-02-01", "", "« reviewed » : clé obligatoire absente"),
    ("axis: 1", "axis: 1\nauteur: moi", "auteur:", "clé inconnue"),
    ("axis: 1", "axis: 1\nsuperseded: peut-être", "superseded:", "true ou false"),
    ("axis: 1", "axis: 1\nvalid_until: 2015-13-01", "valid_until:", "n'existe pas"),
    ("axis: 1", "axis: 1\nrelated: [Zone Bleue]", "related:", "forme incorrecte"),
    ("axis: 1", "axis: 1\nform: [{label: Zone, lines: 9}]", "form:", "forme inattendue"),
    ("axis: 1", "axis: 1\nform: [{label: Zone, choices: [une]}]", "form:", "liste vide"),
    ("contacts: [mairie]", "contacts: [mairie, pompiers]", "contacts:", "contact inconnu : pompiers"),
    ("- key: guide", "- key: Le Guide", "- key: Le", "forme incorrecte"),
    ('publisher: "INERIS"', "editeur: INERIS", "- key: guide", "clé obligatoire absente"),
    ("date: 2017", 'date: "juin 2017"', 'date: "juin', "date attendue : AAAA"),
    ("date: 2017", "date: 2017-13", "date: 2017-13", "n'existe pas"),
    ("date: 2017", "date: 2017-06-31", "date: 2017-06-31", "n'existe pas"),
    ("url: null", "url: exemple.fr", "url: exemple", "forme incorrecte"),
]


@pytest.mark.parametrize(
    ("old", "new", "at", "reason"), BROKEN, ids=[f"{new or old}".strip() for old, new, _, _ in BROKEN]
)
def test_a_broken_rule_is_told_with_its_line(old: str, new: str, at: str, reason: str) -> None:
    assert old in FICHE
    text = FICHE.replace(old, new)
    assert is_fiche(text)
    with pytest.raises(InvalidFiche) as caught:
        read_fiche(text, "essai.md", CONTACTS)
    assert reason in caught.value.reason
    assert caught.value.line == (line_of(text, at) if at else 1)
    assert str(caught.value).startswith(f"essai.md, ligne {caught.value.line} : ")


def test_the_front_matter_is_parted_from_the_body_at_the_right_line() -> None:
    front, body, line = split_front_matter(FICHE.replace("\n", "\r\n"))
    assert front is not None
    assert FICHE.splitlines()[line - 1] == body.splitlines()[0]
    assert split_front_matter("Un texte.") == (None, "Un texte.", 1)


def test_ordinary_markdown_is_not_a_fiche() -> None:
    assert not is_fiche("# Titre\n\naxis: 1")
    assert not is_fiche("---\ntitle: Un billet\n---\nTexte.")


@pytest.mark.parametrize("content", ["a: [", "mairie: {nom: x}", "- mairie", "texte"])
def test_unreadable_contacts_are_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "contacts.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidFiche, match=r"contacts illisibles.*name, role et url"):
        read_contacts(tmp_path / "contacts.yaml")
