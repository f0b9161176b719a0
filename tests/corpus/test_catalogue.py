"""The catalogue: closed to mistakes, each told with its entry; the shipped one is sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.catalogue import CATALOGUE, InvalidCatalogue, Publication, read_catalogue
from corpus.library import Library

ENTRY = """\
[[publication]]
id = "guide"
title = "Le guide"
publisher = "DREAL"
date = "2021-03-18"
licence = "Licence Ouverte 2.0"
url = "https://exemple.fr/guide?page=1"
"""


def read(folder: Path, text: str) -> tuple[Publication, ...]:
    path = folder / "catalogue.toml"
    path.write_text(text, encoding="utf-8")
    return read_catalogue(path)


def test_an_entry_becomes_a_publication_and_what_the_library_is_told(tmp_path: Path) -> None:
    [guide] = read(tmp_path, ENTRY + "superseded = true\n")
    assert (guide.file_name, guide.licence) == ("guide.html", "Licence Ouverte 2.0")
    told = guide.description
    assert (told.title, told.publisher, told.as_of) == ("Le guide", "DREAL", "2021-03-18")
    [dated] = read(tmp_path, ENTRY + "valid_until = '2015-10-22'\nsuperseded_by = 'autre'\n")
    assert (dated.description.valid_until, dated.description.superseded_by) == ("2015-10-22", "autre")
    assert (told.url, told.superseded) == ("https://exemple.fr/guide?page=1", True)


def test_a_truncated_date_is_kept_but_is_not_the_day_of_a_document(tmp_path: Path) -> None:
    for date in ("2021", "2021-03"):
        [guide] = read(tmp_path, ENTRY.replace("2021-03-18", date))
        assert (guide.date, guide.description.as_of) == (date, None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Le guide"\n', "", "publication « guide » : « title » : clé obligatoire absente"),
        ("licence", "licences", "publication « guide » : « licence » : clé obligatoire absente"),
        ("[[publication]]\n", "[[publication]]\nauteur = 'x'\n", "« auteur » : clé inconnue"),
        ('"guide"', '"Le guide"', "publication « Le guide » : « id » : lettres minuscules"),
        ('"guide"', '"../guide"', "« id » : lettres minuscules"),
        ('"guide"', '"' + "g" * 81 + '"', "« id » : lettres minuscules.*80 au plus"),
        ('id = "guide"\n', "", "publication n° 1 : « id » : clé obligatoire absente"),
        ('"Le guide"', '""', "« title » : texte attendu"),
        ('"Le guide"', "3", "« title » : texte attendu"),
        ("https://", "ftp://", "« url » : adresse attendue, qui commence par https://"),
        ("https://exemple.fr", "exemple.fr", "« url » : adresse attendue"),
        ("https://exemple.fr", "https://exemple.fr:99999", "« url » : adresse attendue"),
        ("https://exemple.fr", "https://nom:secret@exemple.fr", "« url » : adresse attendue"),
        ('"2021-03-18"', '"18 mars 2021"', "« date » : date attendue entre guillemets"),
        ('"2021-03-18"', '"2021-02-30"', "« date » : date attendue"),
        ('"2021-03-18"', "2021-03-18", "« date » : date attendue entre guillemets"),
        ("[[publication]]\n", "[[publication]]\nformat = 'docx'\n", "« format » : « html » ou « pdf » attendu"),
        ("[[publication]]\n", "[[publication]]\nsuperseded = 'oui'\n", "« superseded » : true ou false"),
        ("[[publication]]\n", "[[publication]]\nvalid_until = '2015-10'\n", "« valid_until » : date attendue"),
        ("[[publication]]\n", "[[publication]]\nvalid_until = '2015-10-32'\n", "« valid_until » : date attendue"),
        ('"Le guide"', '"Le guide', "ligne 3 : TOML mal formé.*guillemets"),
        ("[[publication]]", "[publication]", "aucune publication.*publication"),
        ("[[publication]]", "hote = 'x'\n[[publication]]", "« hote » inconnu hors d'une publication"),
        (ENTRY, "", "aucune publication"),
        (ENTRY, ENTRY * 2, "publication « guide » : identifiant employé 2 fois. Changez-en un"),
    ],
)
def test_each_mistake_is_told_with_its_entry_and_a_remedy(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in ENTRY
    with pytest.raises(InvalidCatalogue, match=f"catalogue.toml.*{message}"):
        read(tmp_path, ENTRY.replace(old, new, 1))


def test_a_file_that_cannot_be_opened_or_decoded_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidCatalogue, match=r"il n'existe pas\. Donnez un autre fichier à --catalogue"):
        read_catalogue(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(ENTRY.replace("Le guide", "Été").encode("latin-1"))
    with pytest.raises(InvalidCatalogue, match=r"latin\.toml : ce n'est pas du texte UTF-8"):
        read_catalogue(tmp_path / "latin.toml")


def test_the_shipped_catalogue_takes_no_name_of_a_fiche_and_no_address_twice() -> None:
    publications = read_catalogue(CATALOGUE)
    assert len({publication.url for publication in publications}) == len(publications)
    fiches = {document.document_id for document in Library(None).read().documents}
    assert not fiches & {publication.id for publication in publications}


def test_no_shipped_publication_of_amaris_from_before_the_ordinance_can_be_cited() -> None:
    old = [p for p in read_catalogue(CATALOGUE) if p.publisher == "AMARIS" and p.date and p.date < "2015-10-23"]
    assert old, "aucun texte ancien : ce test ne vérifierait rien"
    assert all(publication.superseded for publication in old)
