"""The library: every document that can be read, a reason for the others, and nothing lost on the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.documents import Validity
from corpus.errors import AssistantError, DuplicateDocument, StorageError, UnknownDocument, UnreadableDocument
from corpus.library import FICHES, Description, Library, read_file
from corpus.storage import write_atomically
from tests.corpus.builders import FICHE, pdf

WITHOUT = Description()
Write = Callable[[str, str], Path]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Two texts in its root, nothing added yet."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "abri.txt").write_text("Le local protège.", encoding="utf-8")
    (root / "zone.md").write_text("# La zone bleue\n\nDes travaux.", encoding="utf-8")
    return Library(tmp_path / "home" / "added", [root])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file outside the library."""

    def write_one(name: str, text: str) -> Path:
        path = tmp_path / "ailleurs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_one


def ids(library: Library) -> list[str]:
    return [document.document_id for document in library.read().documents]


def added_names(library: Library) -> list[str]:
    assert library.added is not None
    return sorted(path.name for path in library.added.iterdir()) if library.added.exists() else []


def test_the_title_is_the_documents_own_or_made_from_its_name(library: Library) -> None:
    assert [(d.title, d.titled) for d in library.read().documents] == [("Abri", False), ("La zone bleue", True)]


def test_of_two_documents_with_one_id_the_first_is_kept_and_the_second_told(library: Library) -> None:
    (library.roots[0] / "zone.txt").write_text("Autre texte.", encoding="utf-8")
    report = library.read()
    [problem] = report.problems
    assert isinstance(problem, DuplicateDocument)
    assert problem.source == "zone.txt"
    assert "« zone » est déjà celui de zone.md" in str(problem)
    assert [document.source for document in report.documents] == ["abri.txt", "zone.md"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.pdf", b"<!DOCTYPE html><html>404</html>", "une page web"),
        ("a.pdf", b"PK\x03\x04...", "une archive ou un fichier bureautique"),
        ("a.pdf", b"\x89PNG", "un fichier d'un autre format"),
        ("a.html", pdf([["Texte"]]), "c'est un PDF"),
        ("a.doc", b"PK", "format « .doc » non lu.*Formats lus : .md, .txt, .html, .pdf, .docx, .odt.*en .docx"),
        ("a.docx", b"Bonjour", "un fichier d'un autre format"),
        ("a.odt", pdf([["Texte"]]), "c'est un PDF"),
        ("a.txt", b"<!DOCTYPE html><html>404</html>", "une page web"),
        ("a.txt", rb"{\rtf1\ansi Bonjour}", "un document RTF"),
        ("a.md", b"PK\x03\x04...", "une archive ou un fichier bureautique"),
        ("LISEZMOI", b"texte", "format « sans extension »"),
        ("a.txt", b" \r\n ", "le fichier est vide"),
        ("a.md", "\ufeff".encode(), "aucun texte"),
        ("a.txt", b"\x00\x01", "pas un fichier texte"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableDocument, match=f"{name} : .*{message}"):
        read_file(tmp_path / name, {})


def test_too_big_a_file_is_told_and_stops_nothing(library: Library) -> None:
    with (library.roots[0] / "gros.txt").open("wb") as file:
        file.truncate(200_000_001)  # takes no room on the disk
    assert [str(problem) for problem in library.read().problems] == [
        "gros.txt : le fichier dépasse 200 Mo. Découpez-le en plusieurs documents."
    ]
    assert len(library.digest()) == 64


def test_progress_is_told_file_by_file(library: Library) -> None:
    steps: list[tuple[int, int]] = []
    library.read(lambda done, total: steps.append((done, total)))
    assert steps == [(1, 2), (2, 2)]


def test_a_root_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownDocument, match="--documents"):
        Library(None, [tmp_path / "absent"]).read()


def test_an_added_document_is_read_with_its_description(library: Library, write: Write) -> None:
    url = "https://exemple.fr"
    said = Description(title="Le guide", publisher="DREAL", as_of="2021-03-18", url=url, superseded=True)
    library.add(write("guide.txt", "Un guide."), said)
    again = Library(library.added, library.roots)
    guide = again.read().documents[-1]
    assert (guide.document_id, guide.title, guide.titled, guide.publisher) == ("guide", "Le guide", True, "DREAL")
    assert (guide.as_of, guide.url, guide.validity.superseded) == (dt.date(2021, 3, 18), url, True)
    assert added_names(library) == ["guide.txt", "guide.txt.meta.json"]


def test_a_damaged_description_is_told_and_stops_nothing(library: Library, write: Write) -> None:
    library.add(write("guide.txt", "Un guide."), WITHOUT)
    assert library.added is not None
    (library.added / "guide.txt.meta.json").write_text('{"titre": 1}', encoding="utf-8")
    report = library.read()
    assert len(report.documents) == 2
    assert "description illisible" in str(report.problems[0])


def test_a_taken_id_is_refused_unless_replaced(library: Library, write: Write) -> None:
    library.add(write("guide.txt", "Premier."), Description(title="Un"))
    with pytest.raises(DuplicateDocument):
        library.add(write("guide.txt", "Second."), WITHOUT)
    assert library.read().documents[-1].text == "Premier."
    library.add(write("guide.txt", "Second."), Description(title="Deux"), replace_existing=True)
    assert [(d.title, d.text) for d in library.read().documents][-1] == ("Deux", "Second.")


def test_replacing_by_a_file_of_another_name_leaves_one(library: Library, write: Write) -> None:
    library.add(write("guide.txt", "Premier."), WITHOUT)
    library.add(write("guide.md", "Second."), WITHOUT, replace_existing=True)
    assert added_names(library) == ["guide.md", "guide.md.meta.json"]


def test_adding_the_same_file_twice_or_under_another_name_leaves_one(library: Library, write: Write) -> None:
    for name in ("guide.txt", "guide.txt", "guide.md"):
        library.add(write(name, "Le même texte."), WITHOUT)
        assert ids(library) == ["abri", "zone", "guide"]
        assert not library.read().problems


def test_another_document_of_the_same_file_name_is_not_overwritten(library: Library, write: Write) -> None:
    fiche = FICHE.replace("[mairie]", "[mairie, amaris]")
    library.add(write("fiche.md", fiche), WITHOUT)
    with pytest.raises(UnreadableDocument, match="Renommez le fichier"):
        library.add(write("fiche.md", fiche.replace("id: essai", "id: autre")), WITHOUT, replace_existing=True)
    assert ids(library) == ["abri", "zone", "essai"]


def test_a_document_of_the_roots_is_never_replaced(library: Library, write: Write) -> None:
    with pytest.raises(DuplicateDocument):
        library.add(write("abri.txt", "Autre texte."), WITHOUT, replace_existing=True)
    assert added_names(library) == []


def test_an_unreadable_file_leaves_nothing(library: Library, write: Write) -> None:
    with pytest.raises(UnreadableDocument):
        library.add(write("vide.txt", " "), WITHOUT)
    assert added_names(library) == []


def test_remove_deletes_the_file_and_its_description(library: Library, write: Write) -> None:
    library.add(write("guide.txt", "Un guide."), Description(title="Le guide"))
    library.remove("guide")
    assert added_names(library) == []
    assert ids(library) == ["abri", "zone"]


@pytest.mark.parametrize(("name", "remedy"), [("inconnu", "amaris corpus list"), ("abri", "fiche livrée")])
def test_what_was_not_added_cannot_be_removed(library: Library, name: str, remedy: str) -> None:
    with pytest.raises(UnknownDocument, match=f"aucun document « {name} ».*{remedy}"):
        library.remove(name)


def test_the_digest_changes_with_any_file_and_only_then(library: Library, write: Write) -> None:
    seen = [library.digest()]
    assert library.digest() == seen[0]

    def changed() -> bool:
        seen.append(library.digest())
        return len(set(seen)) == len(seen)

    (library.roots[0] / "abri.txt").write_text("Le local protège bien.", encoding="utf-8")
    assert changed()
    (library.roots[0] / "abri.txt").rename(library.roots[0] / "refuge.txt")
    assert changed()
    library.add(write("guide.txt", "Un guide."), WITHOUT)
    assert changed()
    library.add(write("guide.txt", "Un guide."), Description(title="Le guide"))
    assert changed()
    assert Library(None, library.roots).digest() != Library(None).digest()


@pytest.mark.parametrize("place", [Path("/sys/amaris"), Path("/proc/amaris"), Path("/dev/null/amaris")])
def test_a_place_that_cannot_be_written_is_told_in_french(library: Library, write: Write, place: Path) -> None:
    library.added = place
    with pytest.raises(StorageError) as caught:
        library.add(write("guide.txt", "Un guide."), WITHOUT)
    assert str(caught.value).startswith(f"{place} : ")
    assert "erreur du système" not in str(caught.value)  # followed by the system's own words, in English
    assert str(caught.value).endswith("Rien de ce qui existait n'est perdu.")


def test_a_failed_write_leaves_the_old_file_and_no_half(tmp_path: Path) -> None:
    target = tmp_path / "fichier"
    write_atomically(target, b"ancien")
    write_atomically(target, b"nouveau")
    assert target.read_bytes() == b"nouveau"
    folder = tmp_path / "dossier"
    folder.mkdir()
    with pytest.raises(OSError, match="dossier"):
        write_atomically(folder, b"un fichier ne remplace pas un dossier")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dossier", "fichier"]


def test_a_failed_replacement_keeps_the_document(library: Library, write: Write) -> None:
    library.add(write("guide.txt", "Premier."), WITHOUT)
    assert library.added is not None
    (library.added / "guide.md.meta.json").mkdir()  # what is in the way of the new description
    with pytest.raises(AssistantError):
        library.add(write("guide.md", "Second."), WITHOUT, replace_existing=True)
    assert library.read().documents[-1].text == "Premier."


def test_without_a_root_the_shipped_fiches_are_read() -> None:
    assert Library(None).roots == (FICHES,)
    assert {path.parent for path in Library(None).files()} == {FICHES}


@pytest.fixture
def cached(library: Library, tmp_path: Path) -> Library:
    return Library(library.added, library.roots, tmp_path / "lus")


def kept(library: Library) -> set[str]:
    assert library.cache is not None
    return {path.name for path in library.cache.iterdir()} if library.cache.is_dir() else set()


def test_what_is_long_to_read_is_kept_until_its_file_changes(cached: Library, write: Write) -> None:
    page = "<html><body><article><p>{}</p></article></body></html>"
    cached.add(write("page.html", page.format("Le premier texte de la page, assez long.")), WITHOUT)
    first = cached.read().documents
    one = kept(cached)
    assert len(one) == 1
    assert cached.read().documents == first
    cached.add(
        write("page.html", page.format("Le second texte de la page, assez long.")), WITHOUT, replace_existing=True
    )
    assert cached.read().documents[-1].text == "Le second texte de la page, assez long."
    assert len(kept(cached)) == 1
    assert kept(cached) != one
    cached.remove("page")
    cached.read()
    assert kept(cached) == set()


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"document_id": 3}'])
def test_a_damaged_record_is_read_again(cached: Library, write: Write, damage: bytes) -> None:
    cached.add(write("page.html", "<html><body><p>Le texte de la page, assez long.</p></body></html>"), WITHOUT)
    whole = cached.read().documents
    assert cached.cache is not None
    for path in cached.cache.iterdir():
        path.write_bytes(damage)
    assert cached.read().documents == whole


def test_a_locked_pdf_is_kept_without_its_password(library: Library, write: Write, tmp_path: Path) -> None:
    path = tmp_path / "guide.pdf"
    path.write_bytes(pdf([["Le plan de prévention fixe les travaux."]], password="secret"))
    with pytest.raises(UnreadableDocument, match="--password"):
        library.add(path, WITHOUT)
    with pytest.raises(UnreadableDocument, match="ce mot de passe n'ouvre pas"):
        library.add(path, WITHOUT, password="autre")
    library.add(path, WITHOUT, password="secret")
    assert library.read().documents[-1].text == "Le plan de prévention fixe les travaux."


def test_what_is_said_of_validity_is_kept(library: Library, write: Write) -> None:
    library.add(write("guide.txt", "Un guide."), Description(valid_until="2015-10-22", superseded_by="zone"))
    assert library.read().documents[-1].validity == Validity(dt.date(2015, 10, 22), "zone")
