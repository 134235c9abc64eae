"""What every request to the cloud passes before a byte of it is sent."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Collection
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx2

from services.departure import Departure
from services.domain import Message, PrivacyVerdict, Route
from services.egress.headers import needed, timeouts
from services.egress.payload import Payload, Unreadable, read_payload
from services.egress.transcript import masked, transcript
from services.errors import EgressDenied, StorageError
from services.ports import Ledger, PrivacyCheck

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the gate goes by; the same for all of its cloud clients.

    ``public`` are strings known to be public, such as our own system prompts.
    ``check_seconds`` is how long the privacy check may take; ``replaceable`` are
    the categories whose passages a placeholder can stand for.
    """

    cloud: httpx2.URL
    check: PrivacyCheck
    ledger: Ledger
    threads: Executor
    public: Collection[str]
    check_seconds: float
    replaceable: Collection[str]


class Checkpoint(httpx2.AsyncBaseTransport):
    """A transport that lets a request through only when all of these hold:

    its destination is the configured cloud; its body is JSON; nothing private
    is in it, or the person released it; its departure is on the ledger. It
    sends a copy that holds exactly what was checked and the few headers that
    the wire format needs. Closing it leaves the shared connections open.
    """

    def __init__(
        self,
        rules: Rules,
        connections: httpx2.AsyncBaseTransport,
        *,
        released: bool,
        keep_text: bool,
    ) -> None:
        self._rules = rules
        self._connections = connections
        self._released = released
        self._keep_text = keep_text

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Check, note, send.

        Raises:
            EgressDenied: nothing was sent.
        """
        body = await request.aread()
        departure = Departure(
            at=datetime.now(UTC),
            destination=request.url.netloc.decode("ascii", "replace"),
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            allowed=False,
            released=self._released,
            route=Route.REFUSED,
        )
        try:
            payload = self._admitted(request, body)
            departure = replace(departure, replaced=payload.placeholders)
            text = await (self._released_text(payload) if self._released else self._judge(payload))
        except EgressDenied:
            await self._note_denied(departure)
            raise
        route = Route.CLOUD_REDACTED if payload.placeholders else Route.CLOUD
        departure = replace(departure, allowed=True, route=route, model=payload.model)
        await self._note(replace(departure, text=text if self._keep_text else None))
        return await self._connections.handle_async_request(_copy(request, body))

    def _admitted(self, request: httpx2.Request, body: bytes) -> Payload:
        """The readable payload of a request to the right place."""
        cloud, url = self._rules.cloud, request.url
        if (url.scheme, url.host, url.port) != (cloud.scheme, cloud.host, cloud.port):
            raise EgressDenied("error.egress_host", host=url.host)
        query = parse_qsl(url.query.decode("ascii"), keep_blank_values=True)
        parts = [
            *url.path.removeprefix(cloud.path.rstrip("/")).split("/"),
            *(text for pair in query for text in pair),
        ]
        try:
            return read_payload(body, parts, self._rules.public)
        except Unreadable:
            raise EgressDenied("error.egress_unreadable") from None

    async def _judge(self, payload: Payload) -> str:
        """The text of a payload that may go; denies what is private."""
        if (await self._verdict(payload.messages)).private:
            raise EgressDenied()
        return transcript(payload.messages)

    async def _released_text(self, payload: Payload) -> str | None:
        """What the ledger may keep of a payload that the person released."""
        try:
            verdict = await self._verdict(payload.messages)
            kept = masked(payload.messages, verdict.findings, self._rules.replaceable)
            if (await self._verdict(kept)).private:
                return None
        except EgressDenied:
            return None  # not judged: it goes, as the person decided, but is not kept
        return transcript(kept)

    async def _verdict(self, messages: tuple[Message, ...]) -> PrivacyVerdict:
        """The verdict; a denial where there is none in time."""
        rules = self._rules
        judging = asyncio.get_running_loop().run_in_executor(
            rules.threads, rules.check.check, messages
        )
        try:
            verdict = await asyncio.wait_for(judging, rules.check_seconds)
            failed = verdict.failed
        except Exception as error:
            # Whatever it is that broke: unchecked means private. Only the type
            # is logged, as a message may quote the prompt.
            _log.warning("The privacy check failed at the gate: %s", type(error).__name__)
            raise EgressDenied("error.egress_unchecked") from None
        if failed:
            raise EgressDenied("error.egress_unchecked")
        return verdict

    async def _note(self, departure: Departure) -> None:
        try:
            await self._rules.ledger.record(departure)
        except Exception as error:
            raise EgressDenied("error.egress_unrecorded") from error

    async def _note_denied(self, departure: Departure) -> None:
        """A denial stands whether or not it can be written down."""
        try:
            await self._rules.ledger.record(departure)
        except StorageError as error:
            _log.warning("A stopped request is missing from the ledger: %s", error)


def _copy(request: httpx2.Request, body: bytes) -> httpx2.Request:
    """A request with exactly what was checked."""
    return httpx2.Request(
        request.method,
        request.url,
        headers=needed(request),
        content=body,
        extensions=timeouts(request),
    )
