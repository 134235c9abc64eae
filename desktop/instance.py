"""One window at a time on a data folder; a second start brings the first to the front.

A lock, which the system releases when its holder dies, says who is first. Whoever
comes second finds in a note beside it where the first one listens: a socket in
the file system (on Windows a named pipe) with a key that only the owner of the
data folder can read.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from pathlib import Path

from launcher.lock import try_lock

_FRONT, _END, _DONE = b"front", b"end", b"done"
PATIENCE_SECONDS = 10.0
"""For a first start that has the lock and does not listen yet, or that is just ending."""
_PAUSE_SECONDS = 0.1
_LONGEST_PATH = 100
"""Bytes of a socket's path: Linux takes 107, macOS 103."""
_BROKEN = (OSError, EOFError, AuthenticationError)
"""A connection that came to nothing."""


class Instance:
    """The right to show the window, held until :meth:`close`."""

    def __init__(self, folder: Path, lock: int) -> None:
        self._note = folder / "instance.json"
        self._lock = lock
        self._address, self._key = _fresh_address(), secrets.token_bytes(32)
        self._thread: threading.Thread | None = None

    @classmethod
    def claim(cls, folder: Path) -> Instance | None:
        """The instance for ``folder``, which is made if need be; ``None`` if another has it.

        Raises:
            OSError: the folder cannot be written.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "instance.lock", os.O_RDWR | os.O_CREAT, 0o600)
        if try_lock(lock):
            return cls(folder, lock)
        os.close(lock)
        return None

    def listen(self, front: Callable[[], None]) -> None:
        """Call ``front``, in a thread, whenever another start wants the window shown."""
        if (left := _noted(self._note)) and sys.platform != "win32":
            Path(left[0]).unlink(missing_ok=True)  # of a window that was killed
        listener = Listener(self._address, authkey=self._key)
        descriptor = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"address": self._address, "key": self._key.hex()}, file)
        self._thread = threading.Thread(
            target=_serve, args=(listener, front), name="instance", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Give the right back."""
        if self._thread is not None:
            self._note.unlink(missing_ok=True)
            _tell(self._address, self._key, _END)
            self._thread.join()
        os.close(self._lock)


def bring_to_front(folder: Path, patience: float = PATIENCE_SECONDS) -> bool:
    """Ask the holder of ``folder`` to show its window; whether it did, within ``patience``."""
    end = time.monotonic() + patience
    while True:
        noted = _noted(folder / "instance.json")
        if noted and _tell(*noted, _FRONT):
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(_PAUSE_SECONDS)


def _serve(listener: Listener, front: Callable[[], None]) -> None:
    wish = b""
    while wish != _END:
        # A stranger without the key, or a second start that died meanwhile: nothing to do.
        with contextlib.suppress(*_BROKEN), listener.accept() as connection:
            wish = connection.recv_bytes(len(_FRONT))
            if wish == _FRONT:
                front()
            connection.send_bytes(_DONE)
    listener.close()


def _tell(address: str, key: bytes, wish: bytes) -> bool:
    try:
        with Client(address, authkey=key) as connection:
            connection.send_bytes(wish)
            return connection.recv_bytes(len(_DONE)) == _DONE
    except _BROKEN:
        return False


def _noted(path: Path) -> tuple[str, bytes] | None:
    try:
        note = json.loads(path.read_text("utf-8"))
        return str(note["address"]), bytes.fromhex(note["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fresh_address() -> str:
    name = f"nearside-{secrets.token_hex(8)}"
    if sys.platform == "win32":
        return rf"\\.\pipe\{name}"
    # Not the data folder, nor a deep folder for temporary files: the path must be short.
    folders = [os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"]  # noqa: S108
    paths = [Path(folder) / f"{name}.socket" for folder in folders if folder]
    return str(next((path for path in paths if _fits(path)), paths[-1]))


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= _LONGEST_PATH and os.access(path.parent, os.W_OK)
