"""Copies of the database file, made before a migration touches it.

They lie in ``backups`` beside the file, named after the revision that they
hold. The newest three are kept, and none for longer than thirty days: a backup
also holds what was deleted since, so it must not stay for ever.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

KEPT = 3
MAX_AGE = 30 * 24 * 3600.0
"""Seconds after which a backup is removed at the next start."""


def backups(path: Path) -> list[Path]:
    """The backups of the database file ``path``, oldest first."""
    found = (path.parent / "backups").glob(f"{path.stem}-*.db")
    return sorted(found, key=lambda backup: (backup.stat().st_mtime_ns, backup.name))


async def back_up(path: Path, revision: str) -> Path:
    """Copy the SQLite file ``path`` with all that its write-ahead log holds.

    Raises:
        sqlite3.Error, OSError: there is no (complete) backup.
    """
    return await asyncio.to_thread(_copy, path, revision)


async def prune(path: Path) -> None:
    """Remove the backups that are too many or too old."""
    await asyncio.to_thread(_prune, path)


def _copy(path: Path, revision: str) -> Path:
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    target = folder / f"{path.stem}-{revision}-{moment}.db"
    unfinished = target.with_suffix(".part")
    unfinished.touch(mode=0o600)
    try:
        # SQLite's own backup: a plain copy of the file would miss the log.
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as sink:
            source.backup(sink)
        unfinished.rename(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _prune(path)
    return target


def _prune(path: Path) -> None:
    oldest = time.time() - MAX_AGE
    existing = backups(path)
    for number, backup in enumerate(existing):
        if number < len(existing) - KEPT or backup.stat().st_mtime < oldest:
            backup.unlink()
