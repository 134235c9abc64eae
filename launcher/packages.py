"""pip with calm progress: a line per phase, its noise only when it fails.

Packages are fetched first and installed afterwards from the fetched files. A
start without a network therefore fails before anything that works has changed.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from launcher.lock import SetupLock
from launcher.sentences import LauncherError, say

PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "--no-color")
NEEDED_MB = 1500
"""Room that a set-up takes at its peak: about 700 MB installed, the fetched
files, and pip's cache of them."""

_LAST_LINES = 15
_LINE_WIDTH = 300
_TICK_SECONDS = 0.5
_QUIET_SECONDS = 15.0
"""How often a log file, unlike a terminal, gets a line of progress."""

_NO_SPACE = ("No space left on device", "[Errno 28]", "There is not enough space on the disk")
_NO_NETWORK = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "Connection refused",
    "Name or service not known",
    "Temporary failure in name resolution",
    "getaddrinfo failed",
    "Network is unreachable",
    "ReadTimeoutError",
    "ConnectionResetError",
    "ProxyError",
)
_NO_PACKAGE = ("No matching distribution found",)
_CAUSES = (("no_space", _NO_SPACE), ("no_network", _NO_NETWORK), ("no_package", _NO_PACKAGE))
"""Sentences and what pip prints then. An earlier one outranks a later one: a full
disk breaks connections, and without a network every package seems to be missing."""
_MARKS = _NO_SPACE + _NO_NETWORK + _NO_PACKAGE


class Progress:
    """One line per phase: on a terminal rewritten in place, in a log seldom."""

    def __init__(self, step: str) -> None:
        self._step = step
        self._start = time.monotonic()
        self._terminal = sys.stdout.isatty()
        self._told = self._start
        self._show("")

    def update(self, done: int, total: int | None) -> None:
        """Show how many packages are done, of how many if that is known."""
        now = time.monotonic()
        if self._terminal or now - self._told >= _QUIET_SECONDS:
            self._told = now
            self._show(self._bar(done, total))

    def finish(self, done: int) -> None:
        """Show the final count and end the line."""
        self._show(self._bar(done, None))
        if self._terminal:
            print(flush=True)

    def _bar(self, done: int, total: int | None) -> str:
        if not total:
            return f"{done}" if done else ""
        filled = min(20, 20 * done // total)
        return f"[{'#' * filled}{'.' * (20 - filled)}] {min(done, total)}/{total}"

    def _show(self, what: str) -> None:
        seconds = int(time.monotonic() - self._start)
        clock = f"({seconds // 60}:{seconds % 60:02})"
        line = " ".join(["", "", self._step, "…", *([what] if what else []), clock])
        print(f"\r{line:<70}" if self._terminal else line, end="" if self._terminal else "\n")
        sys.stdout.flush()


def fetch(python: Path, requirements: Sequence[Path], folder: Path, lock: SetupLock) -> None:
    """Put the wheels of ``requirements`` and of all they need into ``folder``.

    Raises:
        LauncherError: says what is missing: network, room or a package.
    """
    files = [part for path in requirements for part in ("-r", str(path))]
    options = ["--prefer-binary", "--progress-bar", "off", "--wheel-dir", str(folder)]
    collected: set[str] = set()

    def count(line: str) -> int:
        words = line.split()
        if words[:1] == ["Collecting"]:
            collected.add(words[1])
        return len(collected)

    run_step("fetch", [str(python), *PIP, "wheel", *options, *files], lock, count)


def install(python: Path, folder: Path, lock: SetupLock) -> None:
    """Install all wheels of ``folder`` into the environment of ``python``.

    Raises:
        LauncherError: an installation failed, for example for lack of room.
    """
    wheels = sorted(str(path) for path in folder.glob("*.whl"))
    site = _site_packages(python)
    before = len(list(site.glob("*.dist-info")))

    def count(_line: str) -> int:
        return len(list(site.glob("*.dist-info"))) - before

    options = ["--no-index", "--no-deps", "--no-warn-script-location"]
    command = [str(python), *PIP, "install", *options, *wheels]
    run_step("install", command, lock, count, total=len(wheels))


def run_step(
    name: str,
    command: Sequence[str],
    lock: SetupLock,
    count: Callable[[str], int] = lambda _line: 0,
    total: int | None = None,
) -> None:
    """Run ``command`` under a progress line; ``count`` maps its output to a number.

    Raises:
        LauncherError: the command failed; its last lines have been printed.
    """
    progress = Progress(say(name))
    last: deque[str] = deque(maxlen=_LAST_LINES)
    tell_tale: dict[str, str] = {}
    done = 0
    inherited = () if sys.platform == "win32" else (lock.fileno(),)
    process = subprocess.Popen(  # noqa: S603 - our own pip, arguments are ours
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        pass_fds=inherited,
    )
    with process:
        lines = _lines(process)
        try:
            while (line := _next(lines)) is not None:
                if line:
                    last.append(line)
                    tell_tale.update({mark: line for mark in _MARKS if mark in line})
                done = count(line)
                progress.update(done, total)
            status = process.wait()
        except BaseException:
            process.terminate()
            print(flush=True)
            raise
    progress.finish(done)
    if status:
        raise _failure(name, tell_tale, list(last), lock.folder)


def _failure(step: str, told: dict[str, str], last: list[str], folder: Path) -> LauncherError:
    """The cause, in a sentence, below the line of pip's output that gave it away.

    Where none is known, all of the last lines are printed.
    """
    key, shown = "pip_failed", last
    for cause, marks in reversed(_CAUSES):
        for mark in marks:
            if mark in told:
                key, shown = cause, [told[mark]]
    print("\n".join(f"    {line[:_LINE_WIDTH]}" for line in shown), file=sys.stderr, flush=True)
    python = sys.version.split()[0]
    return LauncherError(key, 1, needed=NEEDED_MB, folder=folder, python=python, step=say(step))


def _lines(process: subprocess.Popen[str]) -> queue.Queue[str | None]:
    """The output of ``process`` line by line, read in a thread; ``None`` ends it."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        if process.stdout is not None:
            for line in process.stdout:
                lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _next(lines: queue.Queue[str | None]) -> str | None:
    """The next line, or an empty one when it is time to move the clock."""
    try:
        return lines.get(timeout=_TICK_SECONDS)
    except queue.Empty:
        return ""


def _site_packages(python: Path) -> Path:
    root = python.parent.parent
    found = sorted(root.glob("lib/python*/site-packages"))
    return found[0] if found else root / "Lib" / "site-packages"
