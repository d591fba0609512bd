"""Keeps other web pages out of a server on this computer.

Any page in the user's browser can send requests to 127.0.0.1. It may not read the answers, unless its name
leads to 127.0.0.1 as well (DNS rebinding): so the Host header must be ours. It may still send: so what
changes something must carry a token that only our own page knows, in a header that other pages may not set,
and come from our own origin.
"""

from __future__ import annotations

import secrets

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "x-rtpca-token"
_HOSTS = {"127.0.0.1", "localhost"}
_MOST_HEADERS, _MOST_HEADER_BYTES = 100, 32_000
_SAFE_METHODS = {"GET", "HEAD"}
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """Middleware: refuses requests that do not come from our own page, and adds protective headers."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        """Protect an application.

        Args:
            app: What to protect.
            token: What requests that change something must carry in the header `x-rtpca-token`.
        """
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sizes = [len(name) + len(value) for name, value in scope["headers"]]
        if len(sizes) > _MOST_HEADERS or sum(sizes) > _MOST_HEADER_BYTES:
            await JSONResponse({"error": "more headers than any browser sends"}, status_code=431)(
                scope, receive, send
            )
            return
        refusal = self._refusal(scope)
        if refusal:
            await JSONResponse({"error": refusal}, status_code=403)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in extra if name not in given),
                ]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> str:
        """Why a request is refused, or nothing."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host.rsplit(":", 1)[0] not in _HOSTS:
            return "this page answers to 127.0.0.1 and localhost only"
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return "another web page may not use this one"
        if scope["path"] != "/" and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "another web page may not use this one"
        if scope["method"] not in _SAFE_METHODS and not secrets.compare_digest(
            headers.get(TOKEN_HEADER, "").encode(), self._token.encode()
        ):
            return "this page is out of date: load it again"
        return ""
