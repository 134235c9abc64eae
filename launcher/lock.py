"""One set-up at a time, and a mark that survives an interrupted one."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType

from launcher.sentences import LauncherError, say

POLL_SECONDS = 0.2


class SetupLock:
    """A lock file beside the environment, released by the system when we die.

    On POSIX the descriptor is handed to pip as well (:meth:`fileno`): a pip that
    outlives a killed bootstrap still holds the lock, so that the next start does
    not rebuild the folder under its feet. The file's content is the mark: it is
    not empty while packages are being changed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def __enter__(self) -> SetupLock:
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise LauncherError("no_writing", folder=self._path.parent) from error
        told = False
        while not try_lock(self._file):
            if not told:
                print(say("waiting"), flush=True)
                told = True
            time.sleep(POLL_SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)
        self._file = -1

    @property
    def folder(self) -> Path:
        """The folder that is being set up."""
        return self._path.parent

    def fileno(self) -> int:
        """The descriptor, for a child that must hold the lock too."""
        return self._file

    @property
    def dirty(self) -> bool:
        """Whether a set-up was interrupted while it changed packages."""
        return os.fstat(self._file).st_size > 0

    def mark(self) -> None:
        """Note that packages are being changed from now on."""
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, b"changing packages\n")

    def clear(self) -> None:
        """Note that the packages are whole again."""
        os.ftruncate(self._file, 0)


if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 1 << 20  # far behind the mark, which must stay readable

    def try_lock(file: int) -> bool:
        """Lock an open file for this process, if no other has; whether it is ours now."""
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(file: int) -> bool:
        """Lock an open file for this process, if no other has; whether it is ours now."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
