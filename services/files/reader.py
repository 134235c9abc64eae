"""From a file to its text, without ever holding up the application."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from services.attachment import Attachment
from services.backends.local.environment import worker_environment
from services.errors import FileError
from services.files.kinds import Kind, kind_of
from services.files.limits import MAX_FILE_BYTES, READING_SECONDS
from services.files.plain import decoded, uncoded
from services.prompts import MAX_PROMPT_CHARACTERS, cleaned

_PROJECT = Path(__file__).parents[2]
_LONGEST_NAME = 200
WORKER = (sys.executable, "-m", "services.files.worker")
_AT_ONCE = 2
"""Files that are read at a time; more wait, so that models keep their cores."""


def _command(kind: Kind) -> list[str]:
    return [*WORKER, kind]


class FileReader:
    """Reads files in threads and processes of its own.

    ``seconds`` is how long one file may take; ``command`` starts the process that
    reads a kind of file.
    """

    def __init__(
        self,
        seconds: float = READING_SECONDS,
        command: Callable[[Kind], list[str]] = _command,
    ) -> None:
        self._seconds = seconds
        self._command = command
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="files")
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()
        self._closed = False

    async def read(self, name: str, media_type: str, data: bytes) -> Attachment:
        """A file as it is attached to a message, with a new id.

        Raises:
            FileError: it cannot be read; the sentence says why and what to do.
        """
        if len(data) > MAX_FILE_BYTES:
            raise FileError("error.file_too_large", limit=MAX_FILE_BYTES // 1_000_000)
        loop = asyncio.get_running_loop()
        text = await loop.run_in_executor(self._threads, self._text, name, media_type, data)
        if len(text) > MAX_PROMPT_CHARACTERS:
            raise FileError("error.file_too_long", limit=f"{MAX_PROMPT_CHARACTERS:,}")
        if not text.strip():
            raise FileError("error.file_empty")
        return Attachment(str(uuid.uuid4()), named(name), media_type, text, data)

    async def aclose(self) -> None:
        """End what is being read."""
        with self._lock:
            self._closed = True
            for process in self._running:
                process.kill()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _text(self, name: str, media_type: str, data: bytes) -> str:
        kind = kind_of(name, media_type, data)
        if kind is Kind.PLAIN:
            return cleaned(uncoded(name, decoded(data)))
        return cleaned(self._apart(kind, data))

    def _apart(self, kind: Kind, data: bytes) -> str:
        """The text of a file with a structure, read by a process of its own."""
        with self._lock:
            if self._closed:
                raise FileError("error.file_too_slow")
            process = subprocess.Popen(  # noqa: S603 - our own module
                self._command(kind),
                cwd=_PROJECT,
                env=worker_environment(os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            self._running.add(process)
        with process:
            try:
                said, _ = process.communicate(data, timeout=self._seconds)
            except subprocess.TimeoutExpired:
                raise FileError("error.file_too_slow") from None
            finally:
                process.kill()
                with self._lock:
                    self._running.discard(process)
        return _answer(said)


def _answer(said: bytes) -> str:
    """What the process said; one that was ended by the system said nothing."""
    try:
        answer = json.loads(said)
    except ValueError:
        raise FileError("error.file_bomb") from None
    if "text" in answer:
        text: str = answer["text"]
        return text
    raise FileError(answer.pop("key"), **answer)


def named(name: str) -> str:
    """A file's name as one short line, without folders."""
    name = name.replace("\\", "/").rpartition("/")[2]
    line = " ".join(cleaned("".join(c if c.isprintable() else " " for c in name)).split())
    if len(line) <= _LONGEST_NAME:
        return line or "?"
    return line[: _LONGEST_NAME - 12] + "…" + line[-11:]
