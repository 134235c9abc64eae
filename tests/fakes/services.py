"""Stand-ins for the orchestration's neighbours, scripted by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.domain import (
    BackendStatus,
    Candidate,
    Decision,
    Finish,
    FinishReason,
    GenerationOptions,
    Message,
    Reason,
    Route,
    RouteRequest,
    Site,
    StreamEvent,
    Token,
    Usage,
    Waiting,
)


@dataclass
class FakeBackend:
    """Says ``pieces``; raises ``error`` after ``error_after`` of them.

    It is as sure as ``confidence``, and tells so after ``options.look`` pieces.
    Before them it waits at the places ``waits``. With a ``gate`` it waits there
    before each piece but the first, so that a test decides when the answer goes on.
    """

    site: Site = Site.LOCAL
    pieces: Sequence[str] = ("Hello", " there")
    error: Exception | None = None
    error_after: int = 0
    gate: asyncio.Event | None = None
    waits: Sequence[int] = ()
    confidence: float | None = None
    asked: list[tuple[Message, ...]] = field(default_factory=list)
    options: list[GenerationOptions] = field(default_factory=list)
    closed: int = 0
    state: str = "ready"
    runtime: str | None = None
    queue: int | None = None
    shortened: bool = False

    async def stream(
        self, messages: Sequence[Message], options: GenerationOptions
    ) -> AsyncGenerator[StreamEvent, None]:
        """The scripted answer."""
        self.asked.append(tuple(messages))
        self.options.append(options)
        try:
            for ahead in self.waits:
                yield Waiting(ahead)
            for number, piece in enumerate(self.pieces):
                if self.error and number == self.error_after:
                    raise self.error
                if number and self.gate:
                    await self.gate.wait()
                looked = self.options[-1].look == number + 1
                yield Token(piece, self.confidence if looked else None)
            if self.error and self.error_after >= len(self.pieces):
                raise self.error
            usage = Usage(len(messages), len(self.pieces))
            yield Finish(
                FinishReason.STOP,
                f"fake-{self.site}",
                usage,
                confidence=self.confidence,
                shortened=self.shortened,
            )
        finally:
            self.closed += 1

    def status(self) -> BackendStatus:
        """What the test says."""
        return BackendStatus(
            self.state, f"fake-{self.site}", runtime=self.runtime, queue=self.queue
        )

    async def aclose(self) -> None:
        """Nothing to free."""


@dataclass
class FakeRouter:
    """Sends every conversation to those of ``sites`` that are there, in that order."""

    sites: Sequence[Site] = (Site.LOCAL,)
    requests: list[RouteRequest] = field(default_factory=list)
    candidates: Sequence[Candidate] | None = None

    async def decide(self, request: RouteRequest) -> Decision:
        """The scripted decision for whatever is asked."""
        self.requests.append(request)
        candidates = self.candidates
        if candidates is None:
            there = {Site.LOCAL: request.local_available, Site.CLOUD: request.cloud_available}
            candidates = [Candidate(site, request.messages) for site in self.sites if there[site]]
        route = Route.REFUSED
        if candidates:
            route = Route.LOCAL if candidates[0].site is Site.LOCAL else Route.CLOUD
        return Decision(route, (Reason("simple"),), False, (), 0.2, 0.5, tuple(candidates))


@dataclass
class FakeSpending:
    """A spending log in a list; fails with ``error`` when there is one."""

    rows: list[float] = field(default_factory=list)
    error: Exception | None = None

    async def spend(self, amount: float, currency: str, model: str | None) -> None:
        """Note ``amount``."""
        if self.error:
            raise self.error
        self.rows.append(amount)

    async def spent_since(self, start: datetime) -> float:
        """The sum of everything noted."""
        if self.error:
            raise self.error
        return sum(self.rows)
