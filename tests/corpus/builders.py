"""Documents, fiches, files and PDFs made for these tests."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence

from hypothesis import strategies as st
from pypdf import PdfWriter
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from corpus.assemble import Piece, assemble
from corpus.documents import Block, Contact, Document

CONTACTS = {"mairie": Contact("Mairie", "Urbanisme", "/documents/qui-contacter")}

FICHE = """\
---
id: essai
title: "Fiche d'essai : un exemple"
axis: 1
audience: [dirigeant]
zones: [bleue]
topics: [travaux]
as_of: 2024-01-01
reviewed: 2024-02-01
contacts: [mairie]
sources:
  - key: code
    title: "Article L515-16-2"
    publisher: "Doctrine"
    date: 2024-01-01
    url: "https://exemple.fr/code"
  - key: guide
    title: "Guide"
    publisher: "INERIS"
    date: 2017
    url: null
---
La fiche s'adresse aux entreprises de la zone bleue.

Sources : code

## Dois-je faire des travaux ?

Le règlement du plan de prévention fixe les travaux.

- la toiture ;
- les vitrages.

Sources : code, guide
"""


def line_of(text: str, start: str) -> int:
    """Number, from 1, of the first line that starts so (white space in front aside)."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith(start))


def words(text: str) -> str:
    """The characters that are not white space."""
    return re.sub(r"\s", "", text)


def document_of(pieces: Sequence[Piece], document_id: str = "doc") -> Document:
    text, blocks = assemble(list(pieces))
    return Document(document_id=document_id, title="Titre", text=text, blocks=blocks, source="doc.txt", kind="text")


def heading(text: str, level: int = 2) -> Piece:
    return Piece("heading", text, level=level)


def texts(document: Document, kind: str) -> list[str]:
    return [document.quote(b.start, b.end) for b in document.blocks if b.kind == kind]


def block_starting(document: Document, text: str) -> Block:
    return next(b for b in document.blocks if document.quote(b.start, b.end).startswith(text))


def pdf(
    pages: Sequence[Sequence[str]],
    *,
    outline: Sequence[tuple[int, str, int]] = (),
    password: str | None = None,
    owner_only: bool = False,
    title: str = "",
) -> bytes:
    """A PDF of one line per text, top to bottom; an empty text leaves a gap.

    Args:
        outline: (page from 1, title, level from 0), in page order.
        password: asked of the reader, unless `owner_only` (then only of whom would change the file).
    """
    encrypt = None
    if password is not None:
        encrypt = StandardEncryption("" if owner_only else password, ownerPassword=password, canPrint=0)
    out = io.BytesIO()
    canvas = Canvas(out, encrypt=encrypt)
    canvas.setTitle(title)
    for number, lines in enumerate(pages, start=1):
        for page, name, level in outline:
            if page == number:
                canvas.bookmarkPage(f"{page}-{name}")
                canvas.addOutlineEntry(name, f"{page}-{name}", level)
        for row, line in enumerate(lines):
            canvas.drawString(60, 790 - 15 * row, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def drawn_pdf(*pages: Callable[[Canvas], object]) -> bytes:
    """A PDF whose pages are drawn by these functions."""
    out = io.BytesIO()
    canvas = Canvas(out)
    for draw in pages:
        canvas.setFont("Helvetica", 11)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def edited_pdf(data: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    """The PDF after a change that reportlab cannot draw."""
    writer = PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def image_only_pdf() -> bytes:
    """A scanned page: a drawing, no text."""
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.rect(50, 50, 400, 600, fill=1)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


# Text as it comes: French punctuation, abbreviations, numbers, odd white space.
_TOKENS = st.sampled_from(
    "Le PPRT zone bleue L. 515-16 art. M. Durand 3,5 10.2 « » « Oui ! » ( ) Restez. Partez ? Attention : "
    "oui… non; etc. 1. 2) A.M.A.R.I.S. fin.Ces l'été œuvre www.exemple.fr \u00a0 \u202f \n".split(" ")
)
french_text = st.lists(_TOKENS, max_size=40).map(" ".join) | st.text(max_size=80)

_sentence = st.lists(
    st.sampled_from("le plan fixe des travaux en zone bleue pour vos salariés".split()), min_size=1
).map(lambda found: " ".join(found).capitalize() + ".")
_prose = st.lists(_sentence, min_size=1, max_size=8).map(" ".join) | french_text
_pieces = st.one_of(
    st.builds(lambda text, level: heading(text, level), french_text, st.integers(1, 4)),
    st.builds(lambda text: Piece("paragraph", text), _prose),
    st.builds(lambda text: Piece("paragraph", text + " :"), _prose),
    st.builds(lambda text, level: Piece("item", text, level=level), _prose, st.integers(1, 2)),
    st.builds(lambda text: Piece("row", text), french_text),
    st.integers(300, 900).map(lambda size: Piece("paragraph", ("sanspoint " * size)[:size])),
)
pieces_lists = st.lists(_pieces, max_size=14)
documents = pieces_lists.map(document_of)


_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_NAMESPACES = (
    f'xmlns:w="{_W}" xmlns:r="{_R}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
_DOCX_STYLES = """
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="Titre"><w:name w:val="Title"/><w:basedOn w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="Titre1"><w:name w:val="heading 1"/>
<w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Titre2"><w:name w:val="heading 2"/>
<w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Chapitre"><w:name w:val="Mon chapitre"/><w:basedOn w:val="Titre2"/></w:style>
<w:style w:type="paragraph" w:styleId="TM1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Puces"><w:name w:val="List Bullet"/>
<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Puces2"><w:name w:val="List Bullet 2"/>
<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="character" w:styleId="Masque"><w:name w:val="Masque"/><w:rPr><w:vanish/></w:rPr></w:style>"""
_DOCX_NUMBERING = """<w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:pStyle w:val="Puces"/><w:lvlText w:val="•"/></w:lvl>
<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/><w:pStyle w:val="Puces2"/><w:lvlText w:val="–"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"""


def paragraph(text: str, style: str = "") -> str:
    """A paragraph of a Word document; « < » in the text starts raw runs."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    runs = text if text.startswith("<") else run(text)
    return f"<w:p>{properties}{runs}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def table(*rows: Sequence[str]) -> str:
    """A table of a Word document; a cell is a text, or starts with « < » and is its raw content."""
    cells = [[c if c.startswith("<") else paragraph(c) for c in row] for row in rows]
    return (
        f"<w:tbl>{''.join('<w:tr>' + ''.join(f'<w:tc>{c}</w:tc>' for c in row) + '</w:tr>' for row in cells)}</w:tbl>"
    )


def docx(
    body: str,
    *,
    notes: Sequence[str] = (),
    title: str = "",
    author: str = "",
    modified: str = "",
    strict: bool = False,
    extra: Sequence[tuple[str, bytes]] = (),
) -> bytes:
    """A Word document around the XML of its body, with French style names.

    Args:
        notes: texts of the footnotes, called by <w:footnoteReference w:id="1"/> and so on.
        strict: in the « Strict Open XML » edition, whose namespaces differ.
        extra: other files to put in.
    """
    footnotes = '<w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>' + "".join(
        f'<w:footnote w:id="{number}">{paragraph(note)}</w:footnote>' for number, note in enumerate(notes, start=1)
    )
    kinds = {"styles": "styles", "numbering": "numbering", "footnotes": "footnotes", "image": "../NULL"}
    relations = "".join(
        f'<Relationship Id="{name}" Type="{_R}/{name}" Target="{target}{"" if name == "image" else ".xml"}"/>'
        for name, target in kinds.items()
    )
    contents = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        f'wordprocessingml.{kind}+xml"/>'
        for part, kind in {"document": "document.main", **{k: k for k in ("styles", "numbering", "footnotes")}}.items()
    )
    relations += f'<Relationship Id="header" Type="{_R}/header" Target="header1.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/>{contents}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="a" Type="{_R}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="b" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>",
        "docProps/core.xml": f'<c:coreProperties xmlns:c="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dcterms:modified>{modified}</dcterms:modified>"
        "</c:coreProperties>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        "word/document.xml": f"<w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {_NAMESPACES}>{_DOCX_STYLES}</w:styles>",
        "word/numbering.xml": f"<w:numbering {_NAMESPACES}>{_DOCX_NUMBERING}</w:numbering>",
        "word/footnotes.xml": f"<w:footnotes {_NAMESPACES}>{footnotes}</w:footnotes>",
        "word/header1.xml": f"<w:hdr {_NAMESPACES}>{paragraph('En-tête de page')}</w:hdr>",
    }
    if strict:
        norm = "http://purl.oclc.org/ooxml"
        parts = {
            name: text.replace(_R, f"{norm}/officeDocument/relationships").replace(_W, f"{norm}/wordprocessingml/main")
            for name, text in parts.items()
        }
    return zipped({**{name: text.encode() for name, text in parts.items()}, **dict(extra)})


def odt(
    body: str, *, automatic: str = "", title: str = "", author: str = "", modified: str = "", encrypted: bool = False
) -> bytes:
    """An OpenDocument text around the XML of its body.

    Args:
        automatic: its automatic styles.
    """
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in "office text table draw style meta manifest".split()
    )
    names += ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
    names += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    styles = (
        '<style:style style:name="Title" style:family="paragraph"/>'
        '<style:style style:name="Heading_20_2" style:display-name="Heading 2" style:family="paragraph"/>'
        '<style:style style:name="Masque" style:family="text"><style:text-properties text:display="none"/>'
        "</style:style>"
    )
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content{names}>"
            f"<office:automatic-styles>{automatic}</office:automatic-styles><office:body><office:text>{body}"
            "</office:text></office:body></office:document-content>".encode(),
            "styles.xml": f"<office:document-styles{names}><office:styles>{styles}</office:styles>"
            "<office:master-styles><style:master-page><style:header><text:p>En-tête de page</text:p></style:header>"
            "</style:master-page></office:master-styles></office:document-styles>".encode(),
            "meta.xml": f"<office:document-meta{names}><office:meta><dc:title>{title}</dc:title>"
            f"<meta:initial-creator>{author}</meta:initial-creator><dc:date>{modified}</dc:date></office:meta>"
            "</office:document-meta>".encode(),
            "META-INF/manifest.xml": f"<manifest:manifest{names}><manifest:file-entry manifest:full-path='content.xml'>"
            f"{'<manifest:encryption-data/>' if encrypted else ''}</manifest:file-entry></manifest:manifest>".encode(),
        }
    )


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def password_protected_office() -> bytes:
    """What Word writes when a password locks a .docx: an OLE container around encrypted bytes."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(480)
