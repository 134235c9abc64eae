"""A running Nearside for the notebook about its HTTP entrance: found, or started."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from launcher.address import is_nearside
from launcher.start import DEFAULT_HOST, DEFAULT_PORT
from notebooks.opening import ROOT, settings_here

ADDRESS = "NEARSIDE_ADDRESS"
"""The environment variable that names another address than the usual one."""

PROGRAM = (sys.executable, str(ROOT / "run.py"), "--inside", "launcher.serve")
_START_SECONDS = 120
_END_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Server:
    """Where Nearside answers; ``process`` is the one that we started, if we did."""

    url: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def sentence(self) -> str:
        """Whose it is, in words."""
        how = "started for this notebook" if self.process else "was running already"
        return f"Nearside at {self.url} {how}."

    @property
    def api_key(self) -> str:
        """The key for ``/v1`` that the settings name; any word will do where none is set."""
        return str(settings_here().api_key or "not-needed")

    def close(self) -> None:
        """End what we started; leave alone what was running already."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def find_or_start(environ: Mapping[str, str] | None = None) -> Server:
    """The program that runs at the usual address, or at the one of :data:`ADDRESS`.

    Where none runs at the usual one, it is started on a free port.

    Raises:
        RuntimeError: nothing answers at the address that was named, or the start failed;
            says which and what to do.
    """
    environ = os.environ if environ is None else environ
    named = environ.get(ADDRESS)
    url = (named or f"http://{DEFAULT_HOST}:{DEFAULT_PORT}").rstrip("/")
    parts = urlsplit(url)
    if is_nearside(parts.hostname or "", parts.port or DEFAULT_PORT):
        return Server(url)
    if named:
        raise RuntimeError(
            f"{ADDRESS} is {url}, and no Nearside answers there: start it, or unset {ADDRESS}."
        )
    return start()


def start(program: Sequence[str] = PROGRAM) -> Server:
    """Start ``program`` on a free port of this computer and wait until it answers.

    Raises:
        RuntimeError: it ended before, or took too long; quotes its last line.
    """
    port = _free_port()
    options = ["--host", DEFAULT_HOST, "--port", str(port), "--headless"]
    with tempfile.TemporaryDirectory(prefix="nearside-") as folder:
        log = Path(folder, "log")
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*program, *options], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
            )
        server = Server(f"http://{DEFAULT_HOST}:{port}", process)
        try:
            _wait(process, port, log)
        except BaseException:
            server.close()
            raise
    return server


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    latest = time.monotonic() + _START_SECONDS
    while not is_nearside(DEFAULT_HOST, port):
        if process.poll() is not None or time.monotonic() > latest:
            said = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise RuntimeError(f"Nearside did not start: {' '.join(said) or 'it said nothing'}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((DEFAULT_HOST, 0))
        return int(probe.getsockname()[1])
