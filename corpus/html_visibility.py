"""What a browser would not show of a web page: it may be written for machines, and must not be read."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cssselect
from lxml import etree, html

_TRANSLATOR = cssselect.HTMLTranslator()
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_PROPERTIES = frozenset(
    "display visibility opacity font-size font color background background-color background-image position "
    "left top right bottom text-indent margin-left margin-top clip clip-path height width max-height max-width "
    "overflow overflow-x overflow-y transform filter mso-hide -webkit-text-fill-color".split()
)
_DESKTOP = 1280  # pixels: the width of the window that media rules are judged for
# Names that frameworks give to what only a screen reader says, or nobody sees. With « d-md-block »
# or « md:block » beside, it shows on a wide screen.
_HIDDEN_CLASS = re.compile(
    r"(?:^|\s)(?:sr-only|visually-hidden|visuallyhidden|screen-reader-text|fr-sr-only|element-invisible|invisible"
    r"|hidden|d-none|is-hidden|hide|fr-hidden)(?=\s|$)"
)
_SHOWN_CLASS = re.compile(r"\bd-(?:sm|md|lg|xl)-(?!none)|\b(?:sm|md|lg|xl):(?!hidden)")
_COLOURS = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255),
    "whitesmoke": (245, 245, 245),
    "floralwhite": (255, 250, 240),
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "navy": (0, 0, 128),
    "maroon": (128, 0, 0),
}
_ASIDE = "removed"
_INLINE = frozenset("a abbr b cite code em font i mark q s small span strong sub sup u".split())
_NEAR = 12  # two colours that differ less than this, on each of red, green and blue, look the same
Colour = tuple[int, int, int]
Rules = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Look:
    """What an element hands down to the text inside it."""

    shown: bool = True  # visibility
    size: bool = True  # a letter is more than a dot
    colour: Colour | None = (0, 0, 0)  # None: unknown, or not plain
    back: Colour | None = (255, 255, 255)
    clear: bool = False  # a transparent text


def drop_hidden(tree: html.HtmlElement) -> None:
    """Remove from the page, in place, every element and text that its own styles keep from being seen.

    Judged: the `hidden` attribute, aria-hidden, usual class names, and the style attributes and
    <style> rules for display, visibility, opacity, size, clipping, place off the screen, and a
    colour like the background's. A linked style sheet is not at hand.
    """
    styles = _styles(tree)
    looks: dict[etree._Element, _Look] = {}
    doomed: list[etree._Element] = []
    for element in tree.iter(etree.Element):
        parent = element.getparent()
        before = looks.get(parent, _Look()) if parent is not None else _Look()
        style = styles.get(element, {})
        if _is_gone(element, style):
            doomed.append(element)
        look = _look(element, style, before)
        looks[element] = look
        if not _is_readable(look):
            element.text = None
        if parent is not None and not _is_readable(before):
            element.tail = None
    for element in doomed:
        remove(element)


def remove(element: etree._Element) -> None:
    """Take an element out; the text that follows it stays."""
    parent = element.getparent()
    if parent is None:
        return
    # What was apart on the screen stays apart.
    tail = ("" if element.tag in _INLINE else " ") + (element.tail or "")
    previous = element.getprevious()
    if previous is not None:
        previous.tail = (previous.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    element.tail = None
    # Kept beside the body, not thrown away: lxml frees each element of a detached part by walking all
    # of it, and a page of 30,000 elements took 4 s.
    root = element.getroottree().getroot()
    aside = root.find(_ASIDE)
    (aside if aside is not None else etree.SubElement(root, _ASIDE)).append(element)


def _is_readable(look: _Look) -> bool:
    same = (
        look.colour is not None
        and look.back is not None
        and all(abs(a - b) < _NEAR for a, b in zip(look.colour, look.back, strict=True))
    )
    return look.shown and look.size and not look.clear and not same


def _is_gone(element: etree._Element, style: Rules) -> bool:
    """Whether the element and all that is in it is out of sight."""
    if element.get("hidden") is not None or element.get("aria-hidden", "").strip().lower() == "true":
        return True
    classes = element.get("class", "").lower()
    if _HIDDEN_CLASS.search(classes) and not _SHOWN_CLASS.search(classes):
        return True
    if style.get("display") == "none" or style.get("mso-hide") == "all":
        return True
    filtered = re.search(r"opacity\(\s*([\d.]+)", style.get("filter", ""))
    for opacity in (style.get("opacity"), filtered and filtered.group(1)):
        if (number := _number(opacity)) is not None and number < (5 if "%" in str(opacity) else 0.05):
            return True
    if any(_is_far(style.get(name)) for name in ("text-indent", "margin-left", "margin-top")):
        return True
    if style.get("position") in ("absolute", "fixed", "relative"):
        if any(_is_far(style.get(name)) for name in ("left", "top", "right", "bottom")):
            return True
        if re.match(r"rect\((?:[01](?:px)?[, ]*){4}\)", style.get("clip", "")):
            return True
    if re.match(r"inset\((?:[5-9]\d|100)%|circle\(0|polygon\(0 0(?:px)?, 0 0", style.get("clip-path", "")):
        return True
    if re.search(
        r"scale[xy3d]*\(0[,)]|translate\w*\([^)]*-(?:[1-9]\d{3,}px|[1-9]\d{2,}(?:%|v[wh]))", style.get("transform", "")
    ):
        return True
    cut = any(style.get(name, "") in ("hidden", "clip") for name in ("overflow", "overflow-x", "overflow-y"))
    return cut and any(
        (size := _number(style.get(name))) is not None and size <= 1 and "%" not in style[name]
        for name in ("height", "width", "max-height", "max-width")
    )


def _is_far(value: str | None) -> bool:
    """Whether a distance takes a text off the screen: before its edge, or screens after it."""
    number, unit = _number(value), (value or "")[-3:].lstrip("-.0123456789")
    if number is None:
        return False
    pixels = number * {"px": 1, "pt": 1.3, "": 1, "em": 16, "rem": 16, "%": _DESKTOP / 100}.get(unit, _DESKTOP / 100)
    return pixels <= -450 or pixels >= 5000


def _look(element: etree._Element, style: Rules, before: _Look) -> _Look:
    look = before
    if (visibility := style.get("visibility")) is not None:
        look = replace(look, shown=visibility not in ("hidden", "collapse"))
    size = style.get("font-size") or _font_size(style.get("font", ""))
    if size is not None and (number := _number(size)) is not None:
        look = replace(look, size=number > (1.5 if size.endswith(("px", "pt")) else 2 if size.endswith("%") else 0.1))
    elif size is not None:
        look = replace(look, size=True)
    # Before HTML 4 the colours were attributes.
    colour = (
        style.get("-webkit-text-fill-color")
        or style.get("color")
        or (element.get("color") if element.tag == "font" else None)
    )
    if element.tag == "body" and colour is None:
        colour = element.get("text")
    if colour is not None and colour not in ("inherit", "currentcolor"):
        look = replace(look, colour=_colour(colour), clear=_is_clear(colour))
    elif element.tag == "a":  # a link has a colour of its own
        look = replace(look, colour=None, clear=False)
    back = style.get("background-color") or style.get("background") or element.get("bgcolor")
    picture = "url(" in style.get("background-image", "") + style.get("background", "") or element.get("background")
    if picture or "gradient" in style.get("background-image", "") + style.get("background", ""):
        look = replace(look, back=None)
    elif back is not None and not _is_clear(back) and back not in ("none", "inherit", "initial", "unset"):
        look = replace(look, back=_colour(back))
    return look


def _font_size(font: str) -> str | None:
    """The size in a « font » shorthand: « bold 12px/1.5 Arial »."""
    found = re.search(r"(?:^|\s)(\d[\d.]*(?:px|pt|em|rem|%)?)(?:/\S+)?\s", font + " ")
    return found.group(1) if found else None


def _number(value: str | None) -> float | None:
    found = re.match(r"[+-]?(?:\d+\.?\d*|\.\d+)", value or "")
    return float(found.group()) if found else None


def _is_clear(value: str) -> bool:
    """Whether a colour lets everything through."""
    found = re.match(r"(?:rgba|hsla|rgb|hsl)\(.*[,/]\s*(0?\.?\d+)(%?)\)$", value)
    if found and value.count(",") + value.count("/") * 2 >= (3 if "," in value else 2):
        return float(found.group(1)) < (5 if found.group(2) else 0.05)
    return value == "transparent" or bool(re.fullmatch(r"#(?:[0-9a-f]{3}0|[0-9a-f]{6}0[0-9a-f])", value))


def _colour(value: str) -> Colour | None:
    """Red, green and blue, from 0 to 255; none for a name or a form that is not known here."""
    value = value.strip().lower()
    if found := re.search(r"rgba?\(\s*(\d+)[,\s]+(\d+)[,\s]+(\d+)", value):
        return (int(found.group(1)), int(found.group(2)), int(found.group(3)))
    if found := re.search(r"hsla?\(\s*([\d.]+)(?:deg)?[,\s]+([\d.]+)%[,\s]+([\d.]+)%", value):
        hue, saturation, light = map(float, found.groups())
        red, green, blue = colorsys.hls_to_rgb(hue / 360, light / 100, saturation / 100)
        return (round(255 * red), round(255 * green), round(255 * blue))
    if found := re.match(r"#?([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-z])", value):
        digits = found.group(1)
        if len(digits) == 3:
            digits = "".join(2 * digit for digit in digits)
        return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))
    return next((_COLOURS[word] for word in re.findall("[a-z]+", value) if word in _COLOURS), None)


def _styles(tree: html.HtmlElement) -> dict[etree._Element, Rules]:
    """The properties of each element that any style was given, in the order of the cascade."""
    found: dict[etree._Element, list[tuple[tuple[int, int, tuple[int, int, int], int], str, str]]] = {}
    order = 0
    named = {word for item in tree.iter(etree.Element) for key in ("class", "id") for word in item.get(key, "").split()}
    variables: dict[str, str] = {}
    for sheet in tree.iter("style"):
        if "print" in sheet.get("media", "").lower() and "screen" not in sheet.get("media", "").lower():
            continue
        text = _COMMENT.sub(" ", sheet.text_content())
        variables |= re.findall(r"(--[\w-]+)\s*:\s*([^;{}]+)", text)
        for selectors, body in _rules(text):
            declared = _declarations(body)
            if not declared or not _may_match(selectors, named):
                continue
            order += 1
            for element, specificity in _matches(tree, selectors):
                found.setdefault(element, []).extend(
                    ((important, 0, specificity, order), name, value) for name, value, important in declared
                )
    for element in tree.iter(etree.Element):
        if inline := element.get("style"):
            found.setdefault(element, []).extend(
                ((important, 1, (0, 0, 0), 0), name, value)
                for name, value, important in _declarations(_COMMENT.sub(" ", inline))
            )
    return {
        element: {name: _valued(value, variables) for _, name, value in sorted(given, key=lambda one: one[0])}
        for element, given in found.items()
    }


def _may_match(selectors: str, named: set[str]) -> bool:
    """Whether every class and id of one of the selectors is in the page: most of a framework's are not."""
    return "(" in selectors or any(
        named.issuperset(re.findall(r"[.#]([\w-]+)", selector)) for selector in selectors.split(",")
    )


def _valued(value: str, variables: dict[str, str]) -> str:
    """A value with the variables that it names in place."""
    return re.sub(r"var\(\s*(--[\w-]+)[^)]*\)", lambda found: variables.get(found.group(1), "").strip().lower(), value)


def _matches(tree: html.HtmlElement, selectors: str) -> Iterator[tuple[etree._Element, tuple[int, int, int]]]:
    try:
        parsed = cssselect.parse(selectors)
    except cssselect.SelectorError:
        return
    for selector in parsed:
        if selector.pseudo_element is not None:
            continue
        try:
            path = _TRANSLATOR.selector_to_xpath(selector)
            elements = tree.xpath(path)
        except (cssselect.SelectorError, etree.XPathError):
            continue
        for element in elements if isinstance(elements, list) else []:
            if isinstance(element, etree._Element):
                yield element, selector.specificity()


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """(selectors, declarations) of each rule that applies to a wide screen."""
    position = 0
    while (brace := sheet.find("{", position)) >= 0:
        head = sheet[position:brace].rpartition(";")[2].strip()
        end = _closing(sheet, brace)
        body = sheet[brace + 1 : end]
        if not head.startswith("@"):
            yield head, body
        elif head.lower().startswith(("@supports", "@layer")) or (
            head.lower().startswith("@media") and _applies(head.lower())
        ):
            yield from _rules(body)
        position = end + 1


def _closing(sheet: str, brace: int) -> int:
    depth = 0
    for found in re.finditer("[{}]", sheet[brace:]):
        depth += 1 if found.group() == "{" else -1
        if depth == 0:
            return brace + found.start()
    return len(sheet)


def _applies(media: str) -> bool:
    if re.search(r"\bprint\b|\bspeech\b|prefers-|orientation|pointer|hover", media):
        return False
    sizes = re.findall(r"(min|max)-width\s*:\s*([\d.]+)(px|r?em)", media)
    return all(
        (float(size) * (1 if unit == "px" else 16) <= _DESKTOP) == (bound == "min") for bound, size, unit in sizes
    )


def _declarations(body: str) -> list[tuple[str, str, int]]:
    """(property, value, 1 if it is important) for the properties that can hide a text."""
    found: list[tuple[str, str, int]] = []
    for part in body.split(";"):
        name, _, value = part.partition(":")
        name, value = name.strip().lower(), value.strip().lower()
        if name in _PROPERTIES and value:
            plain = value.replace(" !important", "").replace("!important", "").strip()
            found.append((name, plain, int(plain != value)))
    return found
