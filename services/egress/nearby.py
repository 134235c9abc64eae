"""Connections to the user's own model server, kept on this computer or network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

import httpx2

from services.addresses import is_near
from services.egress.headers import needed, timeouts
from services.errors import EgressDenied

LookUp = Callable[[httpx2.Request], Awaitable[list[str]]]
"""The IP addresses of a request's host."""


class NearbyTransport(httpx2.AsyncBaseTransport):
    """Lets requests through to one server, and only to a near address of it.

    The name is looked up here and the connection is made to the very address
    that was checked, so a name that points elsewhere a moment later is of no
    use. A ``trusted`` server may stand anywhere.
    """

    def __init__(
        self,
        server: httpx2.URL,
        connections: httpx2.AsyncBaseTransport,
        *,
        trusted: bool,
        look_up: LookUp | None = None,
        closed: Callable[[NearbyTransport], None] | None = None,
    ) -> None:
        self._server = server
        self._connections = connections
        self._trusted = trusted
        self._look_up = look_up or system_look_up
        self._closed = closed

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send to a near address.

        Raises:
            EgressDenied: the server is not near, or it is another server.
            httpx2.TransportError: it cannot be reached.
        """
        url, server = request.url, self._server
        if (url.scheme, url.host, url.port) != (server.scheme, server.host, server.port):
            raise EgressDenied("error.egress_host", host=url.host)
        body = await request.aread()
        if self._trusted:
            return await self._connections.handle_async_request(_to(request, body, url.host))
        *others, last = await self._near_addresses(request)
        for address in others:
            try:
                return await self._connections.handle_async_request(_to(request, body, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                # A name such as localhost has an IPv6 and an IPv4 address, and
                # servers often listen on one of them.
                continue
        return await self._connections.handle_async_request(_to(request, body, last))

    async def aclose(self) -> None:
        """Close the connections: they are to this one server. ``closed`` is told."""
        await self._connections.aclose()
        if self._closed is not None:
            self._closed(self)

    async def _near_addresses(self, request: httpx2.Request) -> list[str]:
        """The server's near addresses, at least one."""
        host = request.url.host
        found = [host] if _is_address(host) else await self._look_up(request)
        near = [address for address in found if is_near(address)]
        if not near:
            raise EgressDenied("error.egress_not_near", host=host)
        return near


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def system_look_up(request: httpx2.Request) -> list[str]:
    """The addresses of a request's host, as the operating system knows them.

    Raises:
        httpx2.TransportError: not found, or not within the time to connect.
    """
    url = request.url
    seconds = request.extensions.get("timeout", {}).get("connect")
    try:
        async with asyncio.timeout(seconds):
            entries = await asyncio.get_running_loop().getaddrinfo(
                url.host, url.port or 0, type=socket.SOCK_STREAM
            )
    except TimeoutError as error:
        raise httpx2.ConnectTimeout("name look-up", request=request) from error
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError("name look-up", request=request) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def _to(request: httpx2.Request, body: bytes, address: str) -> httpx2.Request:
    """The same request for one address; ``Host`` and certificate keep the name."""
    host = request.url.host
    extensions = timeouts(request)
    if address != host:
        extensions["sni_hostname"] = host
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=needed(request),
        content=body,
        extensions=extensions,
    )
