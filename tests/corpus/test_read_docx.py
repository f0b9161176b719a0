"""A Word document gives the text its reader sees, in order, with its headings."""

from __future__ import annotations

import pytest

from corpus.errors import UnreadableDocument
from corpus.office import OfficeText
from corpus.read_docx import read_docx
from tests.corpus.builders import docx, odt, paragraph, password_protected_office, run, table, zipped

CALL = '<w:r><w:footnoteReference w:id="{}"/></w:r>'


def change(tag: str, content: str = "") -> str:
    return f'<w:{tag} w:id="9" w:author="A" w:date="2024-01-01T00:00:00Z">{content}</w:{tag}>'


def box(content: str) -> str:
    """The two versions of one text box: for Word 2010 and later, and for older ones."""
    inner = f"<w:txbxContent>{content}</w:txbxContent>"
    new = f"<mc:Choice Requires='wps'><w:drawing><wps:txbx>{inner}</wps:txbx></w:drawing></mc:Choice>"
    old = f"<mc:Fallback><w:pict><v:textbox>{inner}</v:textbox></w:pict></mc:Fallback>"
    return f"<w:r><mc:AlternateContent>{new}{old}</mc:AlternateContent></w:r>"


def read(
    body: str, notes: tuple[str, ...] = (), *, title: str = "", author: str = "", modified: str = ""
) -> OfficeText:
    return read_docx(docx(body, notes=notes, title=title, author=author, modified=modified), "note.docx")


def shapes(body: str, *notes: str) -> list[tuple[str, int, str]]:
    return [(piece.kind, piece.level, piece.text) for piece in read(body, notes).pieces]


def test_headings_by_style_lists_tables_and_paragraphs_in_order() -> None:
    body = (
        paragraph("Avant", "Titre1")
        + paragraph("une radio", "Puces")
        + paragraph("à piles", "Puces2")
        + paragraph("Style dérivé d'un titre", "Chapitre")
        + table(["Service", "Numéro"], [paragraph("Pompiers") + paragraph("et SAMU"), "18 et 15"])
        + paragraph("Style que rien ne définit", "Heading3")
        + paragraph("Fin.")
    )
    assert shapes(body) == [
        ("heading", 1, "Avant"),
        ("item", 1, "une radio"),
        ("item", 2, "à piles"),
        ("heading", 2, "Style dérivé d'un titre"),
        ("row", 0, "Service | Numéro"),
        ("row", 0, "Pompiers et SAMU | 18 et 15"),
        ("heading", 3, "Style que rien ne définit"),
        ("paragraph", 0, "Fin."),
    ]


def test_merged_cells_are_said_once_and_a_frame_is_not_a_table() -> None:
    above, below = '<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>', "<w:tcPr><w:vMerge/></w:tcPr><w:p/>"
    body = table([f"{above}{paragraph('Zone')}", "travaux"], [below, "formation"]) + table(["Encadré."])
    assert shapes(body) == [
        ("row", 0, "Zone | travaux"),
        ("row", 0, "formation"),
        ("paragraph", 0, "Encadré."),
    ]


def test_footnotes_come_at_the_end_of_their_section() -> None:
    body = (
        paragraph(run("Un mot") + CALL.format(2) + run("."))
        + paragraph("Suite.")
        + paragraph("Partie", "Titre1")
        + paragraph(run("Autre") + CALL.format(1) + run("."))
    )
    assert [text for _, _, text in shapes(body, "Note de la fin.", "Note du début.")] == [
        "Un mot.", "Suite.", "Note du début.", "Partie", "Autre.", "Note de la fin.",
    ]  # fmt: skip


def test_tracked_changes_are_read_as_accepted_and_told() -> None:
    deleted = change("del", "<w:r><w:delText>ancien </w:delText></w:r>")
    moved = change("moveFrom", run("parti ")) + change("moveTo", run("arrivé "))
    joined = f"<w:p><w:pPr><w:rPr>{change('del')}</w:rPr></w:pPr>{run('Début ')}</w:p>{paragraph('et fin.')}"
    gone = f"<w:tr><w:trPr>{change('del')}</w:trPr><w:tc>{paragraph('rangée')}</w:tc></w:tr>"
    body = paragraph(run("Texte ") + change("ins", run("neuf ")) + deleted + moved + run("lu.")) + joined
    body += table(["A", "B"]).replace("</w:tbl>", f"{gone}</w:tbl>")
    found = read(body)
    assert [piece.text for piece in found.pieces] == ["Texte neuf arrivé lu.", "Début et fin.", "A | B"]
    assert "note.docx : modifications suivies, lues comme acceptées. Acceptez-les" in found.warnings[0]
    assert read(paragraph("Sans modification.")).warnings == ()


@pytest.mark.parametrize(
    "properties",
    ["<w:vanish/>", '<w:rStyle w:val="Masque"/>', '<w:color w:val="FFFFFF"/>', '<w:sz w:val="2"/>'],
)
def test_hidden_text_is_not_read(properties: str) -> None:
    assert shapes(paragraph(run("Consigne cachée. ", properties) + run("Lu.")))[0][2] == "Lu."


def test_white_on_a_dark_cell_is_read() -> None:
    dark = '<w:tcPr><w:shd w:fill="003366"/></w:tcPr>'
    cell = dark + paragraph(run("Service", '<w:color w:val="FFFFFF"/>'))
    assert shapes(table([cell, "Numéro"])) == [("row", 0, "Service | Numéro")]


def test_running_heads_comments_fields_and_contents_are_left_out_and_boxes_read_once() -> None:
    field = '<w:fldChar w:fldCharType="{}"/>'
    body = (
        paragraph("Sommaire")
        + paragraph("Avant 3", "TM1")
        + paragraph(run("Ancre.") + box(paragraph("Dans la zone.")))
        + paragraph(f"<w:r>{field.format('begin')}<w:instrText>DATE</w:instrText>{field.format('separate')}</w:r>"
                    + run("4 mai") + '<w:r><w:commentReference w:id="0"/></w:r>')
    )  # fmt: skip
    assert [text for _, _, text in shapes(body)] == ["Ancre.", "Dans la zone.", "4 mai"]


def test_title_author_and_date() -> None:
    body = paragraph("Plan de continuité", "Titre") + paragraph("Texte.")
    found = read(body, title="Autre", author="Jeanne Petit", modified="2023-05-04T10:00:00Z")
    assert (found.title, found.author, found.date) == ("Plan de continuité", "Jeanne Petit", "2023-05-04")
    assert [piece.text for piece in found.pieces] == ["Texte."]
    assert read(paragraph("Texte."), title="Guide de la mise à l'abri").title == "Guide de la mise à l'abri"
    for made_up in ("Document1", "Microsoft Word - note.doc", "note.docx"):
        assert read(paragraph("Texte."), title=made_up).title == ""


def test_the_strict_edition_is_read_too() -> None:
    data = docx(paragraph("Avant", "Titre1") + paragraph("Texte."), strict=True)
    assert [piece.kind for piece in read_docx(data, "strict.docx").pieces] == ["heading", "paragraph"]


BIG = b"<w:document>" + b" " * 65_000_000 + b"</w:document>"
ENTITIES = (
    b'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/hostname">]><w:document xmlns:w="w"><w:body><w:p><w:r><w:t>Vu &f;.'
    b"</w:t></w:r></w:p></w:body></w:document>"
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (password_protected_office(), "protégé par un mot de passe. Ouvrez-le et enregistrez-en une copie sans"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000), "ancien document Word .*au format .docx"),
        (docx(paragraph("Texte."))[:900], "abîmé ou incomplet"),
        (docx(paragraph("Texte.")).replace(b"PK\x05\x06", b"PK\x00\x00"), "abîmé ou incomplet"),
        (zipped({"xl/workbook.xml": b"<a/>"}), "pas un document Word, mais un classeur"),
        (odt("<text:p>Texte.</text:p>"), "pas un document Word, mais un document ODF"),
        (docx("<w:p>"), "abîmé ou incomplet"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableDocument, match=rf"note\.docx : .*{message}"):
        read_docx(data, "note.docx")


def with_document(content: bytes) -> bytes:
    """A Word document whose text is this file."""
    relations = b'<R><r Type="x/officeDocument" Target="word/document.xml"/></R>'
    return zipped({"_rels/.rels": relations, "word/document.xml": content})


def test_a_zip_bomb_is_refused_before_it_unpacks() -> None:
    data = with_document(BIG)
    assert len(data) < 100_000
    with pytest.raises(UnreadableDocument, match=r"dépasse 64 Mo de texte\. Découpez-le"):
        read_docx(data, "bombe.docx")


def test_no_other_file_of_the_machine_comes_in() -> None:
    found = read_docx(with_document(ENTITIES), "piege.docx")
    assert [piece.text for piece in found.pieces] == ["Vu "]
