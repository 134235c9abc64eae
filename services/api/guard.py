"""Who may talk to this port: the check in front of everything else.

A page of another site can make a browser send requests to a server on this
computer, and by re-pointing its own name (DNS rebinding) even read the answers.
So a request must name this server in its ``Host``, and a request that a page
makes must come from this server's own page.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.errors import error_body
from services.texts import language_of, say

CLOSED = (
    "/docs",  # loads scripts from another host
    "/redoc",
    "/openapi.json",
    "/copilot",
    "/mcp",
    "/project/share",  # answers without a login
    "/project/thread/share",
)
"""Addresses of the framework that Nearside does not offer."""


class Guard:
    """ASGI middleware: refuses foreign hosts, foreign origins, closed addresses.

    ``exposed`` servers also answer to any plain IP address and to this
    computer's names, as other computers know it by those; they are protected
    by a password instead.
    """

    def __init__(self, app: ASGIApp, *, exposed: bool = False, hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._exposed = exposed
        self._hosts = {"localhost", *(host.lower() for host in hosts)}
        if exposed:
            name = socket.gethostname().lower()
            self._hosts |= {name, f"{name}.local", socket.getfqdn().lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403 or 404 in its place."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._is_ours(headers.get("host", "")) or not _same_origin(headers):
            await self._refuse(scope, receive, send, headers, 403, "foreign_host")
        elif _closed(scope["path"]):
            await self._refuse(scope, receive, send, headers, 404, "not_found")
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, host_header: str) -> bool:
        try:
            host = urlsplit(f"//{host_header}").hostname or ""
        except ValueError:
            return False
        if host in self._hosts:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return self._exposed or address.is_loopback

    @staticmethod
    async def _refuse(
        scope: Scope, receive: Receive, send: Send, headers: Headers, status: int, key: str
    ) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        sentence = say(f"interface.{key}", language_of(headers.get("accept-language")))
        await JSONResponse(error_body(sentence, key), status)(scope, receive, send)


def _same_origin(headers: Headers) -> bool:
    """Whether a request that names its origin comes from this very server."""
    origin = headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _closed(path: str) -> bool:
    return any(path == closed or path.startswith(closed + "/") for closed in CLOSED)
