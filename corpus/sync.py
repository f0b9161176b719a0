"""Fetch the publications of the catalogue, politely, and keep the last good copy of each.

    HOME/
        documents/ID.html       the copies, kept by the library with their description
        sync.json               what is known of each copy: hash, date, validators, outcome of the last visit
        sync.lock               held while a sync runs
        .en-cours-…             unfinished work, which the next sync removes

A copy is replaced only by a download that was read in full and holds text. Killed at any instant, a sync
leaves every copy old or new; the next one takes up what `sync.json` does not state as done.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import httpx
from filelock import FileLock, Timeout
from protego import Protego
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from corpus.catalogue import FORMATS, Publication
from corpus.documents import Document
from corpus.errors import AssistantError, UnreadableDocument
from corpus.library import Library, read_file
from corpus.storage import UNFINISHED, storage_errors, write_atomically

PRODUCT = "amaris-assistant"  # the name that a robots.txt may address
USER_AGENT = f"{PRODUCT}/{version(PRODUCT)} (assistant documentaire AMARIS; lit les publications de son catalogue)"
_STATE = "sync.json"
_MAX_REDIRECTS = 5
_MAX_ROBOTS_BYTES = 512_000  # RFC 9309 asks for 500 KiB at least

Status = Literal["added", "updated", "unchanged", "failed"]


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """The limits of a visit, and the clocks they are measured with. All durations are in seconds."""

    attempt: float = 30.0  # for one whole answer, and between two of its bytes
    max_bytes: int = 50_000_000
    host_interval: float = 1.0  # between two requests to a host
    retries: int = 3
    backoff: float = 2.0  # before the first retry; doubles at each
    max_wait: float = 120.0  # the longest pause that a site may ask for
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], dt.datetime] = _utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one publication."""

    publication_id: str
    status: Status
    changed: bool  # whether the library is not what it was; also true of a failure after a new description
    reason: str  # of a failure, in French with its remedy; else empty
    kept: dt.date | None  # the day when the copy in the library was fetched; None without a copy


@dataclass(frozen=True, slots=True)
class SyncReport:
    outcomes: tuple[Outcome, ...]  # in the order of the catalogue

    @property
    def changed(self) -> bool:
        return any(outcome.changed for outcome in self.outcomes)

    @property
    def failed(self) -> bool:
        return any(outcome.status == "failed" for outcome in self.outcomes)


def sync(
    catalogue: Sequence[Publication],
    library: Library,
    settings: SyncSettings,
    only: Collection[str] = (),
    progress: Callable[[str, int, int], None] = lambda publication_id, done, total: None,
) -> SyncReport:
    """Visit the publications of the catalogue, or those of `only`, and keep what changed.

    Args:
        library: one with a folder for added documents; the state is kept beside that folder.
        only: ids; redirections may still lead to any host of the catalogue.

    Raises:
        StorageError: if the disk refuses; what was kept until then is kept.
        AssistantError: if another sync is running.
    """
    assert library.added is not None, "a library without a folder cannot be synchronised"
    chosen = [publication for publication in catalogue if not only or publication.id in only]
    home = library.added.parent
    with _lock(home):
        library.tidy()
        _tidy(home, library.added, catalogue)
        with _web(catalogue, settings) as web:
            keeper = _Keeper(library, library.added, web, settings)
            outcomes = []
            for done, publication in enumerate(chosen):
                progress(publication.id, done, len(chosen))
                outcomes.append(keeper.visit(publication))
    return SyncReport(tuple(outcomes))


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    with storage_errors(home):
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / "sync.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise AssistantError("une lecture du catalogue est déjà en cours. Attendez qu'elle finisse.") from error
    try:
        yield
    finally:
        lock.release()


def _tidy(home: Path, added: Path, catalogue: Sequence[Publication]) -> None:
    """Remove what a killed sync left: unfinished files, a description without its file, a replaced format."""
    with storage_errors(home):
        for leftover in home.glob(UNFINISHED + "*"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        for publication in catalogue:
            replaced = (added / publication.file_name).is_file()
            for suffix in FORMATS:
                path = added / f"{publication.id}.{suffix}"
                if replaced and suffix != publication.format:
                    path.unlink(missing_ok=True)
                if not path.is_file():
                    path.with_name(f"{path.name}.meta.json").unlink(missing_ok=True)


# Keeping


class _Record(BaseModel):
    """What `sync.json` states of one publication."""

    model_config = ConfigDict(frozen=True)

    status: Status = "failed"
    reason: str = ""
    checked: dt.datetime | None = None  # the last visit
    # Of the copy in the library; empty without one.
    url: str = ""
    fetched: dt.datetime | None = None
    sha256: str = ""  # of its bytes
    text_sha256: str = ""  # of its text: many pages change at each visit and say the same
    etag: str = ""
    last_modified: str = ""
    description: dict[str, Any] = {}

    @property
    def validators(self) -> dict[str, str]:
        """The headers that ask for a new version only."""
        stated = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in stated.items() if value}


_RECORDS = TypeAdapter(dict[str, _Record])


def _read_records(path: Path) -> dict[str, _Record]:
    """Records that are lost or damaged only cost a download of each publication."""
    try:
        return _RECORDS.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}


class _Keeper:
    def __init__(self, library: Library, added: Path, web: _Web, settings: SyncSettings) -> None:
        self._library = library
        self._added = added
        self._web = web
        self._settings = settings
        self._state = added.parent / _STATE
        self._records = _read_records(self._state)

    def visit(self, publication: Publication) -> Outcome:
        """Fetch one publication, keep it if it changed, and record what happened."""
        record = self._records.get(publication.id, _Record())
        copy = self._added / publication.file_name
        with storage_errors(copy):
            held = copy.is_file()
            # A copy that is not the recorded one was damaged, or kept just before a kill: it is fetched again.
            intact = held and record.url == publication.url and _sha256(copy.read_bytes()) == record.sha256
        described = _stated(publication)
        status: Status = "unchanged"
        changed, reason = False, ""
        try:
            if intact and record.description != described:
                self._library.add(copy, publication.description, replace_existing=True)
                record = record.model_copy(update={"description": described})
                status, changed = "updated", True
            answer = self._web.get(publication.url, record.validators if intact else {})
            if answer.status == httpx.codes.OK:
                kept = self._keep(publication, answer, record if intact else None)
                if not intact or kept.text_sha256 != record.text_sha256:
                    status, changed = "updated" if held and record.sha256 else "added", True
                record = kept
        except _Failure as failure:
            status, reason = "failed", str(failure)
        except UnreadableDocument as error:
            status, reason = "failed", f"{error.reason}. {error.remedy}"
        record = record.model_copy(update={"status": status, "reason": reason, "checked": self._settings.now()})
        self._records[publication.id] = record
        with storage_errors(self._state):
            write_atomically(self._state, _RECORDS.dump_json(self._records, indent=2))
        return Outcome(
            publication_id=publication.id,
            status=status,
            changed=changed,
            reason=reason,
            kept=record.fetched.date() if record.fetched and copy.is_file() else None,
        )

    def _keep(self, publication: Publication, answer: _Answer, known: _Record | None) -> _Record:
        """Put a download in the library, unless it says what the known copy says."""
        is_pdf = b"%PDF-" in answer.data[:1024]
        if is_pdf != (publication.format == "pdf"):
            raise _Failure(
                "le site a envoyé un PDF" if is_pdf else "le site n'a pas envoyé un PDF",
                "Ouvrez l'adresse dans un navigateur, puis corrigez « url » ou « format » dans le catalogue",
            )
        with storage_errors(self._added), tempfile.TemporaryDirectory(dir=self._state.parent, prefix=UNFINISHED) as at:
            path = Path(at) / publication.file_name
            path.write_bytes(answer.data)
            if known is not None and _text_sha256(read_file(path, {})) == known.text_sha256:
                return known.model_copy(update={"etag": answer.etag, "last_modified": answer.last_modified})
            _make_way(self._added / publication.file_name, path)
            document = self._library.add(path, publication.description, replace_existing=True)
        return _Record(
            url=publication.url,
            fetched=self._settings.now(),
            sha256=_sha256(answer.data),
            text_sha256=_text_sha256(document),
            etag=answer.etag,
            last_modified=answer.last_modified,
            description=_stated(publication),
        )


def _make_way(copy: Path, download: Path) -> None:
    """Delete a damaged copy, once a download is known to be better.

    It has no id any more: the library would take it for another document of that name.
    """
    try:
        if copy.is_file():
            read_file(copy, {})
    except UnreadableDocument:
        read_file(download, {})
        copy.unlink()


def _stated(publication: Publication) -> dict[str, Any]:
    return {name: value for name, value in asdict(publication.description).items() if value}


def _text_sha256(document: Document) -> str:
    return _sha256(document.text.encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Fetching


class _Failure(Exception):
    """Why a publication could not be fetched, in French, with the remedy."""

    def __init__(self, reason: str, remedy: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(f"{reason}. {remedy}.")
        self.reason = reason
        self.remedy = remedy
        self.status = status  # of the HTTP answer; 0 without one
        self.retry_after = retry_after  # seconds to wait at least; None when trying again is useless


_LATER = "Relancez plus tard"
_SEE = "Ouvrez l'adresse dans un navigateur, puis corrigez-la dans le catalogue"
_BY_HAND = "Si elle s'ouvre dans un navigateur, enregistrez-la, puis ajoutez-la par « amaris corpus add »"
_REFUSALS = {
    401: ("le site refuse l'accès à la page (401)", _BY_HAND),
    403: ("le site refuse l'accès à la page (403)", _BY_HAND),
    404: ("la page n'existe plus (404)", _SEE),
    410: ("la page a été retirée (410)", _SEE),
    429: ("le site demande moins de visites (429)", _LATER),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int  # 200, 304, or that of a redirection
    data: bytes = b""
    etag: str = ""
    last_modified: str = ""
    target: httpx.URL | None = None  # of a redirection


@contextmanager
def _web(catalogue: Sequence[Publication], settings: SyncSettings) -> Iterator[_Web]:
    # Proxies and certificates of the environment are honoured: httpx does so unless told otherwise.
    with httpx.Client(headers={"User-Agent": USER_AGENT}, timeout=settings.attempt) as client:
        yield _Web(client, frozenset(_netloc(publication.url) for publication in catalogue), settings)


def _netloc(address: str) -> bytes:
    """Host and port; empty for a malformed address, which is told when it is visited."""
    try:
        return httpx.URL(address).netloc
    except httpx.InvalidURL:
        return b""


class _Web:
    """Requests within the limits: listed hosts, robots.txt, one at a time and a pause between two of a host."""

    def __init__(self, client: httpx.Client, hosts: frozenset[bytes], settings: SyncSettings) -> None:
        self._client = client
        self._hosts = hosts  # with their port, where it is not that of the scheme
        self._settings = settings
        self._robots: dict[httpx.URL, Protego | _Failure] = {}
        self._intervals: dict[str, float] = {}  # between two requests to a host, where its robots.txt was read
        self._last: dict[str, float] = {}  # request to a host, by the clock

    def get(self, address: str, validators: Mapping[str, str]) -> _Answer:
        """The publication at this address (200), or word that it has not changed (304); else raises _Failure."""
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise _Failure("l'adresse est mal formée", _SEE) from error
        return self._follow(url, validators, self._settings.max_bytes, self._check_robots)

    def _follow(
        self,
        url: httpx.URL,
        validators: Mapping[str, str],
        max_bytes: int,
        check: Callable[[httpx.URL], None] = lambda url: None,
    ) -> _Answer:
        """The answer at the end of the redirections."""
        seen: set[httpx.URL] = set()
        while True:
            if url.scheme not in ("http", "https") or url.netloc not in self._hosts:
                raise _Failure(f"l'adresse renvoie à {url}, sur un site absent du catalogue", _SEE)
            if url in seen or len(seen) > _MAX_REDIRECTS:
                raise _Failure("l'adresse renvoie sans fin d'une page à une autre", _SEE)
            check(url)
            answer = self._insist(url, validators, max_bytes)
            if answer.target is None:
                return answer
            seen.add(url)
            url = answer.target

    def _check_robots(self, url: httpx.URL) -> None:
        address = url.join("/robots.txt")
        if address not in self._robots:
            self._robots[address] = self._read_robots(address)
        rules = self._robots[address]
        if isinstance(rules, _Failure):
            raise _Failure(f"robots.txt illisible, donc rien n'est demandé au site : {rules.reason}", rules.remedy)
        if not rules.can_fetch(str(url), PRODUCT):
            raise _Failure(
                "le fichier robots.txt du site interdit de lire cette page",
                "Demandez l'accord de l'éditeur, ou retirez-la du catalogue",
            )

    def _read_robots(self, address: httpx.URL) -> Protego | _Failure:
        """The rules of a site. As RFC 9309 says: no file (4xx) allows everything, no answer allows nothing."""
        try:
            text = self._follow(address, {}, _MAX_ROBOTS_BYTES).data.decode("utf-8", errors="replace")
        except _Failure as failure:
            if not 400 <= failure.status < 500 or failure.retry_after is not None:
                return failure
            text = ""
        rules = Protego.parse(text)
        asked = min(rules.crawl_delay(PRODUCT) or 0.0, self._settings.max_wait)
        self._intervals[address.host] = max(asked, self._settings.host_interval)
        return rules

    def _insist(self, url: httpx.URL, validators: Mapping[str, str], max_bytes: int) -> _Answer:
        """One answer, asked for again after a failure that may pass."""
        pause = self._settings.backoff
        for _ in range(self._settings.retries):
            try:
                return self._request(url, validators, max_bytes)
            except _Failure as failure:
                if failure.retry_after is None or failure.retry_after > self._settings.max_wait:
                    raise
                self._settings.sleep(max(pause, failure.retry_after))
                pause *= 2
        return self._request(url, validators, max_bytes)

    def _request(self, url: httpx.URL, validators: Mapping[str, str], max_bytes: int) -> _Answer:
        self._wait_for_turn(url.host)
        deadline = self._settings.clock() + self._settings.attempt
        try:
            with self._client.stream("GET", url, headers=dict(validators)) as response:
                if response.next_request is not None:
                    return _Answer(status=response.status_code, target=response.next_request.url)
                if response.status_code == httpx.codes.NOT_MODIFIED and validators:
                    return _Answer(status=response.status_code)
                if response.status_code != httpx.codes.OK:
                    raise self._refusal(response)
                return _Answer(
                    status=response.status_code,
                    data=self._body(response, max_bytes, deadline),
                    etag=response.headers.get("ETag", ""),
                    last_modified=response.headers.get("Last-Modified", ""),
                )
        except httpx.TimeoutException as error:
            raise self._too_slow() from error
        except (httpx.HTTPError, UnicodeError) as error:  # UnicodeError: a host that no name server could know
            raise _Failure("la connexion n'aboutit pas, ou se coupe", _LATER, retry_after=0) from error

    def _body(self, response: httpx.Response, max_bytes: int, deadline: float) -> bytes:
        too_big = _Failure(f"le fichier dépasse {max_bytes // 1_000_000} Mo", _BY_HAND)
        stated = response.headers.get("Content-Length", "")
        if stated.isdecimal() and int(stated) > max_bytes:
            raise too_big
        data = bytearray()
        # Counted once decompressed: a small answer may unfold into a huge one.
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > max_bytes:
                raise too_big
            if self._settings.clock() > deadline:
                raise self._too_slow()
        return bytes(data)

    def _too_slow(self) -> _Failure:
        seconds = f"{self._settings.attempt:g}"
        return _Failure(f"le site n'a pas fini de répondre en {seconds} s", _LATER, retry_after=0)

    def _refusal(self, response: httpx.Response) -> _Failure:
        code = response.status_code
        passing = code in (408, 425, 429) or code >= 500
        reason, remedy = _REFUSALS.get(
            code,
            (f"le site est en panne ({code})", _LATER) if passing else (f"le site ne donne pas la page ({code})", _SEE),
        )
        wait = self._asked_wait(response.headers.get("Retry-After", "")) if passing else None
        return _Failure(reason, remedy, status=code, retry_after=wait)

    def _asked_wait(self, header: str) -> float:
        """Seconds, from a Retry-After that states them or a date; 0 without one."""
        if header.isdecimal():
            return float(header)
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return 0.0
        return max(0.0, (date.replace(tzinfo=date.tzinfo or dt.UTC) - self._settings.now()).total_seconds())

    def _wait_for_turn(self, host: str) -> None:
        if host in self._last:
            interval = self._intervals.get(host, self._settings.host_interval)
            wait = self._last[host] + interval - self._settings.clock()
            if wait > 0:
                self._settings.sleep(wait)
        self._last[host] = self._settings.clock()
