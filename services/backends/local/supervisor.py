"""Starts, restarts, unloads and watches the worker. Lives in the event loop."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services import errors
from services.backends.local import protocol
from services.backends.local.backoff import Backoff
from services.backends.local.child import Child
from services.backends.local.environment import worker_environment
from services.domain import GenerationOptions, Message
from services.errors import BackendError, BackendTimeout, BackendUnavailable

_LOGGER = logging.getLogger(__name__)
WORKER = (sys.executable, "-m", "services.backends.local.worker")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds.

    ``idle`` unloads a model that nobody asked; ``load`` covers reading many
    gigabytes from a slow disk; ``silence`` is the longest step of reading a
    prompt or producing a token; ``cancel`` ends a worker that does not react to
    a cancellation; ``restart`` is the longest pause after crashes that a prompt
    waits for instead of being refused.
    """

    idle: float = 15 * 60
    load: float = 300
    silence: float = 120
    cancel: float = 2
    restart: float = 5


class Job:
    """One answer that the worker is asked for."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.events: asyncio.Queue[protocol.Piece | protocol.Beat | protocol.Done | BackendError]
        self.events = asyncio.Queue()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def put(self, event: protocol.Piece | protocol.Beat | protocol.Done | BackendError) -> None:
        """Pass on what the worker said; the last event ends the job."""
        self.events.put_nowait(event)
        if isinstance(event, protocol.Done | BackendError) and not self.over.done():
            self.over.set_result(None)


class Supervisor:
    """Keeps one worker alive while it is needed; all methods run in one loop."""

    def __init__(
        self,
        load: protocol.Load,
        patience: Patience | None = None,
        command: Sequence[str] = WORKER,
        environ: Mapping[str, str] | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._load = load
        self.patience = patience or Patience()
        self._command = tuple(command)
        self._environ = environ
        self._backoff = backoff or Backoff()
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._child: Child | None = None
        self._ready: asyncio.Future[protocol.Ready] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._closed = False
        self._exits: dict[Child, asyncio.Future[None]] = {}
        self.loaded: protocol.Ready | None = None
        self.last_error: BackendError | None = None

    @property
    def loading(self) -> bool:
        """Whether a worker is on its way to be ready."""
        return self._ready is not None and not self._ready.done()

    @property
    def pid(self) -> int | None:
        """The worker's process number, if there is one."""
        return self._child.pid if self._child else None

    async def ready(self) -> protocol.Ready:
        """Wait until a worker is ready, starting one if need be.

        Raises:
            BackendUnavailable: it cannot be loaded, or keeps crashing.
        """
        self._stay_awake()
        if self._ready is None:
            pause = self._backoff.remaining(time.monotonic())
            if pause > self.patience.restart:
                raise BackendUnavailable("error.local_resting", seconds=round(pause))
            await asyncio.sleep(pause)
        waiting = self._ready or self._start()
        try:
            async with asyncio.timeout(self.patience.load):
                return await asyncio.shield(waiting)
        except TimeoutError:
            self._stop()
            raise BackendTimeout("error.local_load_timeout") from None

    def submit(self, messages: Sequence[Message], options: GenerationOptions) -> Job:
        """Ask the worker, which must be ready, for an answer.

        Raises:
            BackendUnavailable: it has crashed since.
        """
        if self._child is None:
            raise BackendUnavailable("error.local_crashed")
        job = Job(next(self._numbers))
        self._jobs[job.number] = job
        self._child.send(protocol.Generate.of(job.number, tuple(messages), options))
        return job

    def abandon(self, job: Job) -> None:
        """Stop ``job``; a worker that does not react is ended."""
        if job.over.done() or self._child is None:
            return
        self._child.send(protocol.Cancel(job.number))
        asyncio.get_running_loop().call_later(self.patience.cancel, self._insist, job, self._child)

    def kill(self) -> None:
        """End the worker although it may be answering."""
        if self._child is not None:
            self._child.kill()

    async def aclose(self) -> None:
        """End the worker for good and wait until it is gone."""
        self._closed = True
        self._stop()
        await asyncio.gather(*self._exits.values())

    def _insist(self, job: Job, child: Child) -> None:
        if not job.over.done():
            _LOGGER.warning("the local engine did not stop when asked; it is restarted")
            child.kill()

    def _start(self) -> asyncio.Future[protocol.Ready]:
        if self._closed:
            raise BackendUnavailable("error.local_stopped")
        loop = asyncio.get_running_loop()
        self._ready = ready = loop.create_future()
        # A failure is reported to whoever waits; with nobody waiting it is not lost
        # either, but kept as ``last_error``.
        ready.add_done_callback(lambda done: done.cancelled() or done.exception())
        environ = os.environ if self._environ is None else self._environ
        child = Child(
            self._command, worker_environment(environ), loop, self._on_frames, self._on_exit
        )
        self._child = child
        self._exits[child] = loop.create_future()
        child.send(self._load)
        child.start()
        return ready

    def _stop(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        child, self._child = self._child, None
        self._forget(BackendUnavailable("error.local_stopped"))
        if child is not None:
            child.kill()

    def _forget(self, error: BackendError) -> None:
        """Let go of the worker; whoever waits for it gets ``error``."""
        ready, self._ready, self.loaded = self._ready, None, None
        if ready is not None and not ready.done():
            ready.set_exception(error)
        jobs, self._jobs = self._jobs, {}
        for job in jobs.values():
            job.put(error)

    def _on_frames(self, child: Child, frames: list[protocol.Frame]) -> None:
        if child is not self._child:
            return
        for frame in frames:
            if isinstance(frame, protocol.Ready):
                self._on_ready(frame)
            elif isinstance(frame, protocol.Failed) and frame.id is None:
                self.last_error = _error(frame)
                self._child = None
                self._forget(self.last_error)
                child.kill()
                return
            elif isinstance(
                frame, protocol.Piece | protocol.Beat | protocol.Done | protocol.Failed
            ):
                self._on_answer(frame)

    def _on_ready(self, frame: protocol.Ready) -> None:
        self.loaded, self.last_error = frame, None
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(frame)
        self._stay_awake()

    def _on_answer(
        self, frame: protocol.Piece | protocol.Beat | protocol.Done | protocol.Failed
    ) -> None:
        if frame.id is None or (job := self._jobs.get(frame.id)) is None:
            return
        if isinstance(frame, protocol.Done | protocol.Failed):
            del self._jobs[frame.id]
            self._backoff.succeeded()
            self._stay_awake()
        job.put(_error(frame) if isinstance(frame, protocol.Failed) else frame)

    def _on_exit(self, child: Child, status: int | None) -> None:
        self._exits.pop(child).set_result(None)
        if child is not self._child:
            return
        _LOGGER.warning("the local engine's process ended unexpectedly (status %s)", status)
        self._child = None
        now = time.monotonic()
        self._backoff.crashed(now)
        error = BackendUnavailable("error.local_crashed")
        # A worker that had been ready and crashed once is started by the next
        # prompt as if nothing had been; it is not "down".
        lasting = self.loaded is None or self._backoff.remaining(now) > 0
        self.last_error = error if lasting else None
        self._forget(error)

    def _stay_awake(self) -> None:
        """Begin to count the idle time anew."""
        if self._closed:
            return
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(self.patience.idle, self._doze)

    def _doze(self) -> None:
        if self._jobs or self.loading:
            self._stay_awake()
        else:
            self._stop()


def _error(frame: protocol.Failed) -> BackendError:
    kind = getattr(errors, frame.error, BackendUnavailable)
    if not (isinstance(kind, type) and issubclass(kind, BackendError)):
        kind = BackendUnavailable
    return kind(frame.key, **frame.values)
