"""Who is next: a bounded queue, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque

from services.errors import BackendBusy


class Turnstile:
    """Lets one holder in at a time (``taken``); at most ``limit`` others wait."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.taken = False
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._queue)

    async def enter(self) -> None:
        """Wait for the turn; every successful call is followed by :meth:`leave`.

        Raises:
            BackendBusy: ``limit`` are waiting already.
        """
        if not self.taken:
            self.taken = True
            return
        if len(self._queue) >= self._limit:
            raise BackendBusy("error.local_queue_full", waiting=len(self._queue))
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # the turn came in the very moment of the cancellation
            else:
                self._queue.remove(turn)
            raise

    def leave(self) -> None:
        """Hand the turn to the one who waits longest."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.taken = False
