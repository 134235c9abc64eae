"""How answers travel: not compressed on this computer, and kept by no browser."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.addresses import is_loopback

_NAMED_BY_CONTENT = "/assets/"
"""The page's scripts; a new version of one has a new name."""
_STATIC = ("/public/", "/favicon", "/logo")


class Transfer:
    """ASGI middleware, to stand outside of compression.

    A reader on this computer gets everything as it is: compressing the page's script of
    4.6 MB takes a third of a second, and sending it 30 ms. And what a conversation holds
    is never stored by the browser, so that deleting it here deletes it everywhere.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on without its wish for compression, if it comes from here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        if client is not None and is_loopback(client[0]):
            headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
            scope = {**scope, "headers": headers}
        keep = _cache_control(scope["path"])

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                headers.setdefault("cache-control", keep)
                message = {**message, "headers": headers.raw}
            await send(message)

        await self._app(scope, receive, mark)


def _cache_control(path: str) -> str:
    if path.startswith(_NAMED_BY_CONTENT):
        return "public, max-age=31536000, immutable"
    return "no-cache" if path.startswith(_STATIC) else "no-store"
