"""Foundry Local's catalog as the rest of the program sees it. Blocking calls."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from services.backends.local.environment import worker_environment
from services.errors import ModelError
from services.models.here import downloads_of
from services.models.meter import Meter, Progress
from services.models.offer import Offer

LISTING_SECONDS = 10.0
"""Until an unreachable catalog is given up; the library itself takes about 5 s."""
END_SECONDS = 5.0
HELPER = (sys.executable, "-m", "services.models.foundry_process")
_PROJECT = Path(__file__).parents[2]
_NETWORK = ("HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
"""What a download needs besides what the local engine is let know; no engine that
sees prompts is given them."""


class Cancellation:
    """Ends a job from any thread, whether it has begun or not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], None] | None = None
        self.asked = False

    def cancel(self) -> None:
        """End the job; what has come is kept."""
        with self._lock:
            self.asked = True
            end = self._end
        if end is not None:
            end()

    def attach(self, end: Callable[[], None]) -> None:
        """The job has begun, and ``end`` ends it."""
        with self._lock:
            self._end = end
            asked = self.asked
        if asked:
            end()


class FoundryCatalog:
    """The catalog, asked in a process of its own: the native library can crash.

    ``catalog_url`` is another catalog than Foundry's, for tests; ``command``
    starts the process.
    """

    def __init__(
        self,
        data_dir: Path,
        environ: Mapping[str, str],
        *,
        catalog_url: str | None = None,
        listing_seconds: float = LISTING_SECONDS,
        command: Sequence[str] = HELPER,
    ) -> None:
        kept = {name: value for name, value in environ.items() if name.upper() in _NETWORK}
        self._environment = {**worker_environment(environ), **kept}
        self._seconds = listing_seconds
        self._command = list(command)
        self._job = {
            "downloads": str(downloads_of(data_dir)),
            "app_data": str(data_dir / "foundry"),
            "catalog_url": catalog_url,
            "proxy": any(name.upper() == "HTTPS_PROXY" for name in kept),
        }

    def offers(self) -> list[Offer]:
        """What the catalog offers for this computer, smallest first.

        Raises:
            ModelError: it is out of reach.
        """
        lines = self._lines({**self._job, "do": "list"}, self._seconds)
        found = [Offer(**line["offer"]) for line in lines if "offer" in line]
        return sorted(found, key=lambda offer: (offer.size_mb or 0, offer.alias))

    def download(
        self,
        alias: str,
        tell: Callable[[Progress], None],
        cancellation: Cancellation | None = None,
    ) -> None:
        """Fetch a model, or what is missing of it; ``tell`` is told how far it is.

        An exception out of ``tell``, Ctrl+C or ``cancellation`` cancels the
        download; what has come is kept for the next try.

        Raises:
            ModelError: the model is unknown, the disk too full, or the download failed.
        """
        meter = Meter(None)
        with contextlib.closing(
            self._lines({**self._job, "do": "download", "alias": alias}, None, cancellation)
        ) as lines:
            for line in lines:
                if "size_mb" in line:
                    meter = Meter(line["size_mb"])
                elif "percent" in line:
                    tell(meter.at(line["percent"], time.monotonic()))

    def _lines(
        self,
        job: Mapping[str, Any],
        seconds: float | None,
        cancellation: Cancellation | None = None,
    ) -> Generator[dict[str, Any], None, None]:
        """The lines of the job's process, until it says that it is done.

        Raises:
            ModelError: what it said, or that it ended without a word.
        """
        with subprocess.Popen(  # noqa: S603 - our own module
            self._command,
            cwd=_PROJECT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        ) as process:
            timer = threading.Timer(seconds or 0, process.kill)
            if seconds is not None:
                timer.start()
            try:
                yield from _conversation(process, job, cancellation or Cancellation())
            finally:
                timer.cancel()
                _end(process)


def _conversation(
    process: subprocess.Popen[bytes], job: Mapping[str, Any], cancellation: Cancellation
) -> Generator[dict[str, Any], None, None]:
    if process.stdin is None or process.stdout is None:
        raise ModelError("error.model_helper")
    with contextlib.suppress(BrokenPipeError):  # it ended at once; told below
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
    cancellation.attach(lambda: _hang_up(process))
    for raw in process.stdout:
        line = json.loads(raw)
        if "failed" in line:
            raise ModelError(line["failed"], **line["values"])
        if "done" in line:
            return
        yield line
    raise ModelError("error.catalog_offline" if job["do"] == "list" else "error.model_helper")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the pipe, which cancels what runs, and wait; then make sure."""
    _hang_up(process)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _hang_up(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
