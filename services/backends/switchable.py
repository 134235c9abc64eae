"""The local model in use, which can be exchanged while the program runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress

from services.domain import BackendStatus, GenerationOptions, Message, Site, StreamEvent, Token
from services.errors import BackendError, BackendUnavailable
from services.local_choice import LocalChoice
from services.ports import LocalBackend

GRACE_SECONDS = 30.0
"""How long an answer that is being written may go on when another model is chosen:
most end by themselves in that time."""

Build = Callable[[LocalChoice], LocalBackend]


class SwitchableBackend:
    """Passes everything on to one local backend at a time; ``build`` makes them.

    The only place that knows that local models come and go: whoever holds this
    backend goes on as if nothing had happened. To be used from one event loop.
    """

    def __init__(
        self, build: Build, choice: LocalChoice, grace_seconds: float = GRACE_SECONDS
    ) -> None:
        self._build = build
        self._grace = grace_seconds
        self._backend = build(choice)
        self._coming: LocalBackend | None = None
        self._ended: LocalBackend | None = None
        self._running = 0
        self._quiet = _set_event()
        self._steady = _set_event()
        self.choice = choice

    @property
    def site(self) -> Site:
        """On this side of the boundary."""
        return Site.LOCAL

    def status(self) -> BackendStatus:
        """That of the model in use; ``loading`` while another one takes its place."""
        if self._coming is not None:
            return BackendStatus("loading", self._coming.status().model)
        return self._backend.status()

    async def warm_up(self) -> None:
        """Make the model in use ready.

        Raises:
            BackendError: it cannot be.
        """
        await self._backend.warm_up()

    async def switch(self, choice: LocalChoice) -> None:
        """Put the model of ``choice`` in the place of the one in use.

        Answers that are being written may go on for the time of grace; then they
        end with one sentence. The old model is unloaded first, as both together
        may not fit into memory. Prompts that come meanwhile wait for the outcome.
        One switch at a time.

        Raises:
            BackendError: the new model cannot be loaded; the old one is in use again.
            SettingsError: ``choice`` names something that can be no model.
        """
        # In a thread: what the model needs may be imported only now.
        fresh, old = await asyncio.to_thread(self._build, choice), self._backend
        self._coming = fresh
        self._steady.clear()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._grace):
                    await self._quiet.wait()
            self._ended = old
            await old.aclose()
            try:
                await fresh.warm_up()
            except BaseException:
                self._backend = self._build(self.choice)
                await fresh.aclose()
                raise
            self._backend, self.choice = fresh, choice
        finally:
            self._coming = None
            self._steady.set()

    async def stream(
        self, messages: Sequence[Message], options: GenerationOptions
    ) -> AsyncGenerator[StreamEvent, None]:
        """Answer; see :class:`services.ports.ChatBackend`.

        A prompt whose model is exchanged before the first token is put to the
        new one.

        Raises:
            BackendError: that of the model in use, or that it was exchanged in
                the middle of the answer.
        """
        while True:
            await self._steady.wait()
            backend, spoke = self._backend, False
            self._enter()
            try:
                async with aclosing(backend.stream(messages, options)) as events:
                    async for event in events:
                        spoke = spoke or isinstance(event, Token)
                        yield event
            except BackendError:
                if backend is not self._ended:
                    raise
                if spoke:
                    raise BackendUnavailable("error.local_switched") from None
            else:
                return
            finally:
                self._leave()

    async def aclose(self) -> None:
        """Free what the model in use holds."""
        await self._backend.aclose()

    def _enter(self) -> None:
        self._running += 1
        self._quiet.clear()

    def _leave(self) -> None:
        self._running -= 1
        if not self._running:
            self._quiet.set()


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
