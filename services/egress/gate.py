"""The gate: the one place in the code that makes HTTP clients."""

from __future__ import annotations

import ssl
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import httpx2

from services.egress.checkpoint import Checkpoint, Rules
from services.egress.nearby import NearbyTransport
from services.errors import EgressDenied
from services.ports import Ledger, PrivacyCheck

CHECK_SECONDS = 2.0
"""How long the privacy check may take; a text of 100,000 characters needs a
fraction of that, and what is not judged by then stays here."""

_LIMITS = httpx2.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=60.0)
"""Connections stay open for the pause in which a person reads an answer."""


class EgressGate:
    """Owns every connection to another program or computer.

    ``cloud_url`` is the only place outside that can be reached; without it
    nothing can. ``public`` are strings that are public by their nature: our
    system prompts, the model's name, the API version. ``replaceable`` are the
    categories of passages that the ledger masks alone; of a released request
    that holds others, it keeps nothing from there on. ``proxy`` is that of
    :func:`services.egress.proxy.cloud_proxy`; the environment is not asked.
    Certificates are checked against the system's, or those of
    ``SSL_CERT_FILE``.

    No client of the gate follows redirects, keeps cookies for the cloud or
    uses a proxy for a local server.
    """

    def __init__(
        self,
        check: PrivacyCheck,
        ledger: Ledger,
        *,
        cloud_url: str | None = None,
        public: Collection[str] = (),
        replaceable: Collection[str] = (),
        proxy: str | None = None,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="egress-check")
        self._cloud: httpx2.AsyncHTTPTransport | None = None
        self._local: set[NearbyTransport] = set()
        if cloud_url is not None:
            self._cloud = self._connections(cloud_url, proxy)
            self._rules = Rules(
                cloud=httpx2.URL(cloud_url),
                check=check,
                ledger=ledger,
                threads=self._threads,
                public=frozenset(public),
                check_seconds=check_seconds,
                replaceable=frozenset(replaceable),
            )

    def cloud_client(self, *, released: bool = False, keep_text: bool = True) -> httpx2.AsyncClient:
        """A client for the cloud: cheap, one per request if need be.

        All share their connections. ``released`` is for one request whose very
        messages the person has seen and agreed to send; such a client must not
        be kept. Without ``keep_text`` the ledger keeps no text of its requests.

        Raises:
            EgressDenied: no cloud is configured.
        """
        if self._cloud is None:
            raise EgressDenied("error.egress_host", host="cloud")
        checkpoint = Checkpoint(self._rules, self._cloud, released=released, keep_text=keep_text)
        return _client(checkpoint)

    def local_client(self, url: str, *, trusted: bool = False) -> httpx2.AsyncClient:
        """A client for the user's own model server at ``url``, and no other.

        Unless ``trusted``, it connects to loopback and private addresses only.
        What is sent there stays with the user, so it is not checked. Closing the
        client closes its connections.
        """
        connections = self._connections(url, None)
        transport = NearbyTransport(
            httpx2.URL(url), connections, trusted=trusted, closed=self._local.discard
        )
        self._local.add(transport)
        return _client(transport)

    async def aclose(self) -> None:
        """Close all connections; clients of the gate do not work afterwards."""
        for transport in (self._cloud, *self._local):
            if transport is not None:
                await transport.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _connections(self, url: str, proxy: str | None) -> httpx2.AsyncHTTPTransport:
        # Reading the system's certificates takes about 0.1 s, which a plain http
        # server on this computer need not cost; the bare context trusts nobody.
        secure = httpx2.URL(url).scheme == "https"
        trusted = self._certificates if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx2.AsyncHTTPTransport(verify=trusted, limits=_LIMITS, proxy=proxy)

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        return httpx2.create_ssl_context()


def _client(transport: httpx2.AsyncBaseTransport) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)
