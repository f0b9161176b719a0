"""The command `amaris`: reads arguments, makes one call, prints.

Exit code 0 for success (declining to answer is one), 1 for a known error, 2 for wrong usage.
"""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

# Before gradio or sentence-transformers are imported by any command: nothing leaves the machine.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import typer
from rich.markup import escape
from rich.table import Column, Table
from typer._click.exceptions import UsageError

from assistant.engine import immediate_answer
from assistant.question import check_language, clean_question
from assistant.settings import Settings
from corpus.catalogue import CATALOGUE, read_catalogue
from corpus.check import check
from corpus.documents import Document
from corpus.errors import AssistantError
from corpus.library import Description, Library
from corpus.split import split
from corpus.storage import storage_errors
from index.build import is_up_to_date, no_progress
from index.passage_index import open_index
from index.store import IndexStore, read_identity
from ui import console, service
from ui.french import usage_message

if TYPE_CHECKING:
    from corpus.sync import Outcome

app = typer.Typer(
    help="Assistant documentaire pour les entreprises voisines de sites Seveso.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
corpus_app = typer.Typer(help="Les documents : lister, vérifier, ajouter, retirer.", no_args_is_help=True)
index_app = typer.Typer(help="L'index : construire, vérifier, revenir en arrière.", no_args_is_help=True)
eval_app = typer.Typer(help="Mesurer la recherche et les réponses.", no_args_is_help=True)
app.add_typer(corpus_app, name="corpus")
app.add_typer(index_app, name="index")
app.add_typer(eval_app, name="eval")

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", metavar="DOSSIER", help="Où tout est rangé. Par défaut : AMARIS_HOME, sinon le dossier de données."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Écrire du JSON sur la sortie standard.")]
Documents = Annotated[
    list[Path] | None,
    typer.Option("--documents", metavar="DOSSIER", help="Lire ces dossiers à la place des fiches livrées."),
]


_INTERRUPTED = 130  # what Typer makes of Ctrl-C, without a word


def main() -> None:
    """Entry point: known errors are one line on standard error, unknown ones keep their traceback."""
    try:
        sys.exit(app(standalone_mode=False))
    except UsageError as error:
        console.err.print(f"[red]Erreur :[/red] {escape(usage_message(error))}")
        sys.exit(2)
    except AssistantError as error:
        console.err.print(f"[red]Erreur :[/red] {escape(str(error))}")
        sys.exit(1)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            console.err.print("Interrompu. Ce qui était en service l'est toujours.")
        raise


def _settings(home: Path | None) -> Settings:
    settings = Settings.read(home=home)
    with storage_errors(settings.home):
        if settings.home.exists() and not settings.home.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return settings


def _library(settings: Settings, documents: list[Path] | None) -> Library:
    """The given folders alone, else the documents of the home."""
    return Library(None, documents) if documents else service.library_of(settings)


def _warn(document: Document) -> None:
    for warning in document.warnings:
        console.err.print(f"[yellow]Attention :[/yellow] {escape(warning)}")


def _print_json(data: Any) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def _profile(pairs: list[str]) -> dict[str, str]:
    profile = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key.strip() or not value.strip():
            raise typer.BadParameter(f"« {pair} » : écrivez clé=valeur, par exemple zone=bleue", param_hint="--profile")
        profile[key.strip()] = value.strip()
    return profile


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="La question, entre guillemets.")],
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", metavar="CLÉ=VALEUR", help="Ce qu'on sait de l'entreprise : zone=bleue."),
    ] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Répondre à une question en citant les documents."""
    settings = _settings(home)
    known = _profile(profile or [])
    cleaned = clean_question(question, settings.assistant.max_question_chars)
    # A sure emergency waits for nothing: neither for the encoder nor for an index.
    answer = immediate_answer(cleaned, waiting=False)
    if answer is None:
        check_language(cleaned)  # told at once, not after the encoder has loaded
        with console.progress() as steps:
            assistant = service.open_assistant(settings, steps, build_if_none=True)
        answer = assistant.ask(cleaned, known)
    if as_json:
        _print_json(console.answer_json(answer))
    else:
        console.print_answer(answer)


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="La question, entre guillemets.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="Nombre de passages.")] = 10,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Chercher les passages, sans composer de réponse."""
    settings = _settings(home)
    check_language(clean_question(question, settings.assistant.max_question_chars))
    with console.progress() as steps:
        assistant = service.open_assistant(settings, steps, build_if_none=True)
    result = assistant.search(question, k)
    if as_json:
        _print_json({"hits": [console.hit_json(hit) for hit in result.hits]})
    else:
        console.print_hits(result.hits)


@corpus_app.command("list")
def corpus_list(as_json: Json = False, home: Home = None) -> None:
    """Lister les documents."""
    report = service.library_of(_settings(home)).read()
    rows = [
        {
            "document_id": document.document_id,
            "title": document.title,
            "kind": document.kind,
            "source": document.source,
            "publisher": document.publisher,
            "as_of": document.as_of.isoformat() if document.as_of else None,
            "characters": len(document.text),
        }
        for document in report.documents
    ]
    if as_json:
        _print_json(rows)
    else:
        # An id is copied into other commands: it is never cut short.
        table = Table(Column("Identifiant", no_wrap=True), "Titre", "Type", "À jour au", box=None, pad_edge=False)
        for row in rows:
            table.add_row(
                str(row["document_id"]), escape(str(row["title"])), str(row["kind"]), str(row["as_of"] or "–")
            )
        console.out.print(table)
    _report(report.problems)


@corpus_app.command("check")
def corpus_check(documents: Documents = None, home: Home = None) -> None:
    """Vérifier les documents : en-têtes, sources, dates, longueur des phrases."""
    found, problems = check(_library(_settings(home), documents))
    for document in found:
        _warn(document)
    _report(problems)
    console.out.print(f"{len(found)} documents vérifiés, aucun défaut.")


@corpus_app.command("add")
def corpus_add(
    files: Annotated[
        list[Path], typer.Argument(metavar="FICHIER…", help="Fichiers .md, .txt, .html, .pdf, .docx ou .odt.")
    ],
    title: Annotated[str | None, typer.Option("--title", help="Titre (un seul fichier).")] = None,
    publisher: Annotated[str | None, typer.Option("--publisher", help="Éditeur.")] = None,
    date: Annotated[str | None, typer.Option("--date", metavar="AAAA-MM-JJ", help="À jour au.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="Adresse de l'original.")] = None,
    superseded: Annotated[bool, typer.Option("--superseded", help="Texte remplacé depuis.")] = False,
    valid_until: Annotated[
        str | None, typer.Option("--valid-until", metavar="AAAA-MM-JJ", help="Dernier jour où ce texte valait.")
    ] = None,
    superseded_by: Annotated[
        str | None,
        typer.Option("--superseded-by", metavar="IDENTIFIANT", help="Document qui l'a remplacé."),
    ] = None,
    password: Annotated[
        str, typer.Option("--password", help="Mot de passe du PDF ; la copie gardée n'en a plus.", show_default=False)
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Remplacer le document ajouté sous le même identifiant.")
    ] = False,
    home: Home = None,
) -> None:
    """Ajouter des documents, puis mettre l'index à jour."""
    if title and len(files) > 1:
        raise typer.BadParameter("un titre ne vaut que pour un seul fichier", param_hint="--title")
    if url and not url.startswith(("http://", "https://")):
        raise typer.BadParameter(f"« {url} » : une adresse commence par https://", param_hint="--url")
    for option, day in (("--date", date), ("--valid-until", valid_until)):
        if day and not _is_date(day):
            raise typer.BadParameter(f"« {day} » : écrivez AAAA-MM-JJ", param_hint=option)
    settings = _settings(home)
    library = service.library_of(settings)
    description = Description(title, publisher, date, url, superseded, valid_until, superseded_by)
    problems: list[AssistantError] = []
    for path in files:
        try:
            document = library.add(path, description, replace_existing=replace, password=password)
        except AssistantError as error:
            problems.append(error)
            continue
        passages = len(split(document, settings.corpus))
        console.out.print(f"{document.document_id} : ajouté ({len(document.text)} caractères, {passages} passages)")
        _warn(document)
    if len(problems) < len(files):
        _refresh(settings)
    _report(problems)


@corpus_app.command("remove")
def corpus_remove(
    document_id: Annotated[str, typer.Argument(metavar="IDENTIFIANT", help="Voir « amaris corpus list ».")],
    home: Home = None,
) -> None:
    """Retirer un document ajouté, puis mettre l'index à jour."""
    settings = _settings(home)
    service.library_of(settings).remove(document_id)
    console.out.print(f"{document_id} : retiré")
    _refresh(settings)


@corpus_app.command("sync")
def corpus_sync(
    catalogue: Annotated[
        Path,
        typer.Option("--catalogue", metavar="FICHIER", help="À la place du catalogue livré.", show_default=False),
    ] = CATALOGUE,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="IDENTIFIANT", help="Cette publication seulement ; peut se répéter."),
    ] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Lire les publications du catalogue sur le réseau, et garder ce qui a changé."""
    # Imported here: nothing else needs the network's library.
    from corpus.sync import SyncSettings, sync

    settings = _settings(home)
    publications = read_catalogue(catalogue)
    chosen = set(only or ())
    for unknown in sorted(chosen - {publication.id for publication in publications}):
        raise typer.BadParameter(f"« {unknown} » n'est pas dans {catalogue.name}", param_hint="--only")
    with console.progress() as steps:
        report = sync(
            publications,
            service.library_of(settings),
            SyncSettings(),
            chosen,
            lambda publication_id, done, total: steps(f"Lecture : {publication_id}", done, total),
        )
    if as_json:
        _print_json({"changed": report.changed, "outcomes": [_outcome_json(found) for found in report.outcomes]})
    else:
        for outcome in report.outcomes:
            if outcome.status != "unchanged":
                console.out.print(escape(f"{outcome.publication_id} : {_outcome_text(outcome)}"))
    if report.changed:
        console.err.print("Lancez « amaris index update » : l'assistant répondra avec ces changements.")
    if report.failed:
        raise typer.Exit(1)


@corpus_app.command("passages")
def corpus_passages(documents: Documents = None, home: Home = None) -> None:
    """Lire les documents et écrire leurs passages, un objet JSON par ligne."""
    settings = _settings(home)
    report = _library(settings, documents).read()
    for document in report.documents:
        for passage in split(document, settings.corpus):
            row = {
                "document_id": document.document_id,
                "source": document.source,
                "passage_id": passage.passage_id,
                "text": passage.text,
                "page": passage.page,
                "section": list(passage.section),
                "start": passage.start,
                "end": passage.end,
            }
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        _warn(document)
    _report(report.problems)


@index_app.command("build")
def index_build(documents: Documents = None, home: Home = None) -> None:
    """Construire l'index et le mettre en service ; l'ancien sert jusque-là."""
    settings = _settings(home)
    with console.progress() as steps:
        report = service.build(settings, documents or (), steps)
    index = report.index
    console.out.print(
        f"Index {index.version} en service : {len(index.documents)} documents, {len(index.passages)} passages, "
        f"{report.encoded} encodés."
    )
    _report(report.problems)


@index_app.command("update")
def index_update(home: Home = None) -> None:
    """Reconstruire l'index seulement si les documents ont changé."""
    if not _refresh(_settings(home)):
        console.out.print("L'index est à jour.")


@index_app.command("status")
def index_status(as_json: Json = False, home: Home = None) -> None:
    """Dire ce qu'est l'index en service, et s'il est à jour."""
    settings = _settings(home)
    store = IndexStore(settings.index_folder)
    identity = read_identity(store.current())
    fresh = is_up_to_date(service.library_of(settings), store, settings.index, settings.corpus)
    data = identity.model_dump() | {"up_to_date": fresh, "versions": store.versions()}
    del data["files"]
    if as_json:
        _print_json(data)
        return
    console.out.print(f"Index {identity.version}, construit le {identity.built_at}")
    console.out.print(f"{identity.documents} documents, {identity.passages} passages, encodeur {identity.encoder}")
    console.out.print("À jour." if fresh else "Les documents ont changé : lancez « amaris index build ».")


@index_app.command("verify")
def index_verify(home: Home = None) -> None:
    """Relire tous les fichiers de l'index et les ouvrir."""
    settings = _settings(home)
    store = IndexStore(settings.index_folder)
    open_index(store, settings.index, max_passage_chars=settings.corpus.max_passage_chars)
    identity = read_identity(store.current())
    console.out.print(f"Index {identity.version} : {len(identity.files)} fichiers vérifiés, aucun défaut.")


@index_app.command("rollback")
def index_rollback(home: Home = None) -> None:
    """Remettre en service la version précédente de l'index."""
    name = IndexStore(_settings(home).index_folder).rollback()
    console.out.print(f"Index {name} remis en service.")


@eval_app.command("run")
def eval_run(
    questions: Annotated[
        Path, typer.Option("--questions", metavar="FICHIER", help="Questions, un objet JSON par ligne.")
    ],
    documents: Documents = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Poser toutes les questions d'un fichier et mesurer."""
    from eval.questions import read_questions
    from eval.run import run, save

    settings = _settings(home)
    asked = read_questions(questions)
    with console.progress() as steps:
        assistant = (
            service.measured_assistant(settings, documents, steps)
            if documents
            else service.open_assistant(settings, steps, build_if_none=True)
        )
        result = run(assistant, asked, lambda done, total: steps("Questions", done, total))
    path = save(result, settings.runs)
    console.err.print(f"Mesures gardées dans {path.name}")
    if as_json:
        _print_json(result)
    else:
        _print_measures(result)


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="Adresse d'écoute.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port d'écoute.")] = 7860,
    home: Home = None,
) -> None:
    """Ouvrir la page publique et l'interface JSON."""
    settings = _settings(home)
    live = service.LiveAssistant(settings)
    if IndexStore(settings.index_folder).current_name() is None:
        with console.progress() as steps:
            _left_out(service.build(settings, (), steps).problems)
    # What is wrong with the index must stop the command, not the first visitor.
    live.check()
    loading = live.start_loading(no_progress)
    # Imported while the encoder loads: gradio alone takes four seconds.
    from ui.server import serve as run_server

    run_server(settings, host, port, live, loading)
    if live.failure:
        raise live.failure


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    return asdict(outcome) | {"kept": outcome.kept.isoformat() if outcome.kept else None}


def _outcome_text(outcome: Outcome) -> str:
    if outcome.status != "failed":
        return "ajoutée" if outcome.status == "added" else "mise à jour"
    kept = f"Copie gardée : celle du {outcome.kept:%d/%m/%Y}." if outcome.kept else "Aucune copie jusqu'ici."
    return f"échec, {outcome.reason} {kept}"


def _refresh(settings: Settings) -> bool:
    with console.progress() as steps:
        report = service.refresh(settings, steps)
    if report is None:
        return False
    console.out.print(
        f"Index {report.index.version} en service : {len(report.index.passages)} passages, {report.encoded} encodés."
    )
    _left_out(report.problems)
    return True


def _left_out(problems: Iterable[AssistantError]) -> None:
    for problem in problems:
        console.err.print(f"[yellow]Laissé de côté :[/yellow] {escape(str(problem))}")


def _report(problems: Sequence[AssistantError]) -> None:
    """Print every problem on its line, and leave with code 1 if there is one."""
    for problem in problems:
        console.err.print(f"[red]Erreur :[/red] {escape(str(problem))}")
    if problems:
        raise typer.Exit(1)


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _print_measures(result: dict[str, Any]) -> None:
    table = Table("Mesure", "Valeur", box=None, pad_edge=False)
    for group in ("retrieval", "answers", "latency_ms"):
        for name, value in result[group].items():
            shown = "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
            table.add_row(name, shown)
    console.out.print(table)


if __name__ == "__main__":
    main()
