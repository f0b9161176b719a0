"""The public page: a conversation, its sources, example questions. The only module that imports gradio."""

from __future__ import annotations

import os

# Before gradio is imported: no telemetry, no look-up of a newer version, bounded event history.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_RUN_HISTORY", "False")
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr
from fastapi import FastAPI
from gradio.themes.utils import colors, sizes

from assistant.answers import Answer
from assistant.engine import EXAMPLES, immediate_answer
from assistant.question import Turn, clean_question
from assistant.settings import AssistantSettings
from corpus.errors import AssistantError, InvalidQuestion
from ui.markdown import answer_markdown, question_markdown, sources_markdown
from ui.service import LiveAssistant

_log = logging.getLogger(__name__)
_INTRO = """# Assistant pour les entreprises voisines d’un site Seveso

Il répond **en citant mot pour mot** des fiches sur le plan de prévention des risques technologiques (PPRT),
la zone bleue, la mise à l’abri et vos obligations. Les fiches sont celles de ce projet ; ce ne sont pas des
publications d’AMARIS. **En cas d’urgence vitale, appelez le 18 ou le 112.**"""
_EMPTY_SOURCES = "Les passages cités s’afficheront ici."
_FAILED = "L’assistant n’a pas pu répondre. Votre question est toujours là : réessayez dans un instant."
_KEPT_TURNS = 6
CSS = """
body{--focus:#1d4ed8} body.dark{--focus:#93c5fd}
*:focus-visible{outline:3px solid var(--focus)!important;outline-offset:2px!important;box-shadow:none!important}
.icon-button{min-width:24px!important;min-height:24px!important}
[data-testid="status-tracker"]{display:none!important}
#etat{display:none!important}
#sources{max-height:32rem;overflow:auto;padding:.25rem .75rem;border:1px solid #6b7280;border-radius:8px}
#sources blockquote{margin:.25rem 0 .5rem;padding-left:.75rem;border-left:4px solid #6b7280}
#sources mark{background:#fde68a;color:#111827;padding:.1em}
#sources a,#conversation a{text-decoration:underline}
#sources p a{display:inline-block;min-height:24px}
#exemples button,#suites button,#envoyer,#nouvelle{white-space:normal;height:auto;overflow-wrap:anywhere}
@media (prefers-reduced-motion:reduce){
*,*::before,*::after{animation:none!important;transition:none!important;scroll-behavior:auto!important}}
@media print{#question,#envoyer,#exemples,#suites,#nouvelle{display:none!important}#sources{max-height:none}}
"""
# Neutral colours with a contrast of at least 4.5 to 1; no web font.
_THEME = gr.themes.Base(
    font=["system-ui", "Segoe UI", "Roboto", "Noto Sans", "Arial", "sans-serif"],
    font_mono=["ui-monospace", "Consolas", "monospace"],
    primary_hue=colors.blue,
    neutral_hue=colors.gray,
    text_size=sizes.text_lg,
).set(
    button_primary_background_fill="#1d4ed8",
    button_primary_background_fill_hover="#1e3a8a",
    button_primary_text_color="#ffffff",
    button_primary_background_fill_dark="#1d4ed8",
    button_primary_text_color_dark="#ffffff",
    block_label_text_color="#374151",
    block_info_text_color="#374151",
    block_title_text_color="#111827",
    body_text_color="#111827",
    body_text_color_subdued="#374151",
    input_placeholder_color="#4b5563",
    input_border_width="1px",
    input_background_fill="#ffffff",
    input_border_color="#6b7280",
    input_border_color_dark="#9ca3af",
)
# Words that Gradio's French catalogue lacks.
_FRENCH = {
    "chatbot.copy_message": "Copier le message",
    "chatbot.copied_message": "Message copié",
    "common.share": "Partager",
}
_KEPT_MESSAGES = 40
_OUTPUTS = ("question", "conversation", "sources", "etat", "turns", "suite_0", "suite_1", "suite_2", "messages")
Updates = tuple[Any, ...]


def _updates(**changes: Any) -> Updates:
    """A value for each output; those that are not named stay as they are."""
    assert changes.keys() <= set(_OUTPUTS), changes.keys()
    return tuple(changes.get(name, gr.skip()) for name in _OUTPUTS)


class Page:
    """The handlers of the page. Each one ends in a French sentence, whatever happens."""

    def __init__(self, live: LiveAssistant, settings: AssistantSettings) -> None:
        self._live = live
        self._settings = settings

    def ask(self, question: str, messages: list[dict[str, Any]], turns: list[str]) -> Iterator[Updates]:
        """Yields one value for each of `_OUTPUTS`: first that it is searching, then the outcome."""
        # The box is emptied now, not with the answer: what is typed meanwhile must not be lost.
        yield _updates(question="", etat="Recherche en cours…")
        try:
            answer, index = self._answer(question, turns)
        except InvalidQuestion as error:
            yield self._said(str(error), question, messages)
            return
        # Gradio would show an English box over the whole conversation, and lose the question.
        except Exception as error:
            _log.warning("question sans réponse : %s", error, exc_info=not isinstance(error, AssistantError))
            yield self._said(_FAILED, question, messages)
            return
        shown = [
            *messages,
            {"role": "user", "content": question_markdown(answer.question)},
            {"role": "assistant", "content": answer_markdown(answer, answer.id)},
        ][-_KEPT_MESSAGES:]
        count = len(answer.citations)
        yield _updates(
            conversation=shown,
            messages=shown,
            sources=sources_markdown(answer, index, answer.id),
            etat=f"Réponse reçue, {count} sources." if count > 1 else "Réponse reçue.",
            turns=[*turns, answer.question][-_KEPT_TURNS:],
            **{
                f"suite_{number}": gr.update(value=text, visible=bool(text))
                for number, text in enumerate([*answer.follow_ups, "", "", ""][:3])
            },
        )

    def clear(self) -> Updates:
        return _updates(
            question="",
            conversation=[],
            messages=[],
            sources=_EMPTY_SOURCES,
            etat="Conversation effacée.",
            turns=[],
            **{f"suite_{number}": gr.update(visible=False) for number in range(3)},
        )

    def _said(self, text: str, question: str, messages: list[dict[str, Any]]) -> Updates:
        """A sentence of the assistant that answers nothing; the question is given back to its box."""
        shown = [*messages, {"role": "assistant", "content": text}][-_KEPT_MESSAGES:]
        return _updates(question=question, conversation=shown, messages=shown, etat=text)

    def _answer(self, question: str, turns: list[str]) -> tuple[Answer, Any]:
        cleaned = clean_question(question, self._settings.max_question_chars)
        if urgent := immediate_answer(cleaned, waiting=not self._live.ready):
            return urgent, None
        assistant = self._live.get()
        return assistant.ask(cleaned, history=[Turn(turn) for turn in turns]), assistant.index


def mount(app: FastAPI, live: LiveAssistant, settings: AssistantSettings) -> FastAPI:
    """Put the page at /assistant/ of a FastAPI application."""
    demo = build(Page(live, settings))
    demo.queue(max_size=20, default_concurrency_limit=8, api_open=False)
    demo.state_session_capacity = 50  # sessions kept in memory; Gradio's own limit is 10,000
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        demo,
        path="/assistant",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        max_file_size="1b",
        i18n=gr.I18n(fr=_FRENCH),
        theme=_THEME,
        css=CSS,
        allowed_paths=[],
    )
    return mounted


def build(page: Page) -> Any:
    """The Blocks of the page. (Gradio builds its classes at import: mypy knows none of their types.)"""
    with gr.Blocks(
        title="Assistant AMARIS", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
    ) as demo:
        turns = gr.State([])
        # The conversation stays on the server: sent back by the browser with each question, it could be
        # forged, and would soon outgrow the limit of a request.
        messages = gr.State([])
        gr.Markdown(_INTRO)
        with gr.Row():
            with gr.Column(scale=3, min_width=280):
                chat = gr.Chatbot(
                    label="Conversation",
                    elem_id="conversation",
                    height=560,
                    autoscroll=False,  # page.js shows the last question and the start of its answer
                    buttons=["copy"],
                    latex_delimiters=[],
                    allow_tags=False,
                    sanitize_html=True,
                    allow_file_downloads=False,
                )
                question = gr.Textbox(
                    label="Votre question",
                    info="En une phrase, en français. Entrée envoie, Maj+Entrée va à la ligne.",
                    elem_id="question",
                    lines=1,
                    max_lines=6,
                    max_length=page._settings.max_question_chars,
                )
                with gr.Row():
                    send = gr.Button("Envoyer", variant="primary", elem_id="envoyer", min_width=200)
                    clear = gr.Button("Nouvelle conversation", elem_id="nouvelle", min_width=200)
                with gr.Column(elem_id="suites"):
                    follow_ups = [gr.Button(visible=False, size="sm") for _ in range(3)]
            with gr.Column(scale=2, min_width=280):
                gr.Markdown("## Sources")
                sources = gr.Markdown(_EMPTY_SOURCES, elem_id="sources", latex_delimiters=[])
        gr.Markdown("## Exemples de questions")
        with gr.Row(elem_id="exemples"):
            examples = [gr.Button(text, size="sm", min_width=200) for text in EXAMPLES]
        state = gr.Markdown("", elem_id="etat")

        outputs = [question, chat, sources, state, turns, *follow_ups, messages]
        shared: dict[str, Any] = {
            "outputs": outputs,
            "api_visibility": "private",
            "show_progress": "hidden",
            "concurrency_id": "ask",
        }
        gr.on([send.click, question.submit], page.ask, [question, messages, turns], **shared)
        for button in (*examples, *follow_ups):
            button.click(page.ask, [button, messages, turns], **shared)
        clear.click(page.clear, outputs=outputs, api_visibility="private", show_progress="hidden")
    return demo
