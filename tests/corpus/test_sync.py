"""The sync: polite on the network, and the last good copy is there whatever the sites answer."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from corpus.catalogue import Publication
from corpus.documents import Document
from corpus.errors import AssistantError, DuplicateDocument, StorageError
from corpus.library import Library
from corpus.sync import Outcome, SyncReport, SyncSettings, sync
from tests.corpus.builders import pdf
from tests.corpus.websites import Site, dripping, half, in_turn, moved, send, serving, streamed

ROOT = Path(__file__).parents[2]
TODAY = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


class Clock:
    """Time that only passes when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds

    def now(self) -> dt.datetime:
        return TODAY + dt.timedelta(seconds=self.seconds)


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of the machine that runs the tests knows nothing of the sites of this file."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> Iterator[Site]:
    with serving(clock) as found:
        yield found


@pytest.fixture
def library(tmp_path: Path) -> Library:
    root = tmp_path / "fiches"
    root.mkdir()
    (root / "abri.txt").write_text("Le local protège.", encoding="utf-8")
    return Library(tmp_path / "home" / "documents", [root])


def settings(clock: Clock, **limits: Any) -> SyncSettings:
    return SyncSettings(clock=clock, sleep=clock.sleep, now=clock.now, **({"attempt": 5.0} | limits))


def page(text: str, more: str = "") -> bytes:
    body = f"<h1>Guide</h1><p>{text} Le plan de prévention fixe les règles de la zone bleue.</p>{more}"
    return f"<!DOCTYPE html><html lang='fr'><body><article>{body}</article></body></html>".encode()


def publication(site: Site, path: str = "/guide", **more: Any) -> Publication:
    stated = {"id": "guide", "title": "Le guide", "publisher": "DREAL", "licence": "Non lue", "url": site.url + path}
    return Publication(**(stated | more))


def outcome_of(report: SyncReport) -> Outcome:
    [outcome] = report.outcomes
    return outcome


def added(library: Library) -> list[Document]:
    """The documents that were added; every one of them can be read."""
    report = library.read()
    assert not report.problems
    return [document for document in report.documents if document.document_id != "abri"]


def files(library: Library) -> list[str]:
    """Every file and folder of the home, but for the two of the sync itself."""
    assert library.added is not None
    home = library.added.parent
    found = {path.relative_to(home).as_posix() for path in home.rglob("*")}
    return sorted(found - {"documents", "documents.lock", "sync.json", "sync.lock"})


def record(library: Library) -> dict[str, Any]:
    assert library.added is not None
    found: dict[str, Any] = json.loads((library.added.parent / "sync.json").read_text(encoding="utf-8"))["guide"]
    return found


# What changed


def test_a_new_publication_is_kept_with_what_the_catalogue_says_of_it(
    site: Site, library: Library, clock: Clock
) -> None:
    site.pages["/guide"] = send(200, page("Premier."), ETag='"v1"', Last_Modified="Mon, 02 Mar 2026 08:00:00 GMT")
    report = sync([publication(site, date="2021-03-18")], library, settings(clock))
    outcome = outcome_of(report)
    assert (outcome.status, outcome.changed, outcome.kept) == ("added", True, TODAY.date())
    assert (report.changed, report.failed) == (True, False)
    [guide] = added(library)
    assert (guide.document_id, guide.title, guide.publisher) == ("guide", "Le guide", "DREAL")
    assert (guide.as_of, guide.url) == (dt.date(2021, 3, 18), site.url + "/guide")
    assert "Premier." in guide.text
    stated = record(library)
    assert (stated["etag"], stated["last_modified"]) == ('"v1"', "Mon, 02 Mar 2026 08:00:00 GMT")
    assert stated["sha256"] == hashlib.sha256(page("Premier.")).hexdigest()
    assert (stated["status"], stated["fetched"][:10]) == ("added", "2026-03-02")
    assert files(library) == ["documents/guide.html", "documents/guide.html.meta.json"]


def test_an_unchanged_publication_is_not_downloaded_again(site: Site, library: Library, clock: Clock) -> None:
    modified = "Mon, 02 Mar 2026 08:00:00 GMT"
    site.pages["/guide"] = in_turn(send(200, page("Premier."), ETag='"v1"', Last_Modified=modified), send(304))
    sync([publication(site)], library, settings(clock))
    before = library.digest()
    clock.sleep(86400 * 3)
    outcome = outcome_of(sync([publication(site)], library, settings(clock)))
    assert (outcome.status, outcome.changed, outcome.kept) == ("unchanged", False, TODAY.date())
    asked = site.asked[-1].headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"v1"', modified)
    assert library.digest() == before
    assert record(library)["checked"][:10] == "2026-03-05"


def test_a_changed_publication_replaces_its_copy(site: Site, library: Library, clock: Clock) -> None:
    site.pages["/guide"] = in_turn(send(200, page("Premier.")), send(200, page("Second.")))
    sync([publication(site)], library, settings(clock))
    outcome = outcome_of(sync([publication(site)], library, settings(clock)))
    assert (outcome.status, outcome.changed) == ("updated", True)
    [guide] = added(library)
    assert "Second." in guide.text
    assert files(library) == ["documents/guide.html", "documents/guide.html.meta.json"]


def test_a_page_that_says_the_same_with_other_bytes_is_unchanged(site: Site, library: Library, clock: Clock) -> None:
    first, second = (send(200, page("Même.", f"<!-- {n} -->"), ETag=f'"v{n}"') for n in (1, 2))
    site.pages["/guide"] = in_turn(first, second, send(304))
    sync([publication(site)], library, settings(clock))
    before = library.digest()
    for _ in range(2):
        assert outcome_of(sync([publication(site)], library, settings(clock))).changed is False
    assert site.asked[-1].headers["If-None-Match"] == '"v2"'
    assert library.digest() == before


def test_a_pdf_is_kept_as_such(site: Site, library: Library, clock: Clock) -> None:
    site.pages["/guide"] = send(200, pdf([["Le livre blanc."]]))
    sync([publication(site, format="pdf")], library, settings(clock))
    assert [document.kind for document in added(library)] == ["pdf"]


def test_what_the_catalogue_says_anew_is_applied_without_a_download(site: Site, library: Library, clock: Clock) -> None:
    site.pages["/guide"] = in_turn(send(200, page("Premier."), ETag='"v1"'), send(304))
    sync([publication(site)], library, settings(clock))
    said = publication(site, superseded=True, title="Le guide de 2014")
    outcome = outcome_of(sync([said], library, settings(clock)))
    assert (outcome.status, outcome.changed) == ("updated", True)
    [guide] = added(library)
    assert (guide.title, guide.validity.superseded) == ("Le guide de 2014", True)
    assert outcome_of(sync([said], library, settings(clock))).changed is False


def test_a_page_that_is_gone_can_still_be_marked_as_superseded(site: Site, library: Library, clock: Clock) -> None:
    site.pages["/guide"] = in_turn(send(200, page("Premier.")), send(404))
    sync([publication(site)], library, settings(clock))
    outcome = outcome_of(sync([publication(site, superseded=True)], library, settings(clock)))
    assert (outcome.status, outcome.changed) == ("failed", True)
    assert [document.validity.superseded for document in added(library)] == [True]


def test_a_new_address_or_format_leaves_one_copy(site: Site, library: Library, clock: Clock) -> None:
    site.pages["/guide"] = send(200, page("Premier."), ETag='"v1"')
    site.pages["/nouveau"] = send(200, page("Second."))
    site.pages["/guide.pdf"] = send(200, pdf([["Premier."]]))
    sync([publication(site)], library, settings(clock))
    assert outcome_of(sync([publication(site, "/nouveau")], library, settings(clock))).status == "updated"
    assert "If-None-Match" not in site.asked[-1].headers
    outcome = outcome_of(sync([publication(site, "/guide.pdf", format="pdf")], library, settings(clock)))
    assert outcome.changed
    assert "If-None-Match" not in site.asked[-1].headers
    assert files(library) == ["documents/guide.pdf", "documents/guide.pdf.meta.json"]


def test_only_the_publications_asked_for_are_visited(site: Site, library: Library, clock: Clock) -> None:
    site.pages["/a"] = send(200, page("Premier."))
    publications = [publication(site, "/a", id="a"), publication(site, "/b", id="b")]
    seen: list[tuple[str, int, int]] = []
    report = sync(publications, library, settings(clock), only={"a"}, progress=lambda *step: seen.append(step))
    assert [(outcome.publication_id, outcome.status) for outcome in report.outcomes] == [("a", "added")]
    assert site.paths() == ["/a"]
    assert seen == [("a", 0, 1)]


# What fails


@pytest.mark.parametrize(
    ("make", "words", "requests"),
    [
        pytest.param(lambda site: send(403), "refuse l'accès à la page (403). Si elle s'ouvre", 1, id="403"),
        pytest.param(lambda site: send(404), "n'existe plus (404). Ouvrez l'adresse", 1, id="404"),
        pytest.param(lambda site: send(418), "ne donne pas la page (418)", 1, id="418"),
        pytest.param(lambda site: send(304), "ne donne pas la page (304)", 1, id="304 non demandé"),
        pytest.param(lambda site: send(500), "en panne (500). Relancez plus tard", 4, id="500"),
        pytest.param(lambda site: send(429), "moins de visites (429)", 4, id="429"),
        pytest.param(lambda site: half(site.closing.wait), "n'a pas fini de répondre en 0.3 s", 4, id="corps figé"),
        pytest.param(lambda site: lambda _: site.closing.wait(), "n'a pas fini de répondre", 4, id="muet"),
        pytest.param(lambda site: half(), "n'aboutit pas, ou se coupe", 4, id="corps coupé"),
        pytest.param(lambda site: send(200, b"x" * 60_000_000), "dépasse 50 Mo", 1, id="60 Mo"),
        pytest.param(lambda site: streamed(60_000_000), "dépasse 50 Mo", 1, id="60 Mo sans longueur"),
        pytest.param(
            lambda site: send(200, gzip.compress(b"x" * 60_000_000), Content_Encoding="gzip"),
            "dépasse 50 Mo",
            1,
            id="60 Mo comprimés",
        ),
        pytest.param(lambda site: send(200, pdf([["Un PDF."]])), "a envoyé un PDF. Ouvrez", 1, id="PDF pour HTML"),
        pytest.param(lambda site: send(200), "le fichier est vide", 1, id="vide"),
        pytest.param(lambda site: send(200, b"<html></html>"), "pas de texte à lire", 1, id="page sans texte"),
        pytest.param(lambda site: moved("/guide"), "sans fin", 1, id="boucle sur elle-même"),
        pytest.param(lambda site: moved("ftp://127.0.0.1/x"), "absent du catalogue", 1, id="autre protocole"),
        pytest.param(lambda site: moved("http://x:port/"), "n'aboutit pas", 4, id="adresse mal formée"),
    ],
)
def test_whatever_the_site_answers_the_last_good_copy_is_kept(
    site: Site, library: Library, clock: Clock, make: Any, words: str, requests: int
) -> None:
    """First without a copy: nothing is kept. Then with one: it stays as it was, and is dated."""
    limits = settings(clock, attempt=0.3)
    site.pages["/guide"] = make(site)
    outcome = outcome_of(sync([publication(site)], library, limits))
    assert (outcome.status, outcome.changed, outcome.kept) == ("failed", False, None)
    assert words in outcome.reason
    assert outcome.reason.endswith(".")
    assert len(site.paths()) == requests
    assert files(library) == []

    site.pages["/guide"] = send(200, page("Premier."))
    assert outcome_of(sync([publication(site)], library, limits)).status == "added"
    before = library.digest()
    site.pages["/guide"] = make(site)
    clock.sleep(86400)
    outcome = outcome_of(sync([publication(site)], library, limits))
    assert (outcome.status, outcome.changed, outcome.kept) == ("failed", False, TODAY.date())
    assert library.digest() == before
    assert (record(library)["status"], record(library)["reason"]) == ("failed", outcome.reason)


def test_a_web_page_in_place_of_a_pdf_is_refused(site: Site, library: Library, clock: Clock) -> None:
    site.pages["/guide"] = in_turn(send(200, pdf([["Le livre blanc."]])), send(200, page("Connectez-vous.")))
    white_paper = publication(site, format="pdf")
    sync([white_paper], library, settings(clock))
    outcome = outcome_of(sync([white_paper], library, settings(clock)))
    assert outcome.status == "failed"
    assert "n'a pas envoyé un PDF" in outcome.reason
    assert ["livre blanc" in document.text for document in added(library)] == [True]


def test_a_body_that_never_ends_is_left_after_the_time_of_an_attempt(site: Site, library: Library) -> None:
    site.pages["/guide"] = dripping(site)
    outcome = outcome_of(sync([publication(site)], library, SyncSettings(attempt=0.3, retries=0, host_interval=0.0)))
    assert "n'a pas fini de répondre" in outcome.reason


def test_a_site_that_is_down_stops_none_of_the_others(site: Site, library: Library, clock: Clock) -> None:
    with serving() as gone:
        pass
    site.pages["/guide"] = send(200, page("Premier."))
    publications = [publication(gone, id="perdue"), publication(site)]
    report = sync(publications, library, settings(clock))
    assert [outcome.status for outcome in report.outcomes] == ["failed", "added"]
    assert "robots.txt illisible, donc rien n'est demandé au site" in report.outcomes[0].reason


@pytest.mark.parametrize("address", ["http://1.2.3.999/guide", "http://a..b/guide"])
def test_an_address_that_cannot_be_one_stops_none_of_the_others(
    site: Site, library: Library, clock: Clock, address: str
) -> None:
    site.pages["/guide"] = send(200, page("Premier."))
    publications = [publication(site, id="perdue", url=address), publication(site)]
    report = sync(publications, library, settings(clock))
    assert [outcome.status for outcome in report.outcomes] == ["failed", "added"]


def test_redirections_lead_to_listed_hosts_only(site: Site, library: Library, clock: Clock) -> None:
    with serving() as other:
        other.pages["/guide"] = send(200, page("Ailleurs."))
        site.pages["/guide"] = in_turn(moved("/ici"), moved(other.url + "/guide"))
        site.pages["/ici"] = send(200, page("Ici."))
        assert outcome_of(sync([publication(site)], library, settings(clock))).status == "added"
        refused = outcome_of(sync([publication(site)], library, settings(clock)))
        assert f"renvoie à {other.url}/guide, sur un site absent du catalogue" in refused.reason
        assert other.asked == []
        listed = [publication(site), publication(other, id="autre")]
        assert sync(listed, library, settings(clock), only={"guide"}).changed
        assert other.asked[0].path == "/robots.txt"


def test_a_loop_and_too_long_a_chain_of_redirections_are_left(site: Site, library: Library, clock: Clock) -> None:
    site.pages |= {"/guide": moved("/b"), "/b": moved("/guide")}
    assert "sans fin" in outcome_of(sync([publication(site)], library, settings(clock))).reason
    assert site.paths() == ["/guide", "/b"]
    site.pages |= {f"/{n}": moved(f"/{n + 1}") for n in range(20)}
    assert "sans fin" in outcome_of(sync([publication(site, "/0")], library, settings(clock))).reason
    assert len(site.paths()) == 2 + 6


def test_an_id_that_a_fiche_has_is_refused(site: Site, library: Library, clock: Clock) -> None:
    site.pages["/guide"] = send(200, page("Premier."))
    outcome = outcome_of(sync([publication(site, id="abri")], library, settings(clock)))
    assert outcome.status == "failed"
    assert "« abri » est déjà celui de abri.txt" in outcome.reason
    assert files(library) == []


def test_a_place_that_cannot_be_written_is_told(site: Site, clock: Clock) -> None:
    with pytest.raises(StorageError, match="/sys/amaris"):
        sync([publication(site)], Library(Path("/sys/amaris/documents")), settings(clock))


# Politeness


def test_a_failure_that_passes_is_asked_again_with_growing_pauses(site: Site, library: Library, clock: Clock) -> None:
    site.pages["/guide"] = in_turn(send(503), send(502), half(), send(200, page("Premier.")))
    assert outcome_of(sync([publication(site)], library, settings(clock, host_interval=0.0))).status == "added"
    assert clock.sleeps == [2, 4, 8]


@pytest.mark.parametrize("asked", ["7", "Mon, 02 Mar 2026 12:00:07 GMT"])
def test_the_pause_that_a_site_asks_for_is_honoured(site: Site, library: Library, clock: Clock, asked: str) -> None:
    site.pages["/guide"] = in_turn(send(429, Retry_After=asked), send(200, page("Premier.")))
    assert outcome_of(sync([publication(site)], library, settings(clock, host_interval=0.0))).status == "added"
    assert clock.sleeps == [7]


def test_too_long_a_pause_ends_the_visit(site: Site, library: Library, clock: Clock) -> None:
    site.pages["/guide"] = send(503, Retry_After="3600")
    assert outcome_of(sync([publication(site)], library, settings(clock))).status == "failed"
    assert len(site.paths()) == 1


def test_a_host_gets_one_request_a_second_at_most(site: Site, library: Library, clock: Clock) -> None:
    site.pages |= {"/a": moved("/b"), "/b": send(200, page("B.")), "/c": in_turn(send(500), send(200, page("C.")))}
    publications = [publication(site, path, id=path[1:]) for path in ("/a", "/b", "/c")]
    assert not sync(publications, library, settings(clock, backoff=0.1)).failed
    times = [asked.at for asked in site.asked]
    assert len(times) == 6
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))


def test_the_crawl_delay_of_a_site_is_honoured(site: Site, library: Library, clock: Clock) -> None:
    site.pages |= {"/robots.txt": send(200, b"User-agent: *\nCrawl-delay: 5"), "/guide": send(200, page("Premier."))}
    assert not sync([publication(site)], library, settings(clock)).failed
    assert [asked.at for asked in site.asked] == [0, 5]


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /*?imprimer=", False),
        ("User-agent: amaris-assistant\nDisallow: /guide", False),
        ("User-agent: autre\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\nAllow: /guide", True),
    ],
)
def test_robots_txt_decides(site: Site, library: Library, clock: Clock, rules: str, allowed: bool) -> None:
    site.pages |= {"/robots.txt": send(200, rules.encode()), "/guide?imprimer=1": send(200, page("Premier."))}
    outcome = outcome_of(sync([publication(site, "/guide?imprimer=1")], library, settings(clock)))
    assert site.asked[0].path == "/robots.txt"
    assert "amaris-assistant" in site.asked[0].headers["User-Agent"]
    assert (outcome.status == "added") is allowed
    assert (site.paths() == []) is not allowed
    assert ("robots.txt du site interdit de lire" in outcome.reason) is not allowed


def test_robots_txt_also_decides_where_a_redirection_leads(site: Site, library: Library, clock: Clock) -> None:
    site.pages |= {"/robots.txt": send(200, b"User-agent: *\nDisallow: /prive"), "/guide": moved("/prive")}
    assert "interdit" in outcome_of(sync([publication(site)], library, settings(clock))).reason
    assert site.paths() == ["/guide"]


@pytest.mark.parametrize("status", [429, 500])
def test_without_an_answer_on_robots_txt_nothing_is_asked(
    site: Site, library: Library, clock: Clock, status: int
) -> None:
    site.pages |= {"/robots.txt": send(status), "/a": send(200, page("A.")), "/b": send(200, page("B."))}
    report = sync([publication(site, f"/{name}", id=name) for name in "ab"], library, settings(clock))
    assert [outcome.status for outcome in report.outcomes] == ["failed", "failed"]
    assert "robots.txt illisible" in report.outcomes[1].reason
    assert site.paths() == []
    assert len(site.asked) == 4  # the file once, and its three retries


def test_the_proxy_of_the_environment_is_used(
    site: Site, library: Library, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", site.url)
    address = "http://publication.invalid/guide"
    site.pages[address] = send(200, page("Premier."))
    assert outcome_of(sync([publication(site, url=address)], library, settings(clock))).status == "added"
    assert [asked.path for asked in site.asked] == ["http://publication.invalid/robots.txt", address]


# Accidents


def test_a_copy_that_is_lost_or_damaged_is_fetched_again(site: Site, library: Library, clock: Clock) -> None:
    white_paper = publication(site, format="pdf")
    site.pages["/guide"] = send(200, pdf([["Le livre blanc."]]), ETag='"v1"')
    sync([white_paper], library, settings(clock))
    assert library.added is not None
    copy = library.added / "guide.pdf"
    copy.write_bytes(copy.read_bytes()[:300])
    site.pages["/guide"] = in_turn(send(200, b"%PDF-1.4"), site.pages["/guide"])
    assert outcome_of(sync([white_paper], library, settings(clock))).status == "failed"
    assert copy.stat().st_size == 300  # nothing better was found
    assert outcome_of(sync([white_paper], library, settings(clock))).changed
    assert "If-None-Match" not in site.asked[-1].headers
    assert ["livre blanc" in document.text for document in added(library)] == [True]
    library.remove("guide")
    assert outcome_of(sync([white_paper], library, settings(clock))).status == "added"
    assert len(added(library)) == 1


@pytest.mark.parametrize("content", [None, "", "{", '{"guide": 3}'])
def test_a_lost_or_damaged_state_only_costs_a_download(
    site: Site, library: Library, clock: Clock, content: str | None
) -> None:
    site.pages["/guide"] = send(200, page("Premier."), ETag='"v1"')
    sync([publication(site)], library, settings(clock))
    assert library.added is not None
    state = library.added.parent / "sync.json"
    state.unlink() if content is None else state.write_text(content, encoding="utf-8")
    assert not sync([publication(site)], library, settings(clock)).failed
    assert record(library)["etag"] == '"v1"'
    assert len(added(library)) == 1


def test_two_syncs_do_not_run_at_once(site: Site, library: Library, clock: Clock) -> None:
    assert library.added is not None
    home = library.added.parent
    home.mkdir()
    with FileLock(home / "sync.lock"), pytest.raises(AssistantError, match="déjà en cours"):
        sync([publication(site)], library, settings(clock))
    assert site.asked == []


# Runs a sync each time it is told to, in a process of its own that is killed at a given instant: before
# its n-th operation on a file of the home. Prints how that process ended.
KILLER = """
import json, os, signal, sys
from pathlib import Path
from corpus.catalogue import Publication
from corpus.library import Library
from corpus.sync import SyncSettings, sync

OPERATIONS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}

def run(publications, home, instant):
    operations = 0
    def count(event, arguments):
        nonlocal operations
        if event in OPERATIONS and str(arguments[0]).startswith(home):
            operations += 1
            if operations == instant:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
    library = Library(Path(home, "documents"), [Path(home).parent / "fiches"])
    sync(publications, library, SyncSettings(host_interval=0.0, retries=0))

for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        try:
            run([Publication(**stated) for stated in order["publications"]], order["home"], order["instant"])
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def killer() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
    process.wait(30)
    process.stdout.close()  # type: ignore[union-attr]


def killed_sync(killer: subprocess.Popen[str], publications: list[Publication], home: Path, instant: int) -> int:
    """The exit code of a sync that was killed before its n-th operation on a file, if it has so many."""
    assert killer.stdin is not None
    assert killer.stdout is not None
    stated = [publication.model_dump() for publication in publications]
    killer.stdin.write(json.dumps({"publications": stated, "home": str(home), "instant": instant}) + "\n")
    killer.stdin.flush()
    return int(killer.stdout.readline())


def test_killed_at_any_instant_a_sync_leaves_copies_that_the_next_one_completes(
    site: Site, library: Library, clock: Clock, killer: subprocess.Popen[str]
) -> None:
    """Of three publications, one has changed, one has a new format and one is new."""
    site.pages |= {"/a": send(200, page("Ancien A.")), "/b": send(200, page("Ancien B."))}
    before = [publication(site, f"/{name}", id=name) for name in "ab"]
    limits = settings(clock, host_interval=0.0)
    sync(before, library, limits)
    assert library.added is not None
    home, model = library.added.parent, library.added.parent.with_name("modele")
    home.rename(model)
    site.pages |= {
        "/a": send(200, page("Nouveau A.")),
        "/b": send(200, pdf([["Nouveau B."]])),
        "/c": send(200, page("Nouveau C.")),
    }
    after = [before[0], publication(site, "/b", id="b", format="pdf"), publication(site, "/c", id="c")]
    instant, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        instant += 1
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(model, home)
        code = killed_sync(killer, after, home, instant)
        report = library.read()
        # Between the new format and the removal of the old one there may be two copies; one is read.
        assert all(isinstance(problem, DuplicateDocument) for problem in report.problems)
        texts = {document.document_id: document.text for document in report.documents}
        assert "A." in texts["a"]
        assert "B." in texts["b"]

        assert not sync(after, library, limits).failed
        assert sorted(document.document_id for document in added(library)) == ["a", "b", "c"]
        assert all("Nouveau" in document.text for document in added(library))
        names = ["a.html", "b.pdf", "c.html"]
        assert files(library) == sorted(f"documents/{name}{more}" for name in names for more in ("", ".meta.json"))
        assert not sync(after, library, limits).changed
    assert code == 0
    assert instant > 30, "trop peu d'instants : ce test ne vérifierait rien"


def test_killed_before_a_source_is_lost_a_sync_leaves_nothing_astray(
    site: Site, library: Library, clock: Clock, killer: subprocess.Popen[str]
) -> None:
    """The next sync cannot complete what the killed one began: it removes what has no use."""
    assert library.added is not None
    home = library.added.parent
    instant, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        instant += 1
        shutil.rmtree(home, ignore_errors=True)
        site.pages["/guide"] = send(200, page("Premier."))
        code = killed_sync(killer, [publication(site)], home, instant)
        site.pages["/guide"] = send(404)
        sync([publication(site)], library, settings(clock, host_interval=0.0))
        kept = ["documents/guide.html", "documents/guide.html.meta.json"] if added(library) else []
        assert files(library) == kept
    assert code == 0


def test_killed_during_a_download_a_sync_leaves_the_copy_and_the_next_one_goes_on(
    site: Site, library: Library, clock: Clock
) -> None:
    site.pages["/guide"] = send(200, page("Premier."))
    sync([publication(site)], library, settings(clock))
    before = library.digest()
    assert library.added is not None
    order = {"publications": [publication(site).model_dump()], "home": str(library.added.parent), "instant": 0}
    process = subprocess.Popen([sys.executable, "-c", KILLER], cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True)

    def kill() -> None:
        os.killpg(process.pid, signal.SIGKILL)

    site.pages["/guide"] = half(kill)
    process.communicate((json.dumps(order) + "\n").encode(), timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert library.digest() == before
    site.pages["/guide"] = send(200, page("Second."))
    assert outcome_of(sync([publication(site)], library, settings(clock))).status == "updated"
    assert files(library) == ["documents/guide.html", "documents/guide.html.meta.json"]
