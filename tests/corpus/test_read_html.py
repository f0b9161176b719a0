"""A web page gives its article, and only that."""

from __future__ import annotations

import pytest

from corpus.assemble import clean
from corpus.errors import UnreadableDocument
from corpus.read_html import declared_charset, read_html
from corpus.read_text import decode

PAGE = """<!DOCTYPE html><html lang="fr"><head><title>Se mettre à l'abri</title>
<meta property="og:site_name" content="Mairie de Saint-Exemple">
<meta property="article:published_time" content="2021-03-18">
<link rel="canonical" href="https://exemple.fr/abri"></head><body>
<nav><ul><li><a href="/">Accueil</a></li><li><a href="/contact">Nous joindre</a></li></ul></nav>
<div id="cookie-banner" class="cookie-consent"><p>Nous utilisons des cookies.</p><button>Accepter</button></div>
<main><article><h1>Se mettre à l'abri</h1>
<p>Quand la sirène sonne, chacun rejoint le local de confinement de l'entreprise sans attendre.</p>
<h2>Que faire dans le local ?</h2>
<p>Fermez les portes et les fenêtres,<br>arrêtez la ventilation et écoutez la radio.</p>
<ul><li>Fermez les portes :<ul><li>celle du quai</li><li>celle du hall</li></ul></li><li>Écoutez la radio</li></ul>
<!-- un commentaire caché -->
<table><tr><th>Signal</th><th>Sens</th></tr><tr><td>Trois fois une minute</td><td>alerte</td></tr></table>
</article></main><footer><p>Mentions légales</p></footer></body></html>"""


def test_menu_banner_and_footer_are_gone() -> None:
    everything = " ".join(piece.text for piece in read_html(PAGE, "abri.html").pieces)
    assert "local de confinement" in everything
    for unwanted in ("Accueil", "Nous joindre", "cookies", "Accepter", "Mentions", "caché"):
        assert unwanted not in everything


def test_headings_lists_and_tables_are_kept_once() -> None:
    pieces = read_html(PAGE, "abri.html").pieces
    assert [(p.kind, p.text.strip(), p.level) for p in pieces if p.kind != "paragraph"] == [
        ("heading", "Que faire dans le local ?", 2),
        ("item", "Fermez les portes :", 1),
        ("item", "celle du quai", 2),
        ("item", "celle du hall", 2),
        ("item", "Écoutez la radio", 1),
        ("row", "Signal | Sens", 0),
        ("row", "Trois fois une minute | alerte", 0),
    ]
    assert "fenêtres, arrêtez" in pieces[2].text


def test_what_the_page_says_of_itself() -> None:
    page = read_html(PAGE, "abri.html")
    assert (page.title, page.publisher, page.date, page.url) == (
        "Se mettre à l'abri",
        "Mairie de Saint-Exemple",
        "2021-03-18",
        "https://exemple.fr/abri",
    )


@pytest.mark.parametrize(
    "page", ["<html><body></body></html>", "<html><body><nav><a href='/'>Accueil</a></nav></body></html>", "<p>", " "]
)
def test_a_page_without_article_is_refused_with_a_remedy(page: str) -> None:
    with pytest.raises(UnreadableDocument, match=r"vide\.html : .*pas de texte.*copiez son texte"):
        read_html(page, "vide.html")


def texts(body: str, head: str = "") -> list[str]:
    """The pieces of a page with this body, after its title."""
    page = f"<html><head><title>Fiche</title>{head}</head><body><h1>Fiche</h1>{body}</body></html>"
    return [clean(piece.text) for piece in read_html(page, "fiche.html").pieces]


SHOWN = "<p>Restez à l'abri et écoutez la radio.</p>"


@pytest.mark.parametrize(
    "trap",
    [
        "<p style='DISPLAY : none'>Piège.</p>",
        "<p style='visibility:hidden'>Piège.</p>",
        "<p hidden>Piège.</p>",
        "<p aria-hidden='true'>Piège.</p>",
        "<p style='font-size:0'>Piège.</p>",
        "<p style='font:0/0 a'>Piège.</p>",
        "<p style='opacity:0'>Piège.</p>",
        "<p style='filter:opacity(0)'>Piège.</p>",
        "<p style='position:absolute;left:-9999px'>Piège.</p>",
        "<p style='position:fixed;left:-200vw'>Piège.</p>",
        "<p style='text-indent:-999em'>Piège.</p>",
        "<p style='height:0;overflow:hidden'>Piège.</p>",
        "<p style='transform:scale(0)'>Piège.</p>",
        "<p style='position:absolute;clip:rect(0,0,0,0)'>Piège.</p>",
        "<p style='clip-path:inset(100%)'>Piège.</p>",
        "<p style='color:white'>Piège.</p>",
        "<p style='color:#fefefe'>Piège.</p>",
        "<p style='color:transparent'>Piège.</p>",
        "<div style='background:#036'><p style='color:#003366'>Piège.</p></div>",
        "<font color=FFFFFF>Piège.</font>",
        "<p class='sr-only'>Piège.</p>",
        "<div style='display:none'><p style='display:block'>Piège.</p></div>",
        "<template><p>Piège.</p></template>",
        "<noscript>Piège.</noscript>",
        "<dialog>Piège.</dialog>",
        "<p style='mso-hide:all'>Piège.</p>",
        "<!-- Piège. -->",
    ],
)
def test_what_a_browser_would_not_show_is_not_read(trap: str) -> None:
    assert texts(SHOWN + trap) == ["Restez à l'abri et écoutez la radio."]


@pytest.mark.parametrize(
    "rule",
    [
        ".x{display:none}",
        "/* .x{} */ div > p.x { display : none !important } .x{display:block}",
        "@media screen { .x { visibility: hidden } }",
        "#i, .y { opacity: 0 }",
        ":root{--fond:#fff} .x{color:var(--fond)}",
        "body{background:#eee} .x{color:#eeeeee}",
    ],
)
def test_a_style_rule_hides_as_well(rule: str) -> None:
    trap = "<div><p class='x' id='i'>Piège.</p></div>"
    assert texts(SHOWN + trap, f"<style>{rule}</style>") == ["Restez à l'abri et écoutez la radio."]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("<style>.x{display:none} .x{display:block}</style>", "<p class='x'>Lisible.</p>"),
        ("<style>@media print{.x{display:none}}</style>", "<p class='x'>Lisible.</p>"),
        ("<style>@media (max-width:600px){.x{display:none}}</style>", "<p class='x'>Lisible.</p>"),
        ("<style>.x:hover{opacity:0}</style>", "<p class='x'>Lisible.</p>"),
        ("", "<div style='background:#003366;color:white'><p>Lisible.</p></div>"),
        ("", "<div style='font-size:0'><span style='font-size:16px'>Lisible.</span></div>"),
        ("", "<p style='text-indent:-18pt;opacity:.9'>Lisible.</p>"),
        ("", "<p class='d-none d-md-block'>Lisible.</p>"),
        ("", "<details>Lisible.</details>"),
    ],
)
def test_what_a_browser_shows_is_read(head: str, body: str) -> None:
    assert texts(SHOWN + body, head)[1:] == ["Lisible."]


def test_docbook_headings_are_kept_with_their_depth() -> None:
    def section(kind: str, tag: str, title: str, inner: str) -> str:
        return f'<div class="{kind}"><div class="titlepage"><{tag} class="title">{title}</{tag}></div>{inner}</div>'

    inner = section("section", "h3", "Mur", "<p>Percez quatre trous.</p>")
    inner = section("section", "h2", "Pose", f"<p>Elle se fait à deux.</p>{inner}")
    page = section("chapter", "h2", "Sirène", f"<div class='toc'><a href='#a'>Pose</a></div>{inner}")
    found = read_html(f"<body><div class='navheader'><a href='p'>Précédent</a></div>{page}</body>", "a.html")
    assert found.title == "Sirène"
    assert [(p.kind, p.level, p.text) for p in found.pieces] == [
        ("heading", 2, "Pose"),
        ("paragraph", 0, "Elle se fait à deux."),
        ("heading", 3, "Mur"),
        ("paragraph", 0, "Percez quatre trous."),
    ]


def test_menus_without_telling_names_go_and_lists_of_the_text_stay() -> None:
    page = (
        "<title>Plan</title><div class=a><div><a href=1>Accueil</a></div><div><a href=2>Nos services</a></div></div>"
        "<div class=b><h1>Plan</h1><p>Les documents à préparer sont ici :</p><ul><li><a href=1>Le plan type</a></li>"
        "<li><a href=2>La liste</a></li></ul><p>Relisez votre contrat.</p><h2>Pièces</h2>"
        "<ul><li><a href=p>Note</a></li><li><a href=q>Carte</a></li></ul></div>"
        "<div class=c><p>Nous utilisons des cookies.</p><button>Tout accepter</button></div>"
        "<div class=d><a href=m>Mentions légales</a> | <a href=p>Plan du site</a> © 2020</div>"
    )
    assert [clean(piece.text) for piece in read_html(page, "plan.html").pieces] == [
        "Les documents à préparer sont ici :", "Le plan type", "La liste", "Relisez votre contrat.", "Pièces", "Note",
        "Carte",
    ]  # fmt: skip


def test_the_header_of_a_part_and_not_of_the_site_is_read() -> None:
    page = (
        "<title>Le port : réunion</title><header><a href='/'>Le port</a><h2>Vivre ici</h2></header>"
        "<div class=header-outer><h1><a href='/'>Le port</a></h1></div><div><h3>Réunion</h3><p>Elle a eu lieu hier.</p>"
        "<div><header><h4>La suite</h4></header><p>Elle viendra en juin.</p></div></div>"
    )
    found = read_html(page, "port.html")
    assert (found.title, [piece.text for piece in found.pieces]) == (
        "Réunion",
        ["Elle a eu lieu hier.", "La suite", "Elle viendra en juin."],
    )


def test_a_text_about_cookies_is_read() -> None:
    assert texts("<main><p>Vous pouvez refuser les cookies dans le navigateur.</p></main>")


def test_definitions_notes_and_layout_tables() -> None:
    body = (
        "<table><tr><td><a href=1>Accueil</a><br><a href=2>Mairie</a></td><td><dl><dt>Aléa<dd>Ce qui arrive.</dl>"
        "<p>Il court<sup><a href='#n1'>1</a></sup>.<p>Il dure [<a href='#n1'>1</a>].</p>"
        "<table><tr><th colspan=2>Service<tr><td rowspan=2>SAMU<td>15<tr><td>112</table></td></tr></table>"
    )
    page = f"<title>Fiche</title><h1>Fiche</h1>{body}<ol><li id=n1>La note. <a href='#r1'>↩</a></ol>"
    assert [(p.kind, p.level, clean(p.text)) for p in read_html(page, "f.html").pieces] == [
        ("item", 1, "Aléa"),
        ("item", 2, "Ce qui arrive."),
        ("paragraph", 0, "Il court."),
        ("paragraph", 0, "Il dure."),
        ("row", 0, "Service"),
        ("row", 0, "SAMU | 15"),
        ("row", 0, "112"),
        ("item", 1, "La note."),
    ]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("", "cp1252"),
        ('<meta charset="utf-8">', "cp1252"),
        ('<meta charset="windows-1250">', "cp1252"),
        ('<meta charset="iso-8859-1">', "utf-8"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-15">', "iso-8859-15"),
        ("", "utf-16"),
    ],
)
def test_a_declared_encoding_is_believed_unless_the_bytes_contradict_it(declared: str, encoding: str) -> None:
    page = f"<html><head>{declared}</head><body><p>La main-d'œuvre coûte 45 € de l'heure, à Évry.</p></body></html>"
    data = page.encode(encoding)
    text = decode(data, "a.html", declared_charset(data))
    assert clean(read_html(text, "a.html").pieces[0].text) == "La main-d'œuvre coûte 45 € de l'heure, à Évry."
