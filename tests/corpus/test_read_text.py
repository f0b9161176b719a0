"""Plain text, whatever its encoding and its line length."""

from __future__ import annotations

import pytest

from corpus.errors import UnreadableDocument
from corpus.read_text import decode, read_text

TEXT = "L’été, l'œuvre coûte 10 €."


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac-roman"],
)
def test_usual_encodings(encoding: str) -> None:
    assert decode(TEXT.encode(encoding), "a.txt") == TEXT


@pytest.mark.parametrize("encoding", ["iso-8859-15", "cp850"])
def test_encodings_without_a_curved_apostrophe(encoding: str) -> None:
    text = "À l'été, la main-d'œuvre coûte 10 €." if encoding == "iso-8859-15" else "À l'été, le dégât coûte « cher »."
    assert decode(text.encode(encoding), "a.txt") == text


def test_a_few_stray_bytes_do_not_make_utf_8_something_else() -> None:
    data = "Été à la forêt, où l’œuvre coûte 10 €.".encode()
    assert decode(data + " déjà".encode("cp1252"), "a.txt") == data.decode() + " déjà"


def test_an_encoding_of_another_language_is_believed_when_declared() -> None:
    text = "Řeka Vltava žije."
    assert decode(text.encode("cp1250"), "a.html", "windows-1250") == text


def test_utf_16_of_the_other_byte_order() -> None:
    assert decode(b"\xfe\xff" + TEXT.encode("utf-16-be"), "a.txt") == TEXT


def test_a_picture_is_not_a_text() -> None:
    with pytest.raises(UnreadableDocument, match=r"pas un fichier texte.*extension"):
        decode(b"\x89PNG\r\n\x1a\n\x00\x00", "photo.txt")


def test_wrapped_lines_are_joined_up_to_an_empty_line() -> None:
    pieces = read_text("Le plan fixe\nles travaux.\n\nIl date\r\nde 2015.\n")
    assert [piece.text for piece in pieces] == ["Le plan fixe les travaux.", "Il date de 2015."]


def test_long_lines_are_paragraphs() -> None:
    lines = [f"{n} " + "mot " * 40 for n in range(3)]
    assert [piece.text for piece in read_text("\n".join(lines))] == [line.strip() for line in lines]


def test_list_items_with_their_continuation() -> None:
    pieces = read_text("À faire :\n- fermer\n  les portes\n• attendre\n2) écouter\nFin.")
    assert [(piece.kind, piece.text) for piece in pieces] == [
        ("paragraph", "À faire :"),
        ("item", "fermer les portes"),
        ("item", "attendre"),
        ("item", "écouter"),
        ("paragraph", "Fin."),
    ]
