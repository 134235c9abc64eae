"""A small file of the data folder that is read again whenever it has changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class WatchedFile(Generic[T]):
    """What ``parse`` makes of the file at ``path``; ``empty`` where there is none.

    ``unreadable`` makes a value where the system refuses to read it. Neither may
    raise. May be used from any thread.
    """

    def __init__(
        self,
        path: Path,
        parse: Callable[[bytes], T],
        empty: T,
        unreadable: Callable[[OSError], T],
    ) -> None:
        self.path = path
        self._parse = parse
        self._empty = empty
        self._unreadable = unreadable
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | str | None = None
        self._value = empty

    def current(self) -> T:
        """The file as it stands now; costs a look at its date where it has not changed."""
        with self._lock:
            try:
                status = self.path.stat()
                seen = (status.st_mtime_ns, status.st_size, status.st_ino)
                if seen != self._seen:
                    self._value = self._parse(self.path.read_bytes())
                    self._seen = seen
            except FileNotFoundError:
                self._seen, self._value = None, self._empty
            except OSError as error:
                if self._seen != (trouble := str(error.errno)):
                    self._seen, self._value = trouble, self._unreadable(error)
            return self._value


def write_whole(path: Path, text: str) -> None:
    """Write ``text``, readable by its owner only: whole or not at all.

    Raises:
        OSError: it could not be written; what was there before is still there.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
