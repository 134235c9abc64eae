"""One worker process and the threads that speak with it.

Threads rather than asyncio's subprocesses: they work under every event loop on
every platform, and starting a process does not hold up the loop. The thread
that starts the worker lives exactly as long as the worker, because on Linux the
kernel ends a child whose *thread* of birth ends (``PR_SET_PDEATHSIG``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from services.backends.local import protocol

_LOGGER = logging.getLogger(__name__)
PROJECT = Path(__file__).parents[3]


class Child:
    """A worker; ``on_frames`` and ``on_exit`` are called in ``loop``."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        loop: asyncio.AbstractEventLoop,
        on_frames: Callable[[Child, list[protocol.Frame]], None],
        on_exit: Callable[[Child, int | None], None],
    ) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._loop = loop
        self._on_frames = on_frames
        self._on_exit = on_exit
        self._outbox: queue.SimpleQueue[protocol.Frame | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._doomed = False
        self._thread = threading.Thread(target=self._live, name="local-engine", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process's number, once it has been started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process in the background."""
        self._thread.start()

    def send(self, frame: protocol.Frame) -> None:
        """Hand ``frame`` over; never blocks."""
        self._outbox.put(frame)

    def kill(self) -> None:
        """End the process now; it holds nothing that must be saved."""
        with self._lock:
            self._doomed = True
            if self._process is not None:
                self._process.kill()
        self._outbox.put(None)

    def _live(self) -> None:
        status: int | None = None
        try:
            status = self._run()
        except OSError:
            _LOGGER.exception("the local engine's process could not be started")
        finally:
            self._outbox.put(None)
            self._call(self._on_exit, self, status)

    def _run(self) -> int:
        with self._lock:
            if self._doomed:
                return 0
            self._process = process = subprocess.Popen(  # noqa: S603 - our own module
                self._command,
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        with process:
            writer = threading.Thread(
                target=self._write, args=(process,), name="local-engine-writer", daemon=True
            )
            writer.start()
            self._read(process)
            process.kill()
            self._outbox.put(None)
            writer.join()
        return process.returncode

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            raise OSError("no pipe")
        descriptor = process.stdout.fileno()
        lines = protocol.LineBuffer()
        whole = True
        while whole and (data := os.read(descriptor, 1 << 16)):
            frames, whole = _decoded(lines.feed(data))
            if frames:
                self._call(self._on_frames, self, frames)
        if not whole:
            _LOGGER.error("the local engine's process sent something else than frames")

    def _write(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None:
            raise OSError("no pipe")
        # The worker may die at any time; the reader notices and reports it.
        with contextlib.suppress(OSError, ValueError):
            while (frame := self._outbox.get()) is not None:
                process.stdin.write(protocol.encode(frame))
                process.stdin.flush()
        with contextlib.suppress(OSError):
            process.stdin.close()

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        # The loop may have been closed without us; there is nobody to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)


def _decoded(lines: list[bytes]) -> tuple[list[protocol.Frame], bool]:
    """The frames up to the first line that is none, and whether all were frames."""
    frames: list[protocol.Frame] = []
    for line in lines:
        try:
            frames.append(protocol.decode(line))
        except protocol.ProtocolError:
            return frames, False
    return frames, True
