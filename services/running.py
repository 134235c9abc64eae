"""Which server runs on a data folder, so that the desktop window can show that one.

Two servers on one folder would load the local model twice, and the second one's
start takes the first one's unfinished answers for interrupted ones.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from launcher.lock import try_lock

log = logging.getLogger(__name__)


def announce(data_dir: Path, url: str) -> int | None:
    """Note that a server answers at ``url``, until this process ends.

    Returns the descriptor that holds the note, ``None`` where another server has
    noted itself or the folder cannot be written; the server runs all the same.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(_lock(data_dir), os.O_RDWR | os.O_CREAT, 0o600)
        if not try_lock(held):
            os.close(held)
            return None
        _note(data_dir).write_text(url + "\n", "utf-8")
    except OSError as error:
        log.warning("%s cannot be written: %s", data_dir, error.strerror)
        return None
    return held


def running_at(data_dir: Path) -> str | None:
    """The address of the server that runs on ``data_dir``, if one does."""
    try:
        looked = os.open(_lock(data_dir), os.O_RDWR)
    except OSError:
        return None
    try:
        if try_lock(looked):
            return None  # a note that a server left behind
        return _note(data_dir).read_text("utf-8").strip() or None
    except OSError:
        return None
    finally:
        os.close(looked)


def _lock(data_dir: Path) -> Path:
    return data_dir / "running.lock"


def _note(data_dir: Path) -> Path:
    return data_dir / "running.url"
