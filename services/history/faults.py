"""Driver errors become ours here, and nowhere else."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.errors import (
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageLocked,
    StorageReadOnly,
)

_SQLITE: dict[int, type[StorageError]] = {
    sqlite3.SQLITE_PERM: StorageReadOnly,
    sqlite3.SQLITE_BUSY: StorageLocked,
    sqlite3.SQLITE_LOCKED: StorageLocked,
    sqlite3.SQLITE_READONLY: StorageReadOnly,
    sqlite3.SQLITE_CORRUPT: StorageCorrupt,
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_CANTOPEN: StorageReadOnly,
    sqlite3.SQLITE_NOTADB: StorageCorrupt,
}
"""Primary result codes, https://www.sqlite.org/rescode.html"""

_POSTGRESQL: dict[str, type[StorageError]] = {
    "25006": StorageReadOnly,
    "42501": StorageReadOnly,
    "55P03": StorageLocked,
    "40P01": StorageLocked,
    "40001": StorageLocked,
    "53100": StorageFull,
    "XX001": StorageCorrupt,
    "XX002": StorageCorrupt,
}
"""SQLSTATE values, https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_OS: dict[int, type[StorageError]] = {
    errno.ENOSPC: StorageFull,
    errno.EDQUOT: StorageFull,
    errno.EFBIG: StorageFull,
    errno.EROFS: StorageReadOnly,
    errno.EACCES: StorageReadOnly,
    errno.EPERM: StorageReadOnly,
}

_ROOM = 1024 * 1024
"""Bytes: with less than this left on a disk, an input/output error means "full"."""

FAULTS = (SQLAlchemyError, sqlite3.Error, OSError)
"""What a storage operation may raise instead of a ``StorageError``."""


def translate(error: BaseException, path: Path | None) -> StorageError:
    """The error of ours for one of :data:`FAULTS`. ``path`` is the SQLite file.

    The text of the driver's error is left behind: it may quote the statement's
    values, and these are prompts.
    """
    if isinstance(error, PoolTimeout):
        return StorageLocked()
    cause = error.orig if isinstance(error, StatementError) else error
    if isinstance(cause, sqlite3.Error):
        return _sqlite(cause, path)
    if isinstance(cause, OSError):
        return _OS.get(cause.errno or 0, StorageError)()
    return _POSTGRESQL.get(str(getattr(cause, "sqlstate", "")), StorageError)()


def _sqlite(error: sqlite3.Error, path: Path | None) -> StorageError:
    # "closed", "no active connection" and the like carry no code.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_IOERR and path and _is_full(path):
        return StorageFull()
    if code == sqlite3.SQLITE_CANTOPEN and path and path.is_dir():
        return StorageCorrupt()
    return _SQLITE.get(code, StorageError)()


def _is_full(path: Path) -> bool:
    return path.parent.is_dir() and shutil.disk_usage(path.parent).free < _ROOM
