"""One window at a time."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from desktop.instance import Instance, bring_to_front
from tests.source import ROOT


def _claimed(folder: Path) -> Instance:
    instance = Instance.claim(folder)
    assert instance is not None
    return instance


def test_the_second_start_brings_the_first_window_to_the_front(tmp_path: Path) -> None:
    """It is told apart by the lock, and the first one hears of it."""
    fronts: queue.SimpleQueue[str] = queue.SimpleQueue()
    first = _claimed(tmp_path)
    first.listen(lambda: fronts.put("front"))
    assert Instance.claim(tmp_path) is None
    assert bring_to_front(tmp_path)
    first.close()
    assert fronts.get_nowait() == "front"
    assert fronts.empty()


def test_after_the_end_the_next_start_is_the_first(tmp_path: Path) -> None:
    """Nothing of an ended window keeps the next one from opening."""
    first = _claimed(tmp_path)
    first.listen(lambda: None)
    first.close()
    assert not (tmp_path / "instance.json").exists()
    _claimed(tmp_path).close()


def test_a_killed_window_leaves_no_obstacle(tmp_path: Path) -> None:
    """The system gives the lock back; the note and the socket that stayed are passed over."""
    program = (
        "import os, pathlib, sys\n"
        "from desktop.instance import Instance\n"
        "instance = Instance.claim(pathlib.Path(sys.argv[1]))\n"
        "instance.listen(lambda: None)\n"
        "os._exit(0)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)
    left = Path(json.loads((tmp_path / "instance.json").read_text("utf-8"))["address"])
    assert left.exists()
    assert not bring_to_front(tmp_path, patience=0)
    first = _claimed(tmp_path)
    first.listen(lambda: None)
    assert not left.exists()
    assert bring_to_front(tmp_path)
    first.close()


def test_a_deep_folder_for_temporary_files_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket's path may be about a hundred bytes long."""
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "not there"))
    first = _claimed(tmp_path)
    first.listen(lambda: None)
    assert bring_to_front(tmp_path)
    first.close()
    assert list(deep.iterdir()) == []


def test_strangers_are_not_heard(tmp_path: Path) -> None:
    """Without the key from the note nobody commands the window, and it goes on listening."""
    fronts: list[str] = []
    first = _claimed(tmp_path)
    first.listen(lambda: fronts.append("front"))
    note = json.loads((tmp_path / "instance.json").read_text("utf-8"))
    with pytest.raises((OSError, EOFError, Exception), match="digest"):
        Client(note["address"], authkey=b"guessed")
    assert fronts == []
    assert bring_to_front(tmp_path)
    first.close()


def test_the_note_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Other accounts of the computer cannot read the key."""
    first = _claimed(tmp_path / "desktop")
    first.listen(lambda: None)
    modes = [
        (tmp_path / "desktop" / name).stat().st_mode & 0o077 for name in (".", "instance.json")
    ]
    first.close()
    assert modes == [0, 0]
