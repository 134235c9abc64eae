"""The server behind the window: a process that lives as long as the window does.

In one process, the server's imports and the window's drawing would wait for each
other; the start took 2 s longer so.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

_RUN = Path(__file__).resolve().parent.parent / "run.py"
MODULE = "desktop.serving"
END_SECONDS = 30.0
"""For storing what streams, ending the local engine and closing the history."""


def command(arguments: Sequence[str]) -> list[str]:
    """What starts the server's process, from source or packaged."""
    frozen = getattr(sys, "frozen", False)
    start = ["-m", MODULE] if frozen else [str(_RUN), "--inside", MODULE]
    return [sys.executable, *start, *arguments]


class ChatServer:
    """The process of ``started`` (see :func:`command`), and its address once it answers.

    ``address`` gets an error where the process ends before.
    """

    def __init__(self, started: Sequence[str]) -> None:
        self.address: Future[str] = Future()
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            started,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        threading.Thread(target=self._listen, name="server", daemon=True).start()

    def stop(self) -> None:
        """Have it end and wait until it has; one that does not end is killed."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        line = b""
        if self._process.stdout is not None:
            with self._process.stdout as said:
                line = said.readline()
        if line:
            self.address.set_result(line.decode().strip())
        else:
            self.address.set_exception(RuntimeError("the server ended before it answered"))
