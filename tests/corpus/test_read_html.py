"""A web page gives its article, and only that."""

from __future__ import annotations

import pytest

from corpus.errors import UnreadableDocument
from corpus.read_html import read_html

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
