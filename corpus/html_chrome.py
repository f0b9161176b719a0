"""What is around the content of a web page: menus, banners, footers, buttons."""

from __future__ import annotations

import re
import unicodedata

from lxml import etree

from corpus.assemble import clean
from corpus.html_visibility import remove

# Never the content, wherever they stand.
_DROPPED = frozenset(
    "head script style noscript template nav iframe svg object embed audio video canvas map select option textarea "
    "input label datalist dialog rp".split()
)
_DROPPED_ROLES = frozenset(
    "navigation banner contentinfo search complementary dialog alertdialog menu menubar toolbar tablist doc-toc "
    "doc-backlink doc-noteref".split()
)
# Words of class and id, split at hyphens and capitals, that name something else than the content.
_DROPPED_NAMES = re.compile(
    r"-(?:nav|navbar|navigation|navheader|navfooter|nav-?box|(?:side|top|sub|main|mega)?-?menus?|breadcrumbs?|ariane"
    r"|filariane|arbo|cookies?|cookie-?\w*|consent|rgpd|gdpr|tarteaucitron\w*|axeptio|didomi|onetrust|cmplz|cookiebot"
    r"|foot|footer|pied|pied-de-page|rootline|chatbot|side-?bar|share|sharing|sharedaddy|addtoany|partage|partager|socials?|social-\w+"
    r"|reseaux-sociaux|newsletter|infolettre|related|similaires|a-lire-aussi|voir-aussi|pagination|pager|skip"
    r"|skip-?links?|evitement|acces-rapide|widget-area|comments|commentaires|comment-form|respond|disqus|popup|modal"
    r"|lightbox|toc|search-(?:bar|box|form)|moteur-recherche|login|toolbar|noprint|no-print|imprimer|publicites?"
    r"|advert\w*|ads|follow|suivez-nous|edit-?section|catlinks|cat-links|tags-links|entry-meta|post-meta|posted-on"
    r"|byline|article-info|tags|etiquettes|mots-cles|drop-?down|(?:cite-)?backlink|colonne-(?:droite|gauche)"
    r"|(?:right|left)-col(?:umn)?|column-(?:right|left))-"
)
# A whole class or id, not a word of it: « card-header » holds the title of a part.
_HEADER_NAME = re.compile(
    r"(?:site|main|page|top)?[-_]?header(?:[-_](?:outer|inner|wrapper|container|top))?|masthead|en-?tete", re.IGNORECASE
)
_FOOTNOTES = re.compile(r"footnote|endnote|-notes?-")
_COOKIES = re.compile(r"\bcookies?\b|témoins de connexion|traceurs", re.IGNORECASE)
_CHOICE = re.compile(r"\baccepte|refuse|paramétr|personnalis|\bok\b|d'accord|continuer sans", re.IGNORECASE)
SENTENCE = re.compile(r"\w[^.!?…]{20,}[.!?…:;](?:\s|$|[»”\")])")
_SEPARATORS = re.compile(r"[\s|•·»>›/\-–—]+")


def drop_chrome(body: etree._Element) -> None:
    """Remove from the page, in place, what is not its content, by element, role and name, then by looks."""
    _drop_named(body)
    _drop_unnamed(body)


def _linked(element: etree._Element) -> str:
    return clean(" ".join(inner_text(link) for link in element.iter("a")))


def _drop_named(body: etree._Element) -> None:
    whole = len(inner_text(body))
    titled = any(not _is_chrome(title, whole, titled=True) for title in body.iter("h1"))
    for element in [*body.iter(etree.Element)]:
        if element is not body and _is_inside(element, body) and _is_chrome(element, whole, titled):
            remove(element)
    for comment in [*body.iter(etree.Comment, etree.ProcessingInstruction)]:
        remove(comment)


def _is_inside(element: etree._Element, body: etree._Element) -> bool:
    """Whether the element is still in the page, no ancestor of it having been removed."""
    while (parent := element.getparent()) is not None:
        if parent is body:
            return True
        element = parent
    return False


def _is_chrome(element: etree._Element, whole: int, titled: bool) -> bool:
    """Whether an element is around the content.

    Args:
        whole: characters of the page, of which a menu never is the greater part;
        titled: unless the page's title stands elsewhere.
    """
    name = str(element.tag)
    if name in _DROPPED:
        return True
    if name in ("main", "article", "html", "body") or element.get("role") == "main":
        return False
    holds_title = any(not _is_chrome(title, whole, titled) for title in element.iter("h1") if title is not element)
    holds_title = holds_title or element.find(".//main") is not None
    in_content = any(True for _ in element.iterancestors("main", "article"))
    if name == "button":
        return not any(True for _ in element.iterancestors("h1", "h2", "h3", "h4", "h5", "h6", "summary"))
    if name in ("sup", "a") and _is_note_call(element):
        return True
    if name in ("ul", "ol") and any(True for _ in element.iterancestors("header")):
        return True
    if name == "h1":  # the name of the site, on every page
        return any(link.get("href") in ("/", "./", "index.html", "index.php") for link in element.iter("a"))
    if name in ("h2", "h3", "h4", "h5", "h6", "td", "tr"):
        return False
    names = _names(element)
    text = inner_text(element)
    if holds_title or (len(text) > 0.5 * whole and not titled):
        return False
    if element.get("role", "").lower() in _DROPPED_ROLES or element.get("title") in ("header", "footer"):
        return True  # LibreOffice gives the title of « header » to the running head
    if name == "header":  # of the page, or of a part of its text
        of_part = any(True for _ in element.iterancestors("main", "article", "section")) or not _linked(element)
        return not (of_part and _has_heading(element))
    if name == "footer":
        return not _FOOTNOTES.search(names)
    if name == "aside":
        return not in_content or _share_of_links(element, text) > 0.5 or bool(_DROPPED_NAMES.search(names))
    given = f"{element.get('class', '')} {element.get('id', '')}".split()
    if _DROPPED_NAMES.search(names) or any(map(_HEADER_NAME.fullmatch, given)):
        return not _FOOTNOTES.search(names)
    return not in_content and len(text) < 700 and bool(_COOKIES.search(text)) and _has_choice(element)


def _has_heading(element: etree._Element) -> bool:
    return any(True for _ in element.iter("h1", "h2", "h3", "h4", "h5", "h6"))


def _has_choice(element: etree._Element) -> bool:
    """Whether it asks to click on « Accepter », « Refuser »…; a text about cookies does not."""
    return any(_CHOICE.search(inner_text(button)) for button in element.iter("button", "a"))


def _is_note_call(element: etree._Element) -> bool:
    """Whether an element only sends to a note of the page, or back from it; brackets around it go too."""
    links = [*element.iter("a"), *element.iterancestors("a")]
    text = inner_text(element)
    if not any("#" in link.get("href", "") for link in links) or not re.fullmatch(r"\W*\w{0,3}\W*", text):
        return False
    previous, parent = element.getprevious(), element.getparent()
    before = (previous.tail if previous is not None else parent.text if parent is not None else None) or ""
    bracketed = before.rstrip().endswith(("[", "(")) and (element.tail or "").lstrip().startswith(("]", ")"))
    if bracketed:
        before = before.rstrip()[:-1].rstrip()
        if previous is not None:
            previous.tail = before
        elif parent is not None:
            parent.text = before
        element.tail = (element.tail or "").lstrip()[1:]
    named = _FOOTNOTES.search(_names(element)) is not None
    return element.tag == "sup" or bracketed or named or not re.search(r"\w", text)


def _share_of_links(element: etree._Element, text: str) -> float:
    bare = len(_SEPARATORS.sub("", text))
    return len(_SEPARATORS.sub("", _linked(element))) / bare if bare else 0.0


def _names(element: etree._Element) -> str:
    """Class and id in lower case, between hyphens: « filAriane TopMenu » gives « -fil-ariane-top-menu- »."""
    names = f"{element.get('class', '')} {element.get('id', '')}"
    names = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", names))
    return "-" + re.sub(r"[^a-z0-9]+", "-", names.encode("ascii", "ignore").decode().lower()) + "-"


def inner_text(element: etree._Element) -> str:
    """All the text inside, on one line."""
    return clean(" ".join(map(str, element.itertext())))


def _drop_unnamed(body: etree._Element) -> None:
    """Remove, in place, the menus that no name tells: blocks of links, and scraps around the content."""
    order = {element: number for number, element in enumerate(body.iter(etree.Element))}
    core = _core(body)
    common = _common(core) if core else body
    first, last = (order[core[0]], order[core[-1]]) if core else (len(order), -1)
    for element in [*body.iter("ul", "ol", "dl", "div", "p", "table", "td", "section", "center")]:
        if not _is_inside(element, body):
            continue
        links = [*element.iter("a")]
        text = inner_text(element)
        if len(links) < 2 or len(text) > 60 * len(links) or _share_of_links(element, text) < 0.75:
            continue
        inner = order[[*element.iter(etree.Element)][-1]]
        contents = len(links) > 2 and all("#" in link.get("href", "#") for link in links)
        # At the end of the content, a list under a heading of its own is of the content.
        previous = element.getprevious()
        headed = previous is not None and _has_heading(previous) and common in element.iterancestors()
        if contents or inner < first or (order[element] > last and not headed):
            remove(element)
    if len(core) > 1:
        _drop_scraps(common)


def _core(body: etree._Element) -> list[etree._Element]:
    """The elements that surely are of the content, in order: titles and sentences outside of links."""
    return [element for element in body.iter(etree.Element) if _is_core(element)]


def _is_core(element: etree._Element) -> bool:
    if element.tag == "h1" or (element.get("role") == "heading" and element.get("aria-level") == "1"):
        return True
    says = any(SENTENCE.search(clean(text)) for text in _own_texts(element))
    return says and not any(True for _ in element.iterancestors("a"))


def _own_texts(element: etree._Element) -> list[str]:
    return [element.text or "", *(child.tail or "" for child in element)]


def _common(core: list[etree._Element]) -> etree._Element:
    """The smallest element that holds all of the content."""
    shared = [core[0], *core[0].iterancestors()]
    for item in core[1:]:
        above = {item, *item.iterancestors()}
        shared = [element for element in shared if element in above]
    return shared[0]


def _drop_scraps(content: etree._Element) -> None:
    """Remove what stands beside the content and says nothing: no sentence, no heading, no list nor table."""
    while (parent := content.getparent()) is not None and content.tag != "body":
        for element in [*parent]:
            if element is not content and not any(
                True for _ in element.iter("h2", "h3", "h4", "table", "ul", "ol", "dl", "pre")
            ):
                remove(element)
        content = parent
