"""Who is next: a bounded queue in which nobody can starve the others.

Every party (a conversation; all callers of the HTTP entrance together are one)
has a line of its own, first come, first served. The lines take turns
(round-robin), so that a party with many prompts delays another's by one answer
and not by all of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator

from services.errors import BackendBusy

RESERVED = 4
"""A quarter of the places is kept for parties that have nobody waiting yet, so
that one party can never fill the queue."""


class Ticket:
    """A place in the queue; whoever got it gives it back by ``leave``.

    ``ahead`` counts the answers before this one, the running one included; 0
    means that it is this one's turn.
    """

    def __init__(self, turnstile: Turnstile) -> None:
        self._turnstile = turnstile
        self._changed = asyncio.Event()
        self.ahead = 0

    def move(self, ahead: int) -> None:
        """Take another place."""
        if ahead != self.ahead:
            self.ahead = ahead
            self._changed.set()

    async def turn(self) -> AsyncGenerator[int, None]:
        """Yield ``ahead``, now and at each change, until the turn has come.

        Ends without a word where nobody is ahead; after a wait, 0 comes last.
        """
        waited = False
        while self.ahead:
            waited = True
            self._changed.clear()
            yield self.ahead
            await self._changed.wait()
        if waited:
            yield 0

    def leave(self) -> None:
        """Give the place back: the turn, or the hope for it. Harmless when repeated."""
        self._turnstile.remove(self)


class Turnstile:
    """Lets one ticket in at a time; at most ``limit`` others wait."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._holder: Ticket | None = None
        self._lines: dict[str | None, deque[Ticket]] = {}

    @property
    def taken(self) -> bool:
        """Whether it is somebody's turn."""
        return self._holder is not None

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(map(len, self._lines.values()))

    def enter(self, party: str | None = None) -> Ticket:
        """Take the last place in the line of ``party``.

        Raises:
            BackendBusy: too many wait already.
        """
        ticket = Ticket(self)
        if self._holder is None:
            self._holder = ticket
            return ticket
        waiting = self.waiting
        kept = self.limit // RESERVED if party in self._lines else 0
        if waiting >= self.limit - kept:
            raise BackendBusy("error.local_queue_full", waiting=waiting)
        self._lines.setdefault(party, deque()).append(ticket)
        self._count()
        return ticket

    def remove(self, ticket: Ticket) -> None:
        """Let go of ``ticket``; the turn goes to the next one."""
        if ticket is self._holder:
            self._holder = self._next()
        else:
            for party, line in self._lines.items():
                if ticket in line:
                    line.remove(ticket)
                    if not line:
                        del self._lines[party]
                    break
        self._count()

    def _next(self) -> Ticket | None:
        """Whose turn it is; that party's line goes behind the others."""
        if not self._lines:
            return None
        party = next(iter(self._lines))
        line = self._lines.pop(party)
        ticket = line.popleft()
        if line:
            self._lines[party] = line
        return ticket

    def _count(self) -> None:
        """Tell everybody their place."""
        if self._holder is not None:
            self._holder.move(0)
        for ahead, ticket in enumerate(self._in_order(), 1):
            ticket.move(ahead)

    def _in_order(self) -> Iterator[Ticket]:
        lines = list(self._lines.values())
        for place in range(max(map(len, lines), default=0)):
            yield from (line[place] for line in lines if place < len(line))
