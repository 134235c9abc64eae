"""The local engine as the rest of the program sees it: one more chat backend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

from services.backends.local import protocol
from services.backends.local.backoff import Backoff
from services.backends.local.model_ref import ModelRef
from services.backends.local.supervisor import WORKER, Job, Patience, Supervisor
from services.backends.local.turnstile import Turnstile
from services.domain import (
    BackendStatus,
    Finish,
    GenerationOptions,
    Message,
    Site,
    StreamEvent,
    Token,
    Usage,
    Waiting,
)
from services.errors import BackendError, BackendProtocolError, BackendTimeout

WAITING_LIMIT = 16


class LocalEngineBackend:
    """A model on this computer, run in a process of its own.

    The process is started by the first prompt (or :meth:`warm_up`), restarted
    after a crash, and ended when nobody has asked for ``patience.idle`` seconds.
    Prompts are answered one at a time, the conversations in turns; at most
    ``waiting_limit`` wait. To be used from one event loop.

    ``runtime`` is ``onnx`` (ONNX Runtime GenAI), ``foundry`` (Foundry Local's
    SDK) or ``auto`` (see :mod:`services.backends.local.choice`); ``threads`` is as
    in the settings; ``command`` starts the worker.
    """

    def __init__(
        self,
        model: ModelRef,
        data_dir: Path,
        *,
        runtime: str = "auto",
        threads: int | None = None,
        waiting_limit: int = WAITING_LIMIT,
        patience: Patience | None = None,
        command: Sequence[str] = WORKER,
        environ: Mapping[str, str] | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._model = model
        self._turnstile = Turnstile(waiting_limit)
        app_data = data_dir / "foundry"
        self._supervisor = Supervisor(
            protocol.Load(
                name=model.name,
                directory=str(model.directory) if model.directory else None,
                downloads=str(app_data / "models"),
                verified=model.verified,
                runtime=runtime,
                app_data=str(app_data),
                threads=threads,
            ),
            patience,
            command,
            environ,
            backoff,
        )

    @property
    def site(self) -> Site:
        """On this computer."""
        return Site.LOCAL

    @property
    def model_name(self) -> str:
        """The model's name: ``builtin``, an alias, or its folder's name."""
        return self._model.name

    @property
    def context_window(self) -> int | None:
        """Prompt and answer together, in tokens; unknown until it was loaded."""
        return self._supervisor.loaded.context_window if self._supervisor.loaded else None

    @property
    def waiting(self) -> int:
        """How many prompts wait for the one that is being answered."""
        return self._turnstile.waiting

    @property
    def busy(self) -> bool:
        """Whether an answer is being written, or an abandoned one not yet stopped."""
        return self._turnstile.taken

    @property
    def pid(self) -> int | None:
        """The number of the engine's process, if it runs."""
        return self._supervisor.pid

    def status(self) -> BackendStatus:
        """``ready`` also means that the model is loaded by the next prompt."""
        loaded, error = self._supervisor.loaded, self._supervisor.last_error
        down = error is not None and loaded is None and not self._supervisor.loading
        return BackendStatus(
            "loading" if self._supervisor.loading else "down" if down else "ready",
            self.model_name,
            detail=error.text_key if error and down else None,
            runtime=loaded.runtime if loaded else None,
            queue=self._turnstile.waiting + self._turnstile.taken,
        )

    async def warm_up(self) -> None:
        """Load the model now, so that the first prompt need not wait for it.

        Raises:
            BackendUnavailable: it cannot be loaded.
        """
        await self._supervisor.ready()

    async def stream(
        self, messages: Sequence[Message], options: GenerationOptions
    ) -> AsyncGenerator[StreamEvent, None]:
        """Answer ``messages``; see :class:`services.ports.ChatBackend`.

        ``options.conversation`` is whose turn it is in the queue; prompts
        without one share theirs.

        Raises:
            BackendBusy: too many prompts wait already.
            BackendUnavailable: the model cannot be loaded, or the engine's
                process crashed, possibly after some tokens.
            BackendTimeout: the engine was silent for too long.
            BackendRejected: the conversation does not suit the model.
        """
        ticket = self._turnstile.enter(options.conversation)
        job: Job | None = None
        try:
            async with aclosing(ticket.turn()) as places:
                async for ahead in places:
                    yield Waiting(ahead)
            await self._supervisor.ready()
            job = self._supervisor.submit(messages, options)
            while True:
                event = await self._next(job)
                if isinstance(event, protocol.Piece):
                    yield Token(event.text, event.confidence)
                elif isinstance(event, protocol.Done):
                    yield self._finish(event)
                    return
        finally:
            if job is None:
                ticket.leave()
            else:
                # The next prompt's turn comes when the engine has really stopped.
                job.over.add_done_callback(lambda _: ticket.leave())
                self._supervisor.abandon(job)

    async def aclose(self) -> None:
        """End the engine's process."""
        await self._supervisor.aclose()

    async def _next(self, job: Job) -> protocol.Piece | protocol.Beat | protocol.Done:
        try:
            async with asyncio.timeout(self._supervisor.patience.silence):
                event = await job.events.get()
        except TimeoutError:
            self._supervisor.kill()
            raise BackendTimeout("error.local_silent") from None
        if isinstance(event, BackendError):
            raise event
        return event

    def _finish(self, done: protocol.Done) -> Finish:
        try:
            reason = done.finish_reason
        except ValueError:
            raise BackendProtocolError("error.local_failed") from None
        return Finish(
            reason=reason,
            model=self.model_name,
            usage=Usage(done.prompt_tokens, done.completion_tokens),
            dropped_turns=done.dropped_turns,
            confidence=done.confidence,
            shortened=done.shortened,
        )
