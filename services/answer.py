"""One answer while it streams: written by one task, followed by any number.

A browser tab, a second tab, a reload in mid-stream and the HTTP entrance all
follow the same :class:`LiveAnswer`; none of them owns it, so that none of them
can end it by going away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from services.domain import StoredMessage

COALESCE_SECONDS = 0.035
"""Pause between two pieces handed to a follower. A socket frame costs about
0.4 ms whatever its size, and a screen shows no more than some 30 changes a
second, so smaller pieces only cost."""


class LiveAnswer:
    """An answer's text as it grows, its end, and the wish to stop it."""

    def __init__(self, message: StoredMessage) -> None:
        self.message = message
        self._parts: list[str] = []
        self._news = asyncio.Event()
        self._done = asyncio.Event()
        self._stop = asyncio.Event()
        self._ahead: int | None = None

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(self._parts)

    @property
    def pieces(self) -> int:
        """How many pieces have come; grows with each one."""
        return len(self._parts)

    @property
    def done(self) -> bool:
        """Whether the answer has ended, in whatever way."""
        return self._done.is_set()

    def queue(self, ahead: int) -> None:
        """Note that ``ahead`` answers come first; 0: this one's turn has come."""
        self._ahead = ahead
        self._news.set()

    def add(self, text: str) -> None:
        """Append a piece of the answer."""
        self._parts.append(text)
        self._news.set()

    def finish(self, message: StoredMessage) -> None:
        """End the answer; ``message`` holds its whole text, status and facts."""
        self.message = message
        self._done.set()
        self._news.set()

    def stop(self) -> None:
        """Ask for an end; what has come stays. Harmless after the end."""
        self._stop.set()

    async def stop_requested(self) -> None:
        """Wait until somebody asks for an end."""
        await self._stop.wait()

    async def wait(self) -> StoredMessage:
        """Wait for the end and return the finished message."""
        await self._done.wait()
        return self.message

    async def places(self) -> AsyncGenerator[int, None]:
        """Yield the place in the queue, at each change, until the first piece or the end."""
        shown = None
        while not self._parts and not self.done:
            if self._ahead != shown and self._ahead is not None:
                shown = self._ahead
                yield shown
            else:
                self._news.clear()
                await self._news.wait()

    async def follow(
        self, interval: float = COALESCE_SECONDS, *, skip: int = 0
    ) -> AsyncGenerator[str, None]:
        """Yield the text from piece number ``skip`` on, until the end.

        The first piece comes at once, later ones at most every ``interval``
        seconds, each as long as what has gathered meanwhile.
        """
        sent = skip
        while True:
            if sent < len(self._parts):
                fresh = self._parts[sent:]
                sent += len(fresh)
                yield "".join(fresh)
                if not self.done:
                    await asyncio.sleep(interval)
            elif self.done:
                return
            else:
                self._news.clear()
                await self._news.wait()
