"""The documents on disk: the shipped fiches, given folders, and those that were added."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from corpus import ocr
from corpus.assemble import Piece, assemble, clean, document_id_of, title_of
from corpus.documents import Contact, Document, Validity
from corpus.errors import AssistantError, DuplicateDocument, UnknownDocument, UnreadableDocument, reason_of
from corpus.fiche import asked_path, is_fiche, read_asked, read_contacts, read_fiche, split_front_matter
from corpus.office import OLE
from corpus.pdf_pages import unlocked
from corpus.read_cache import ReadCache
from corpus.read_docx import read_docx
from corpus.read_html import declared_charset, read_html
from corpus.read_markdown import read_markdown
from corpus.read_odt import read_odt
from corpus.read_pdf import read_pdf
from corpus.read_text import decode, read_text
from corpus.storage import UNFINISHED, storage_errors, write_atomically

FICHES = Path(__file__).parent / "fiches"
CONTACTS = FICHES / "contacts.yaml"
SUFFIXES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".odt": "odt",
}
_QUICK = ("markdown", "text")  # as quick to read as to find among what was read
_META = ".meta.json"  # beside an added file: what was said of it when it was added
_MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What was read, and what could not be."""

    documents: tuple[Document, ...]
    problems: tuple[UnreadableDocument, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """What the person who adds a document says of it; None where the file itself is believed."""

    title: str | None = None
    publisher: str | None = None
    as_of: str | None = None  # ISO
    url: str | None = None
    superseded: bool = False
    valid_until: str | None = None  # ISO, the last day it was true
    superseded_by: str | None = None  # the document that took its place


class Library:
    """The documents to index.

    Args:
        roots: folders or files to read; `corpus/fiches` when none is given.
        added: the folder where added documents are kept; may not exist yet.
        cache: the folder where documents that are long to read are kept once read; none without one.
    """

    def __init__(self, added: Path | None, roots: Sequence[Path] = (), cache: Path | None = None) -> None:
        self.added = added
        self.cache = cache
        self.shipped = not roots  # whether the fiches of the project are read
        self.roots = tuple(roots) or (FICHES,)

    def files(self) -> list[Path]:
        """Every file to read: roots first, then added ones; sorted within each.

        Raises:
            UnknownDocument: if a root does not exist.
        """
        found: list[Path] = []
        for root in self.roots:
            if not root.exists():
                raise UnknownDocument(
                    str(root), "Rendez ce dossier, ou relancez « amaris index build » avec les bons --documents."
                )
            found += _documents_in(root)
        if self.added is not None and self.added.is_dir():
            found += _documents_in(self.added)
        return found

    def digest(self) -> str:
        """SHA-256, hexadecimal, of the names and bytes of every file: changes when any does."""
        digest = hashlib.sha256()
        for path in [*self.files(), *([CONTACTS] if self.shipped else [])]:
            beside = (_meta_path(path), asked_path(path))
            for part in (os.fsencode(path.name), _readable_bytes(path), *map(_bytes_if_any, beside)):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    def read(self, progress: Callable[[int, int], None] = lambda done, total: None) -> ReadReport:
        """Every document that can be read, and why the others cannot. Ids are unique."""
        contacts = read_contacts(CONTACTS)
        cache = ReadCache(self.cache) if self.cache else None
        documents: dict[str, Document] = {}
        problems: list[UnreadableDocument] = []
        files = self.files()
        for number, path in enumerate(files, start=1):
            try:
                document = read_file(path, contacts, cache)
                if document.document_id in documents:
                    first = documents[document.document_id].source
                    raise DuplicateDocument(path.name, document.document_id, first)
                documents[document.document_id] = document
            except UnreadableDocument as problem:
                problems.append(problem)
            progress(number, len(files))
        if cache:
            cache.forget_others()
        return ReadReport(tuple(documents.values()), tuple(problems))

    def add(
        self, path: Path, description: Description, *, replace_existing: bool = False, password: str = ""
    ) -> Document:
        """Copy a file among the added documents, after reading it; nothing is kept if that fails.

        A PDF that the password opens is kept without it.

        Raises:
            UnreadableDocument: if it cannot be read, or its id is taken.
            StorageError: if it cannot be written.
        """
        assert self.added is not None, "a library without a folder cannot be added to"
        data = _bytes(path)
        if password and path.suffix.lower() == ".pdf":
            data = unlocked(data, path.name, password)
        cache = ReadCache(self.cache) if self.cache else None
        document = describe(read_file(path, read_contacts(CONTACTS), cache, data=data), description)
        with self._writing() as added:
            self._keep(added / path.name, data, document, description, replace_existing=replace_existing)
        return document

    def _keep(
        self, target: Path, data: bytes, document: Document, description: Description, *, replace_existing: bool
    ) -> None:
        existing = self._added_file(document.document_id)
        if existing is None or not (replace_existing or existing.read_bytes() == data):
            for other in self.read().documents:
                if other.document_id == document.document_id:
                    raise DuplicateDocument(target.name, document.document_id, other.source)
        if target.is_file() and target != existing:
            raise UnreadableDocument(target.name, "un autre document ajouté porte ce nom", "Renommez le fichier.")
        with storage_errors(target.parent):
            meta = {name: value for name, value in asdict(description).items() if value}
            write_atomically(_meta_path(target), json.dumps(meta, ensure_ascii=False).encode())
            write_atomically(target, data)
            if existing is not None and existing != target:
                _delete(existing)

    def remove(self, document_id: str) -> None:
        """Delete an added document.

        Raises:
            UnknownDocument: if it is not among the added ones.
        """
        path = self._added_file(document_id)
        if path is not None:
            with self._writing(), storage_errors(path):
                _delete(path)
        else:
            shipped = any(d.document_id == document_id for d in self.read().documents)
            raise UnknownDocument(
                document_id,
                "C'est une fiche livrée : elle se retire en supprimant son fichier de corpus/fiches/."
                if shipped
                else "La liste : « amaris corpus list ».",
            )

    def tidy(self) -> None:
        """Remove what a killed process left among the added documents. Raises as `add` does."""
        with self._writing():
            pass

    @contextmanager
    def _writing(self) -> Iterator[Path]:
        """The folder of added documents, alone in it, without what a killed process left there.

        Raises:
            StorageError: if it cannot be written.
            AssistantError: if another process has been writing in it for half a minute.
        """
        assert self.added is not None, "a library without a folder cannot be written to"
        with storage_errors(self.added):
            self.added.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.added.with_name(f"{self.added.name}.lock"))
            try:
                lock.acquire(timeout=30)
            except Timeout as error:
                raise AssistantError("un autre ajout de document est en cours. Attendez qu'il finisse.") from error
        try:
            with storage_errors(self.added):
                for leftover in self.added.glob(UNFINISHED + "*"):
                    leftover.unlink(missing_ok=True)
                for meta in self.added.glob("*" + _META):
                    if not meta.with_name(meta.name.removesuffix(_META)).is_file():
                        meta.unlink()
            yield self.added
        finally:
            lock.release()

    def _added_file(self, document_id: str) -> Path | None:
        if self.added is None or not self.added.is_dir():
            return None
        contacts = read_contacts(CONTACTS)
        cache = ReadCache(self.cache) if self.cache else None
        for path in _documents_in(self.added):
            try:
                if read_file(path, contacts, cache).document_id == document_id:
                    return path
            except UnreadableDocument:
                continue
        return None


def read_file(
    path: Path, contacts: dict[str, Contact], cache: ReadCache | None = None, *, data: bytes | None = None
) -> Document:
    """Read one file by what its name says it is, after checking that it is.

    Args:
        data: its bytes, when they are not those on disk.

    Raises:
        UnreadableDocument: naming the file, what is wrong and what to do.
    """
    name = path.name
    if name.startswith("."):
        raise UnreadableDocument(name, "c'est un fichier caché", "Renommez-le sans point au début.")
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise UnreadableDocument(
            name,
            f"format « {path.suffix or 'sans extension'} » non lu",
            "Formats lus : .md, .txt, .html, .pdf, .docx, .odt. Un .doc ou .rtf se lit une fois enregistré en .docx.",
        )
    data = _bytes(path) if data is None else data
    if not data.strip():
        raise UnreadableDocument(name, "le fichier est vide", "Vérifiez la copie ou le téléchargement.")
    if not _is_as_named(kind, data):
        raise UnreadableDocument(
            name,
            f"ce n'est pas ce que dit son nom : c'est {_guess(data)}",
            "Renommez-le avec la bonne extension, ou téléchargez-le de nouveau.",
        )
    key = cache.key(name.encode(), data, bytes([ocr.is_installed()])) if cache and kind not in _QUICK else ""
    document = cache.get(key) if cache and key else None
    if document is None:
        document = _read(kind, data, path, contacts)
        if cache and key:
            cache.put(key, document)
    if not document.text:
        raise UnreadableDocument(name, "aucun texte à lire", "Vérifiez le contenu du fichier.")
    return describe(document, _description(path))


def _read(kind: str, data: bytes, path: Path, contacts: dict[str, Contact]) -> Document:
    name = path.name
    if kind == "pdf":
        pdf = read_pdf(data, name, ocr=ocr.recognise)
        return _document(pdf.pieces, name, "pdf", pdf.title, pdf.author, None, None, pdf.warnings)
    if kind in ("docx", "odt"):
        office = read_docx(data, name) if kind == "docx" else read_odt(data, name)
        return _document(office.pieces, name, kind, office.title, office.author, office.date, None, office.warnings)
    text = decode(data, name, declared_charset(data) if kind == "html" else None)
    if kind == "html":
        page = read_html(text, name)
        return _document(page.pieces, name, "html", page.title, page.publisher, page.date, page.url, ())
    if kind == "text":
        return _document(read_text(text), name, "text", "", "", None, None, ())
    if is_fiche(text):
        return read_fiche(text, name, contacts, read_asked(asked_path(path)))
    _, body, _ = split_front_matter(text)
    pieces = read_markdown(body)
    title = ""
    if pieces and pieces[0].kind == "heading" and pieces[0].level == 1:
        title, pieces = clean(pieces[0].text), pieces[1:] or pieces
    return _document(pieces, name, "markdown", title, "", None, None, ())


def _document(
    pieces: list[Piece],
    name: str,
    kind: str,
    title: str,
    publisher: str,
    date: str | None,
    url: str | None,
    warnings: tuple[str, ...],
) -> Document:
    text, blocks = assemble(pieces)
    return Document(
        document_id=document_id_of(name),
        title=title or title_of(name),
        text=text,
        blocks=blocks,
        source=name,
        kind=kind,  # type: ignore[arg-type]  # one of the values of SUFFIXES
        publisher=publisher,
        as_of=_date(date),
        url=url,
        titled=bool(title),
        warnings=warnings,
    )


def describe(document: Document, description: Description) -> Document:
    """The document with what a person said of it in place of what its file says."""
    return replace(
        document,
        title=description.title or document.title,
        titled=bool(description.title) or document.titled,
        publisher=description.publisher or document.publisher,
        as_of=_date(description.as_of) or document.as_of,
        url=description.url or document.url,
        validity=Validity(
            _date(description.valid_until) or document.validity.until,
            description.superseded_by or document.validity.superseded_by,
            description.superseded or document.validity.superseded,
        ),
    )


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _documents_in(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    return sorted(
        path
        for path in root.rglob("*")
        if path.is_file()
        and path.suffix.lower() in SUFFIXES
        and not path.name.startswith(".")
        and path != FICHES / "LICENCE.md"
    )


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UnreadableDocument(path.name, "le fichier dépasse 200 Mo", "Découpez-le en plusieurs documents.")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableDocument(
            path.name, f"le fichier ne s'ouvre pas : {reason_of(error)}", "Vérifiez le chemin et vos droits de lecture."
        ) from error


def _readable_bytes(path: Path) -> bytes:
    """The bytes of a file; none if it cannot be read, which `read` reports."""
    try:
        return _bytes(path)
    except UnreadableDocument:
        return b""


def _meta_path(path: Path) -> Path:
    return path.with_name(path.name + _META)


def _delete(path: Path) -> None:
    path.unlink()
    _meta_path(path).unlink(missing_ok=True)


def _bytes_if_any(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _description(path: Path) -> Description:
    data = _bytes_if_any(_meta_path(path))
    try:
        return Description(**json.loads(data)) if data else Description()
    except (ValueError, TypeError) as error:
        raise UnreadableDocument(
            path.name + _META, "description illisible", "Supprimez ce fichier, puis ajoutez le document de nouveau."
        ) from error


def _is_as_named(kind: str, data: bytes) -> bool:
    """Whether the first bytes are those of the format that the name says."""
    pdf, office = b"%PDF-" in data[:1024], data.startswith((b"PK\x03\x04", OLE))
    if kind == "pdf":
        return pdf
    if kind in ("docx", "odt"):
        return office
    page = kind == "text" and _guess(data) == "une page web"
    return not (pdf or office or page or data.startswith(b"{\\rtf"))


def _guess(data: bytes) -> str:
    head = data[:512].lstrip().lower()
    if b"%pdf-" in data[:1024].lower():
        return "un PDF"
    if head.startswith((b"<!doctype html", b"<html")):
        return "une page web"
    if head.startswith((b"pk\x03\x04", OLE)):
        return "une archive ou un fichier bureautique"
    if head.startswith(b"{\\rtf"):
        return "un document RTF"
    return "un fichier d'un autre format"
