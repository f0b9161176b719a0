"""Imports go one way, heavy libraries have one door, and no module waits for itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT: dict[str, set[str]] = {
    "corpus": set(),
    "index": {"corpus"},
    "assistant": {"corpus", "index"},
    "eval": {"corpus", "index", "assistant"},
    "ui": {"corpus", "index", "assistant", "eval"},  # the command line runs the evaluation
}
ONLY_IN: dict[str, str] = {
    "pypdf": "corpus/pdf_pages.py",
    "httpx": "corpus/sync.py",
    "protego": "corpus/sync.py",
    "openai": "assistant/llm.py",
    "httpx2": "assistant/llm.py",
    "reportlab": "ui/form_pdf.py",
    "trafilatura": "corpus/read_html.py",
    "cssselect": "corpus/html_visibility.py",
    "rapidfuzz": "index/spelling.py",
    "sklearn": "eval/calibrate.py",
    "spellchecker": "index/spelling.py",
    "faiss": "index/dense.py",
    "bm25s": "index/lexical.py",
    "Stemmer": "index/lexical.py",
    "sentence_transformers": "index/sentence_encoder.py",
    "onnxruntime": "index/sentence_encoder.py",
}


def modules(stage: str) -> list[Path]:
    return sorted((ROOT / stage).rglob("*.py"))


def all_modules() -> list[Path]:
    return [path for stage in MAY_IMPORT for path in modules(stage)]


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names that this tree imports; `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would escape this test"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(ast.parse(path.read_text(encoding="utf-8")))}


def at_load_time(node: ast.AST) -> Iterator[str]:
    """What is imported when the module loads: not what a function imports when it is called."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield from imported(child)
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from at_load_time(child)


@pytest.mark.parametrize("stage", MAY_IMPORT)
def test_les_imports_vont_dans_un_seul_sens(stage: str) -> None:
    paths = [path for path in modules(stage) if path.name != "__init__.py"]
    assert paths, f"aucun module dans {stage}/ : ce test ne vérifierait rien"
    for path in paths:
        stages = imported_roots(path) & {*MAY_IMPORT, "tests"}
        assert stages <= MAY_IMPORT[stage] | {stage}, path


@pytest.mark.parametrize("library", ONLY_IN)
def test_une_bibliotheque_lourde_n_a_qu_une_porte(library: str) -> None:
    found = [path.relative_to(ROOT).as_posix() for path in all_modules() if library in imported_roots(path)]
    assert found == [ONLY_IN[library]]


def test_gradio_reste_dans_ui() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in all_modules() if "gradio" in imported_roots(path)}
    assert found == {"ui"}


def test_aucun_cycle_entre_modules_au_chargement() -> None:
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in all_modules()}
    graph = {
        name: set(at_load_time(ast.parse(path.read_text(encoding="utf-8")))) & (names.keys() - {name})
        for name, path in names.items()
    }
    assert any(graph.values()), "aucun import trouvé : ce test ne vérifierait rien"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"cycle d'imports : {' → '.join(error.args[1])}")
