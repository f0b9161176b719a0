"""The command `amaris`, run as a user runs it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.store import IndexStore
from tests.corpus.builders import image_only_pdf, pdf
from tests.corpus.websites import in_turn, send
from tests.corpus.websites import serving as website
from tests.ui.contract import assert_answer
from tests.ui.programs import QUESTION, ROOT, Finished, amaris, command, environment, free_port

EMERGENCY = "au secours il y a un nuage de gaz qui arrive sur nous"
ENGLISH = "what should I do if my company is in the blue zone"


def assert_refused(found: Finished, *words: str, code: int = 1) -> None:
    """One line of French on standard error, and nothing else."""
    assert found.code == code
    assert found.out == ""
    [line] = [line for line in found.err.splitlines() if not line.endswith("…")]  # progress lines end so
    assert line.startswith("Erreur : ")
    assert len(line) < 600
    for word in words:
        assert word in line


def read_json(found: Finished) -> Any:
    assert found.code == 0, found.err
    return json.loads(found.out)


# Questions


def test_ask_construit_l_index_puis_repond_selon_le_contrat(models: Path, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(models, target_is_directory=True)
    found = amaris("ask", QUESTION, "--json", "--profile", "zone=bleue", "--home", tmp_path)
    answer = read_json(found)
    texts = texts_of(tmp_path)
    assert_answer(answer, texts)
    assert answer["status"] == "answered"
    assert answer["question"] == QUESTION
    assert any("n'a pas de travaux de protection à faire" in s["text"] for s in answer["sentences"])
    assert IndexStore(tmp_path / "index").current_name() == answer["index_version"]
    assert "Traceback" not in found.err


def texts_of(home: Path) -> dict[str, str]:
    """The text of every document of the index in service."""
    lines = (IndexStore(home / "index").current() / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["document_id"]: row["text"] for row in map(json.loads, lines)}


def test_ask_se_lit_aussi_sans_json(home: Path) -> None:
    found = amaris("ask", QUESTION, "--home", home)
    assert found.code == 0
    assert found.out.startswith("Réponse\n")
    assert "[1]" in found.out
    assert "Sources" in found.out
    assert "\x1b" not in found.out  # no colour codes in a file


def test_urgence_sans_index_ni_modele(tmp_path: Path) -> None:
    home = tmp_path / "rien"
    answer = read_json(amaris("ask", EMERGENCY, "--json", "--home", home))
    assert answer["status"] == "emergency"
    assert_answer(answer, {})
    assert "entrez dans un bâtiment en dur" in answer["sentences"][0]["text"]
    assert not home.exists()


def test_urgence_ne_charge_rien_de_lourd(tmp_path: Path) -> None:
    """A danger is answered in the time Python takes to start."""
    script = (
        "import atexit, sys\n"
        f"sys.argv = ['amaris', 'ask', {EMERGENCY!r}, '--home', {str(tmp_path / 'rien')!r}]\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'onnxruntime', 'gradio', 'sklearn'}\n"
        "atexit.register(lambda: print('LOURD', sorted(heavy & set(sys.modules))))\n"
        "from ui.cli import main\n"
        "main()\n"
    )
    found = subprocess.run([sys.executable, "-c", script], env=environment(), cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith("URGENCE")
    assert found.stdout.endswith("LOURD []\n")


def test_urgence_avec_un_index_abime(own_home: Path) -> None:
    (own_home / "index" / "current").write_text("n'importe quoi", encoding="utf-8")
    assert read_json(amaris("ask", EMERGENCY, "--json", "--home", own_home))["status"] == "emergency"


def test_search_classe_les_passages(home: Path) -> None:
    hits = read_json(amaris("search", QUESTION, "-k", "3", "--json", "--home", home))["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert hits[0]["document_id"] == "zone-bleue"
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)
    texts = texts_of(home)
    for hit in hits:
        assert texts[hit["document_id"]][hit["start"] : hit["end"]] == hit["text"]


@pytest.mark.parametrize(
    ("question", "word"),
    [
        pytest.param("", "vide", id="vide"),
        pytest.param("   \t ", "vide", id="blancs"),
        pytest.param("\x01\x02\x07", "vide", id="caracteres de controle"),
        pytest.param("é" * 10_000, "trop longue (10000 caractères", id="10 000 caracteres"),
        pytest.param("🔥🔥🔥", "aucun mot", id="emoji"),
        pytest.param(ENGLISH, "en français", id="anglais"),
    ],
)
@pytest.mark.parametrize("verb", ["ask", "search"])
def test_question_refusee_sans_rien_preparer(verb: str, question: str, word: str, tmp_path: Path) -> None:
    home = tmp_path / "rien"
    assert_refused(amaris(verb, question, "--home", home), word)
    assert not home.exists()


# Wrong usage and wrong places


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["bidule"],
        ["ask", "zone bleue ?", "--profile", "zone"],
        ["search", "zone bleue ?", "-k", "0"],
        ["corpus", "add"],
        ["corpus", "add", "un.txt", "--date", "hier"],
        ["serve", "--port", "99999"],
        ["eval", "run"],
    ],
    ids=" ".join,
)
def test_mauvais_usage(arguments: list[str]) -> None:
    found = amaris(*arguments)
    assert_refused(found, code=2)
    assert not re.search(r"\b(Missing|Invalid|Usage|No such|should be|Try)\b", found.err)


@pytest.mark.parametrize("where", ["fichier", "fichier/dedans"])
def test_home_est_un_fichier(where: str, tmp_path: Path) -> None:
    (tmp_path / "fichier").write_text("", encoding="utf-8")
    assert_refused(amaris("ask", QUESTION, "--home", tmp_path / where), "ce n'est pas un dossier", "--home")


@pytest.mark.parametrize("arguments", [["ask", QUESTION], ["index", "build"]], ids=" ".join)
def test_home_ou_rien_ne_s_ecrit(arguments: list[str]) -> None:
    assert_refused(amaris(*arguments, "--home", "/sys/amaris"), "/sys/amaris", "--home")


def test_variable_amaris_inconnue(home: Path) -> None:
    assert_refused(amaris("corpus", "list", "--home", home, AMARIS_ENCODEUR="x"), "AMARIS_ENCODEUR", "AMARIS_ENCODER")


def test_home_par_la_variable(home: Path) -> None:
    assert amaris("index", "verify", AMARIS_HOME=str(home)).code == 0


# Documents


def test_corpus_list_et_check(home: Path) -> None:
    rows = read_json(amaris("corpus", "list", "--json", "--home", home))
    assert "zone-bleue" in {row["document_id"] for row in rows}
    assert set(rows[0]) == {"document_id", "title", "kind", "source", "publisher", "as_of", "characters"}
    shown = amaris("corpus", "list", "--home", home)
    assert all(row["document_id"] in shown.out for row in rows)
    checked = amaris("corpus", "check", "--home", home)
    assert (checked.code, checked.out) == (0, f"{len(rows)} documents vérifiés, aucun défaut.\n")


def test_corpus_passages_dit_aussi_ce_qui_ne_se_lit_pas(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "bail.txt").write_text("Le bailleur remet un état des risques.\n", encoding="utf-8")
    (documents / "vide.pdf").write_bytes(b"")
    found = amaris("corpus", "passages", "--documents", documents, "--home", tmp_path)
    assert found.code == 1
    [row] = map(json.loads, found.out.splitlines())
    assert set(row) == {"document_id", "source", "passage_id", "text", "page", "section", "start", "end"}
    assert row["text"] == "Le bailleur remet un état des risques."
    assert found.err == "Erreur : vide.pdf : le fichier est vide. Vérifiez la copie ou le téléchargement.\n"


def test_ajouter_puis_retirer_un_document(own_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "guide-sirene.txt"
    path.write_text("Le guichet Zorglub prête des sirènes aux entreprises pendant 45 jours.\n", encoding="utf-8")
    added = amaris("corpus", "add", path, "--title", "Guide", "--date", "2026-01-31", "--home", own_home)
    assert added.code == 0, added.err
    assert added.out.startswith("guide-sirene : ajouté (")
    assert "1 encodés" in added.out  # the fiches are not encoded again
    assert "Zorglub" in texts_of(own_home)["guide-sirene"]
    # Another file of the same id, then the removal.
    other = tmp_path / "guide-sirene.md"
    other.write_text("# Autre\n\nUn autre texte.\n", encoding="utf-8")
    assert_refused(amaris("corpus", "add", other, "--home", own_home), "« guide-sirene » est déjà", "guide-sirene.txt")
    removed = amaris("corpus", "remove", "guide-sirene", "--home", own_home)
    assert removed.code == 0, removed.err
    assert "guide-sirene" not in texts_of(own_home)
    assert list((own_home / "documents").iterdir()) == []


def truncated() -> bytes:
    whole = pdf([["Une page entière de texte."]])
    return whole[: len(whole) // 2]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        pytest.param("vide.pdf", lambda: b"", "vide", id="vide"),
        pytest.param("tronque.pdf", truncated, "tronque.pdf", id="tronque"),
        pytest.param("secret.pdf", lambda: pdf([["Secret."]], password="x"), "mot de passe", id="chiffre"),
        pytest.param("scan.pdf", image_only_pdf, "image", id="image seule"),
        pytest.param("page.pdf", lambda: b"<!DOCTYPE html><p>Non</p>", "une page web", id="html en pdf"),
        pytest.param("note.txt", lambda: pdf([["Un PDF."]]), "un PDF", id="pdf en txt"),
        pytest.param("tableau.xlsx", lambda: b"PK\x03\x04", "format « .xlsx »", id="format inconnu"),
        pytest.param("zone-bleue.txt", lambda: b"Une copie.", "« zone-bleue » est déjà", id="id d'une fiche"),
    ],
)
def test_document_refuse(home: Path, tmp_path: Path, name: str, content: Callable[[], bytes], word: str) -> None:
    path = tmp_path / name
    path.write_bytes(content())
    assert_refused(amaris("corpus", "add", path, "--home", home), name, word)
    assert not (home / "documents" / name).exists()


@pytest.mark.parametrize(
    ("document_id", "word"), [("inconnu", "amaris corpus list"), ("zone-bleue", "fiche livrée"), ("../x", "« ../x »")]
)
def test_retirer_ce_qui_n_a_pas_ete_ajoute(home: Path, document_id: str, word: str) -> None:
    assert_refused(amaris("corpus", "remove", document_id, "--home", home), word)


# Index


def test_index_build_status_verify_rollback(own_home: Path) -> None:
    before = IndexStore(own_home / "index").current_name()
    built = amaris("index", "build", "--home", own_home)
    assert built.code == 0, built.err
    assert re.fullmatch(r"Index \S+ en service : \d+ documents, \d+ passages, 0 encodés\.\n", built.out)
    status = read_json(amaris("index", "status", "--json", "--home", own_home))
    assert status["up_to_date"] is True
    assert status["versions"] == [before, status["version"]]
    assert status["encoder"] == "multilingual-e5-small"
    assert "aucun défaut" in amaris("index", "verify", "--home", own_home).out
    assert amaris("index", "rollback", "--home", own_home).out == f"Index {before} remis en service.\n"
    assert_refused(amaris("index", "rollback", "--home", own_home), "aucune version antérieure")


def test_pas_encore_d_index(tmp_path: Path) -> None:
    for verb in ("status", "verify", "rollback"):
        assert_refused(amaris("index", verb, "--home", tmp_path), "aucun index", "amaris index build")


def test_index_d_un_autre_encodeur(home: Path) -> None:
    found = amaris("ask", QUESTION, "--home", home, AMARIS_ENCODER="autre/modele")
    assert_refused(found, "index incompatible", "multilingual-e5-small", "autre/modele", "amaris index build")


def remove(path: Path) -> None:
    path.unlink()


def corrupt(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["identity.json", "vectors.f32", "vectors.faiss", "passages.jsonl"])
@pytest.mark.parametrize("spoil", [remove, corrupt])
def test_index_abime(own_home: Path, name: str, spoil: Callable[[Path], None]) -> None:
    path = IndexStore(own_home / "index").current() / name
    if spoil is corrupt and name == "identity.json":
        path.write_text("{", encoding="utf-8")
    else:
        spoil(path)
    for arguments in (["ask", QUESTION], ["index", "verify"]):
        assert_refused(amaris(*arguments, "--home", own_home), "index abîmé", name, "amaris index build")


def test_carte_d_identite_modifiee(own_home: Path) -> None:
    path = IndexStore(own_home / "index").current() / "identity.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(card | {"encoder": "autre"}), encoding="utf-8")
    assert_refused(amaris("search", QUESTION, "--home", own_home), "index incompatible", "« autre »")


def test_version_nommee_absente(own_home: Path) -> None:
    shutil.rmtree(IndexStore(own_home / "index").current())
    assert_refused(amaris("ask", QUESTION, "--home", own_home), "index abîmé", "amaris index build")


def started_build(home: Path) -> subprocess.Popen[str]:
    """A build that encodes everything again, caught while it encodes."""
    documents = home / "nouveaux"
    documents.mkdir()
    for number in range(300):
        body = f"Paragraphe {number} : la mesure {number} protège les salariés de l'atelier {number}. " * 5
        (documents / f"f{number}.txt").write_text(body, encoding="utf-8")
    process = subprocess.Popen(
        command("index", "build", "--documents", documents, "--home", home),
        env=environment(),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Calcul des vecteurs"):
            break
    time.sleep(0.3)
    return process


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)], ids=["kill -9", "Ctrl-C"])
def test_construction_interrompue_garde_l_ancien_index(own_home: Path, how: signal.Signals, code: int) -> None:
    before = IndexStore(own_home / "index").current_name()
    process = started_build(own_home)
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in err
    if how is signal.SIGINT:
        assert err.endswith("Interrompu. Ce qui était en service l'est toujours.\n")
    assert IndexStore(own_home / "index").current_name() == before
    assert amaris("index", "verify", "--home", own_home).code == 0


# Measures and server


def test_eval_run_mesure_et_garde_le_resultat(home: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    rows = [
        {"id": "a", "question": QUESTION, "relevant": ["zone-bleue"], "key_facts": [["pas de travaux"]], "tags": ["t"]},
        {"id": "b", "question": ENGLISH, "expected": "out_of_scope"},
        {"id": "c", "question": EMERGENCY, "expected": "emergency"},
    ]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = read_json(amaris("eval", "run", "--questions", questions, "--json", "--home", home))
    assert {"run_id", "retrieval", "answers", "latency_ms", "questions"} <= set(result)
    assert {"n", "mrr@10", "ndcg@10", "recall@1", "recall@3", "recall@5", "recall@10"} <= set(result["retrieval"])
    assert (result["retrieval"]["n"], result["retrieval"]["mrr@10"]) == (1, 1.0)
    assert result["answers"]["emergency_recall"] == 1.0
    assert result["answers"]["decline_recall"] == 1.0
    assert [row["status"] for row in result["questions"]] == ["answered", "refused", "emergency"]
    assert set(result["tags"]) == {"t"}
    assert json.loads((home / "runs" / f"{result['run_id']}.json").read_text(encoding="utf-8")) == result


def test_fichier_de_questions_mal_forme(home: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"id": "a", "question": "Zone ?"}\n{"id": \n', encoding="utf-8")
    assert_refused(amaris("eval", "run", "--questions", questions, "--home", home), "questions.jsonl, ligne 2", "JSON")
    assert_refused(amaris("eval", "run", "--questions", tmp_path / "absent", "--home", home), "illisible")


def test_port_deja_pris(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = amaris("serve", "--port", str(port), "--home", home)
    assert_refused(found, f"127.0.0.1:{port}", "--port")


def test_serveur_repond_puis_s_arrete_au_clavier(home: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        command("serve", "--port", str(port), "--home", home),
        env=environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        lines: list[str] = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith("Prêt"):
                break
        assert lines[-1] == f"Prêt : http://127.0.0.1:{port}/assistant/  (Ctrl-C pour arrêter)\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert out == ""
        assert "Traceback" not in err
        assert process.returncode in (0, 130)
    finally:
        process.kill()
        process.communicate()


# Catalogue


def test_corpus_sync_dit_ce_qui_a_change_et_ce_qui_a_echoue(own_home: Path, tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.toml"
    page = b"<html><body><article><p>Le guichet Zorglub aide les entreprises riveraines.</p></article></body></html>"
    with website() as site:
        entry = (
            '[[publication]]\nid = "{0}"\ntitle = "Titre"\npublisher = "DREAL"\nlicence = "Non lue"\nurl = "{1}/{0}"\n'
        )
        catalogue.write_text("".join(entry.format(name, site.url) for name in ("guide", "perdue")), encoding="utf-8")
        site.pages["/guide"] = in_turn(send(200, page, ETag='"v1"'), send(304))
        arguments = ("corpus", "sync", "--catalogue", catalogue, "--home", own_home)
        found = amaris(*arguments, NO_PROXY="*")
        assert found.code == 1
        added, failed = found.out.splitlines()
        assert added == "guide : ajoutée"
        assert failed.startswith("perdue : échec, la page n'existe plus (404). Ouvrez l'adresse")
        assert failed.endswith("Aucune copie jusqu'ici.")
        assert found.err.splitlines()[:2] == ["Lecture : guide…", "Lecture : perdue…"]
        assert "amaris index update" in found.err.splitlines()[-1]
        assert amaris("index", "update", "--home", own_home).code == 0
        assert "Zorglub" in texts_of(own_home)["guide"]

        again = amaris(*arguments, "--only", "guide", NO_PROXY="*")
        assert (again.code, again.out) == (0, "")
        assert "index update" not in again.err
        site.pages["/guide"] = send(410)
        lost = amaris(*arguments, "--only", "guide", "--json", NO_PROXY="*")
    assert lost.code == 1
    [outcome] = json.loads(lost.out)["outcomes"]
    assert set(outcome) == {"publication_id", "status", "changed", "reason", "kept"}
    assert (outcome["publication_id"], outcome["status"], outcome["changed"]) == ("guide", "failed", False)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", outcome["kept"])


def test_corpus_sync_refuse_un_catalogue_ou_un_identifiant_inconnu(tmp_path: Path) -> None:
    found = amaris("corpus", "sync", "--catalogue", tmp_path / "absent.toml", "--home", tmp_path)
    assert_refused(found, "absent.toml", "--catalogue")
    found = amaris("corpus", "sync", "--only", "inconnue", "--home", tmp_path / "rien")
    assert_refused(found, "« inconnue » n'est pas dans catalogue.toml", code=2)
    assert not (tmp_path / "rien").exists()
