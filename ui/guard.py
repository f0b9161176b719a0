"""What every response owes its visitor: French, few open doors, no third party.

One ASGI middleware around the whole application, because Gradio's page, assets and queue are
mounted below FastAPI and none of FastAPI's own hooks sees them. Gradio is pinned: `rewrite` raises
when the markup it expects has gone.
"""

from __future__ import annotations

import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.wire import error_response

MAX_BODY_BYTES = 64_000
# The routes that the page needs. Gradio also opens an upload, a proxy, its monitoring and the saved
# runs: all of these answer 404.
_GRADIO_ROUTES = re.compile(
    r"^/assistant(/?$|/(config|theme\.css|assets/.*|static/(img|fonts)/.*)$"
    r"|/gradio_api/(queue/(join|data)|cancel|startup-events|app_id|info|heartbeat/[\w-]+)/?$)"
)
TITLE = "Assistant AMARIS – entreprises voisines de sites Seveso"
_ANNOUNCER = (
    '<div id="annonce" role="status" aria-live="polite" aria-atomic="true" style="position:absolute;width:1px;'
    'height:1px;overflow:hidden;clip-path:inset(50%)"></div>'
    "<noscript><p>Cette page a besoin de JavaScript. Les fiches se lisent sans : "
    '<a href="/documents/zone-bleue">Entreprise en zone bleue</a>.</p></noscript>'
)


class Guard:
    """Path allow-list for Gradio, body limit, security headers, and the rewriting of its page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        nonce = secrets.token_urlsafe(16)
        sender = _Sender(send, path, nonce)
        if path.startswith("/assistant") and not _GRADIO_ROUTES.match(path):
            await error_response(404, "http_404", "Cette page n'existe pas.")(scope, receive, sender)
            return
        # Gradio believes this header in the addresses it writes into its page.
        scope["headers"] = [(k, v) for k, v in scope["headers"] if k.lower() != b"x-forwarded-host"]
        limited = _LimitedBody(receive, sender)
        await self._app(scope, limited, sender)
        if limited.exceeded and not sender.started:
            await error_response(413, "too_large", "La demande est trop longue.")(
                scope, receive, _Sender(send, path, nonce)
            )


class _LimitedBody:
    """Counts the bytes as they arrive: a chunked body states no length.

    Past the limit, the application is told that the visitor has gone, and what it then answers is
    not sent: the guard answers in its place.
    """

    def __init__(self, receive: Receive, sender: _Sender) -> None:
        self._receive = receive
        self._sender = sender
        self._bytes = 0
        self.exceeded = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > MAX_BODY_BYTES:
            self.exceeded = True
            self._sender.muted = True
            return {"type": "http.disconnect"}
        return message


class _Sender:
    """Adds the headers; holds Gradio's HTML page back until it is whole, then rewrites it."""

    def __init__(self, send: Send, path: str, nonce: str) -> None:
        self._send = send
        self._path = path
        self._nonce = nonce
        self._held: Message | None = None
        self._body = b""
        self.started = False
        self.muted = False

    async def __call__(self, message: Message) -> None:
        if self.muted:
            return
        self.started = True
        if message["type"] == "http.response.start":
            message = {**message, "headers": self._headers(message["headers"])}
            if self._path.startswith("/assistant") and _is_html(message):
                self._held = message
                return
        elif self._held is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            page = rewrite(self._body.decode(), self._nonce).encode()
            headers = [(k, v) for k, v in self._held["headers"] if k.lower() != b"content-length"]
            headers.append((b"content-length", str(len(page)).encode()))
            await self._send({**self._held, "headers": headers})
            message = {"type": "http.response.body", "body": page}
        await self._send(message)

    def _headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        policy = (
            f"default-src 'self'; script-src 'self' 'nonce-{self._nonce}'; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'self'; "
            "form-action 'self'; frame-ancestors 'none'"
        )
        added = {
            b"content-security-policy": policy.encode(),
            b"referrer-policy": b"strict-origin-when-cross-origin",
            b"x-content-type-options": b"nosniff",
            b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
        }
        if self._path.startswith("/assistant/assets/"):
            added[b"cache-control"] = b"public, max-age=31536000, immutable"
        elif self._path.startswith(("/api/", "/assistant/gradio_api/")):
            added[b"cache-control"] = b"no-store"
            added[b"x-accel-buffering"] = b"no"
        dropped = {b"server", *added}
        return [(k, v) for k, v in headers if k.lower() not in dropped] + list(added.items())


def _is_html(message: Message) -> bool:
    return any(k.lower() == b"content-type" and v.startswith(b"text/html") for k, v in message["headers"])


def rewrite(page: str, nonce: str) -> str:
    """Gradio's page made French, without third-party marks, its scripts allowed by nonce.

    Raises:
        ValueError: if an expected pattern is no longer there, after a change of Gradio.
    """
    head = (
        f'<meta charset="utf-8" /><title>{TITLE}</title><meta name="description" content="Réponses citées pour les '
        'entreprises voisines de sites Seveso"><link rel="icon" href="data:,"><script src="/ui/page.js"></script>'
    )
    steps = (
        ("langue", r'lang="en"', 'lang="fr"'),
        ("en-tête", r'<meta charset="utf-8" />', head),
        ("manifeste", r'<link rel="manifest"[^>]*>', ""),
        ("page", r"<gradio-app", _ANNOUNCER + "<gradio-app"),
    )
    page = re.sub(r'\s*<meta\s+(?:property|name)="(?:og|twitter):[^>]*?/>', "", page, flags=re.S)
    for name, pattern, replacement in steps:
        page, count = re.subn(pattern, replacement, page, count=1)
        if count == 0:
            raise ValueError(f"la page de Gradio a changé : {name} introuvable")
    # A frame resizer that posts messages to any parent page.
    page = re.sub(r"<script>\s*\(\(\) => \{\s*const root = .*?\}\)\(\);\s*</script>", "", page, flags=re.S)
    page = re.sub(
        r'window\.parent\?\.postMessage\(\s*\{ type: "SET_SCROLLING", enabled: false \},\s*"\*"\s*\);', "", page
    )
    return re.sub(r"<script(?![^>]*\bnonce=)", f'<script nonce="{nonce}"', page)
