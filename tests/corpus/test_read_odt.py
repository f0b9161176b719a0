"""An OpenDocument text gives the text its reader sees, in order, with its headings."""

from __future__ import annotations

import pytest

from corpus.errors import UnreadableDocument
from corpus.office import OfficeText
from corpus.read_odt import read_odt
from tests.corpus.builders import docx, odt, paragraph, zipped


def read(body: str, automatic: str = "", *, title: str = "", author: str = "", modified: str = "") -> OfficeText:
    return read_odt(odt(body, automatic=automatic, title=title, author=author, modified=modified), "note.odt")


def shapes(body: str, automatic: str = "") -> list[tuple[str, int, str]]:
    return [(piece.kind, piece.level, piece.text) for piece in read(body, automatic).pieces]


def cell(content: str, attributes: str = "") -> str:
    return f"<table:table-cell {attributes}><text:p>{content}</text:p></table:table-cell>"


def style(name: str, properties: str, family: str = "text", parent: str = "") -> str:
    return (
        f'<style:style style:name="{name}" style:family="{family}" style:parent-style-name="{parent}">'
        f"{properties}</style:style>"
    )


def test_headings_lists_tables_and_paragraphs_in_order() -> None:
    body = (
        '<text:h text:outline-level="1">Avant</text:h>'
        "<text:list><text:list-item><text:p>une radio</text:p><text:p>Elle sert.</text:p>"
        "<text:list><text:list-item><text:p>à piles</text:p></text:list-item></text:list></text:list-item></text:list>"
        '<text:p text:style-name="P1">Style dérivé d\'un titre</text:p>'
        "<table:table><table:table-header-rows><table:table-row>"
        f"{cell('Service')}{cell('Numéro')}</table:table-row></table:table-header-rows><table:table-row>"
        f"{cell('Tous', 'table:number-columns-spanned=&quot;2&quot;'.replace('&quot;', chr(34)))}"
        "<table:covered-table-cell/></table:table-row></table:table>"
        "<text:section><text:p>Deux<text:s text:c='2'/>mots<text:tab/>là.</text:p></text:section>"
    )
    derived = style("P1", "", "paragraph", "Heading_20_2")
    assert [(kind, level, " ".join(text.split())) for kind, level, text in shapes(body, derived)] == [
        ("heading", 1, "Avant"),
        ("item", 1, "une radio"),
        ("paragraph", 1, "Elle sert."),
        ("item", 2, "à piles"),
        ("heading", 2, "Style dérivé d'un titre"),
        ("row", 0, "Service | Numéro"),
        ("row", 0, "Tous"),
        ("paragraph", 0, "Deux mots là."),
    ]


def test_notes_come_at_the_end_of_their_section_and_boxes_after_their_paragraph() -> None:
    note = "<text:note-citation>1</text:note-citation><text:note-body><text:p>Note.</text:p></text:note-body>"
    note = f"<text:note>{note}</text:note>"
    frame = "<draw:frame><draw:text-box><text:p>Dans la zone.</text:p></draw:text-box></draw:frame>"
    body = f"<text:p>Un mot{note}.{frame}</text:p><text:p>Suite.</text:p><text:h text:outline-level='1'>Partie</text:h>"
    assert [text for _, _, text in shapes(body)] == ["Un mot.", "Dans la zone.", "Suite.", "Note.", "Partie"]


def test_what_is_deleted_commented_or_hidden_is_not_read() -> None:
    automatic = (
        style("Blanc", '<style:text-properties fo:color="#ffffff"/>')
        + style("Point", '<style:text-properties fo:font-size="1pt"/>')
        + style("Fermee", '<style:section-properties text:display="none"/>', "section")
    )
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>supprimé</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        "<text:table-of-content><text:index-body><text:p>Avant 3</text:p></text:index-body></text:table-of-content>"
        '<text:section text:style-name="Fermee"><text:p>section cachée</text:p></text:section>'
        "<text:p>Texte <text:change-start/>inséré<text:change-end/>"
        "<office:annotation><text:p>commentaire</text:p></office:annotation>"
        '<text:span text:style-name="Masque"> masqué</text:span><text:span text:style-name="Blanc"> blanc</text:span>'
        '<text:span text:style-name="Point"> minuscule</text:span>'
        '<text:hidden-text text:string-value="x"> y</text:hidden-text>'
        " lu.</text:p>"
    )
    found = read(body, automatic)
    assert [piece.text for piece in found.pieces] == ["Texte inséré lu."]
    assert "modifications suivies" in found.warnings[0]


def test_white_on_a_dark_paragraph_is_read() -> None:
    automatic = style("Blanc", '<style:text-properties fo:color="#ffffff"/>') + style(
        "Sombre", '<style:paragraph-properties fo:background-color="#003366"/>', "paragraph"
    )
    body = '<text:p text:style-name="Sombre"><text:span text:style-name="Blanc">Lisible.</text:span></text:p>'
    assert [text for _, _, text in shapes(body, automatic)] == ["Lisible."]


def test_title_author_and_date() -> None:
    body = '<text:p text:style-name="Title">Plan de continuité</text:p><text:p>Texte.</text:p>'
    found = read(body, title="Autre", author="Jeanne Petit", modified="2023-05-04T10:00:00")
    assert (found.title, found.author, found.date) == ("Plan de continuité", "Jeanne Petit", "2023-05-04")
    assert read("<text:p>Texte.</text:p>", title="Guide").title == "Guide"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (odt("<text:p>Texte.</text:p>", encrypted=True), "protégé par un mot de passe"),
        (odt("<text:p>Texte.</text:p>")[:700], "abîmé ou incomplet"),
        (docx(paragraph("Texte.")), "pas un document texte OpenDocument"),
        (zipped({"content.xml": b" " * 65_000_000}), "dépasse 64 Mo"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableDocument, match=rf"note\.odt : .*{message}"):
        read_odt(data, "note.odt")
