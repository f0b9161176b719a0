"""The public page in a real browser set to English: keyboard, sources, accessibility, nothing outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.conftest import require
from tests.ui.programs import QUESTION, ROOT, Server

# Of gradio's own statistics, which use a pandas option on its way out.
pytestmark = pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated")
SCREENSHOTS = ROOT / "build" / "screenshots"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
INJECTIONS = [
    '<img src=x onerror="window.pwned=1"> les travaux en zone bleue ?',
    "<script>window.pwned=1</script> les travaux en zone bleue ?",
    "![x](https://mechant.example/i.png) les travaux en zone bleue ?",
    "[cliquez](javascript:window.pwned=1) les travaux en zone bleue ?",
    '"><svg onload=window.pwned=1> $$\\href{javascript:1}{x}$$ les travaux en zone bleue ?',
]


@dataclass
class Visit:
    """One visitor's page, and what it did behind their back."""

    page: Page
    context: BrowserContext
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        """By keyboard, then wait for the answer."""
        answers = self.answers().count()
        box = self.page.locator("#question textarea")
        box.focus()
        self.page.keyboard.insert_text(question)
        self.page.keyboard.press("Enter")
        expect(self.answers()).to_have_count(answers + 1)

    def answers(self) -> Locator:
        return self.page.locator("#conversation [data-testid=bot]")

    def violations(self) -> list[str]:
        self.page.wait_for_timeout(300)  # the script mends what Gradio has just drawn
        found = Axe().run(self.page, options={"runOnly": {"type": "tag", "values": WCAG}})
        assert len(found.response["passes"]) > 5, "axe n'a rien vérifié"
        return [f"{v['id']} : {v['nodes'][0]['html'][:200]}" for v in found.response["violations"]]

    def shoot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = require("chromium", "chromium")
    with sync_playwright() as playwright:
        # A request to any other machine fails at once, and is recorded.
        found = playwright.chromium.launch(
            executable_path=chromium, args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        )
        yield found
        found.close()


@pytest.fixture(params=[1280])
def visit(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The page, open; at the end nothing went outside, nothing was stored, no error was logged."""
    context = browser.new_context(locale="en-US", viewport={"width": request.param, "height": 800})
    context.set_default_timeout(15_000)
    page = context.new_page()
    found = Visit(page, context)
    context.on("request", lambda r: None if r.url.startswith((server.url, "data:")) else found.outside.append(r.url))
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.goto(f"{server.url}/assistant/")
    expect(page.get_by_role("button", name="Envoyer")).to_be_visible()
    yield found
    assert found.outside == []
    assert found.errors == []
    assert context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert page.evaluate("document.documentElement.lang") == "fr"
    context.close()


@pytest.fixture(scope="module", autouse=True)
def patience() -> None:
    expect.set_options(timeout=15_000)


def test_question_au_clavier_puis_sources(visit: Visit, server: Server) -> None:
    page = visit.page
    visit.ask(QUESTION)
    expect(visit.answers().last).to_contain_text("n'a pas de travaux de protection à faire")
    expect(page.get_by_role("textbox", name="Votre question")).to_have_value("")
    expect(page.locator("#annonce")).to_contain_text("Réponse reçue")
    link = visit.answers().last.get_by_role("link", name="[1]").first
    link.focus()
    page.keyboard.press("Enter")
    source = page.locator("#sources .source").first
    expect(source).to_be_focused()
    quote = source.locator("mark").inner_text()
    assert quote in re.sub(r"\s+", " ", visit.answers().last.inner_text())
    visit.shoot("reponse")
    with visit.context.expect_page() as opened:
        source.get_by_role("link", name="Ouvrir le document").press("Enter")
    document = opened.value
    document.wait_for_load_state()
    assert document.url.startswith(f"{server.url}/documents/")
    assert document.url.endswith("#citation")
    marked = document.locator("mark#citation")
    expect(marked).to_have_text(quote)
    expect(marked).to_be_in_viewport()
    assert document.evaluate("document.documentElement.lang") == "fr"
    # The conversation is still there.
    expect(visit.answers()).to_have_count(1)


def test_exemple_suite_puis_nouvelle_conversation(visit: Visit) -> None:
    page = visit.page
    example = page.locator("#exemples button").first
    asked = example.inner_text()
    example.click()
    expect(visit.answers()).to_have_count(1)
    expect(page.locator("#conversation [data-testid=user]").last).to_contain_text(asked)
    follow_ups = page.locator("#suites button:visible")
    expect(follow_ups).to_have_count(3)
    next_question = follow_ups.first.inner_text()
    follow_ups.first.click()
    expect(visit.answers()).to_have_count(2)
    expect(page.locator("#conversation [data-testid=user]").last).to_contain_text(next_question)
    page.get_by_role("button", name="Nouvelle conversation").click()
    expect(visit.answers()).to_have_count(0)
    expect(follow_ups).to_have_count(0)
    expect(page.locator("#sources")).to_contain_text("s’afficheront ici")


def test_urgence(visit: Visit) -> None:
    visit.ask("au secours il y a un nuage de gaz qui arrive")
    expect(visit.answers().last).to_contain_text("les réflexes d’abord")
    expect(visit.answers().last).to_contain_text("entrez dans un bâtiment en dur")
    expect(visit.answers().last).to_contain_text("18")
    assert visit.violations() == []
    visit.shoot("urgence")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("", "La question est vide."),
        ("   ", "La question est vide."),
        ("what should I do in the blue zone", "en français"),
    ],
    ids=["rien", "blancs", "anglais"],
)
def test_question_refusee_en_francais(visit: Visit, question: str, sentence: str) -> None:
    visit.ask(question)
    expect(visit.answers().last).to_contain_text(sentence)
    text = visit.page.locator("body").inner_text()
    assert not re.search(r"\b(Error|Queue|Close|busy|lost)\b", text)


@pytest.mark.parametrize("question", INJECTIONS, ids=["img", "script", "image markdown", "lien", "svg et formule"])
def test_une_injection_reste_du_texte(visit: Visit, question: str) -> None:
    visit.ask(question)
    page = visit.page
    page.wait_for_timeout(500)
    assert page.evaluate("window.pwned === undefined")
    asked = page.locator("#conversation [data-testid=user]").last
    expect(asked).to_contain_text("les travaux en zone bleue")
    assert asked.locator("img, svg, script, iframe, a[href^='javascript']").count() == 0
    # `visit` then checks that nothing was asked of another machine.


def test_accessible_vide_puis_repondue(visit: Visit) -> None:
    assert visit.violations() == []
    visit.shoot("vide")
    visit.ask(QUESTION)
    expect(visit.page.locator("#sources mark").first).to_be_visible()
    assert visit.violations() == []


def test_page_du_document_accessible(visit: Visit, server: Server) -> None:
    visit.page.goto(f"{server.url}/documents/zone-bleue?debut=0&fin=40#citation")
    assert visit.violations() == []
    visit.shoot("document")


def test_fiche_a_remplir(visit: Visit, server: Server) -> None:
    """Accessible, filled in by hand, and nothing that is written leaves the page."""
    visit.page.goto(f"{server.url}/documents/plan-de-mise-a-l-abri")
    visit.page.get_by_role("link", name="Fiche à remplir").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Fiche à remplir")
    assert visit.violations() == []
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    for box in visit.page.get_by_role("textbox").all():
        box.fill("Mme Martin, 06 00 00 00 00")
    for box in visit.page.get_by_role("checkbox").all():
        box.check()
    expect(visit.page.get_by_role("button", name="Imprimer la page")).to_be_visible()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_timeout(300)
    assert asked == []
    visit.shoot("fiche-a-remplir")
    visit.page.emulate_media(media="print")
    visit.shoot("fiche-a-remplir-imprimee")
    visit.page.reload()
    assert {box.input_value() for box in visit.page.get_by_role("textbox").all()} == {""}


def test_aucun_mot_anglais(visit: Visit) -> None:
    visit.ask(QUESTION)
    visit.page.wait_for_timeout(300)
    named = visit.page.evaluate(
        """() => [...document.querySelectorAll('[aria-label],[title],[placeholder],[alt]')]
            .filter(node => node.checkVisibility())
            .flatMap(node => ['aria-label', 'title', 'placeholder', 'alt'].map(name => node.getAttribute(name)))
            .filter(Boolean)"""
    )
    said = " | ".join([visit.page.locator("body").inner_text(), visit.page.title(), *named])
    assert not re.search(r"\b(Error|Close|Copy|Copied|Liked|Queue|busy|lost|processing|Submit|Clear|message:)\b", said)


@pytest.mark.parametrize("visit", [320], indirect=True)
def test_pas_de_defilement_horizontal_a_320_pixels(visit: Visit, server: Server) -> None:
    def overflow() -> int:
        width: int = visit.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return width

    assert overflow() <= 0
    visit.ask(QUESTION)
    expect(visit.page.locator("#sources mark").first).to_be_visible()
    assert overflow() <= 0
    visit.shoot("320-pixels")
    visit.page.goto(f"{server.url}/documents/zone-bleue?debut=0&fin=40#citation")
    assert overflow() <= 0
