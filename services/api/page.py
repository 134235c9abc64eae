"""The chat's page, made to load and to stay on this computer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'self'",
    # The page's own components are compiled in the browser.
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    # An answer that shows a picture from elsewhere would tell that host what was asked.
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    "frame-ancestors 'none'",
    "form-action 'self'",
    "base-uri 'self'",
    "object-src 'none'",
)


def content_security_policy(host: str) -> str:
    """Sent with the page: the browser itself then asks no host but ``host`` for anything.

    Some browsers do not count a socket to the same host as ``'self'``.
    """
    return "; ".join((*_POLICY, f"connect-src 'self' ws://{host} wss://{host}"))


_FOREIGN_LINK = re.compile(r"<link\b[^>]*\bhref=\"https?://[^>]*>\s*", re.IGNORECASE)


def offline_page(html: str, *, login: bool) -> str:
    """``html`` without links to other hosts, and marked with whether one signs in."""
    html = _FOREIGN_LINK.sub("", html)
    return html.replace("<html", f'<html data-nearside-login="{"form" if login else "none"}"', 1)


def overlay(translation: Mapping[str, Any], sentences: Mapping[str, str]) -> dict[str, Any]:
    """The framework's texts with ours in their place.

    ``sentences`` holds ``page.<path>`` keys; ``<path>`` leads into the nested
    ``translation``, which stays as it is.
    """
    result = _copy(translation)
    for key, sentence in sentences.items():
        topic, _, path = key.partition(".")
        if topic != "page":
            continue
        *branches, leaf = path.split(".")
        node = result
        for branch in branches:
            node = node.setdefault(branch, {})
        node[leaf] = sentence
    return result


def _copy(node: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _copy(value) if isinstance(value, Mapping) else value for key, value in node.items()
    }


class OfflinePage:
    """ASGI middleware: rewrites the page and adds its security headers."""

    def __init__(self, app: ASGIApp, *, login: bool) -> None:
        self._app = app
        self._login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold an HTML response back until it is whole, then send ours."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")
        start: Message | None = None
        body = bytearray()

        async def rewrite(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_html(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    page = offline_page(body.decode(), login=self._login).encode()
                    headers = MutableHeaders(raw=list(start["headers"]))
                    headers["content-length"] = str(len(page))
                    headers["content-security-policy"] = content_security_policy(host)
                    headers["referrer-policy"] = "no-referrer"
                    headers["x-content-type-options"] = "nosniff"
                    await send({**start, "headers": headers.raw})
                    await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, rewrite)


def _is_html(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")
