"""The packaged program: what goes in, and how it starts its processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.frozen import PAGE_FILES, STARTED_AS_PROCESS, lay_out
from desktop.packaging import _DATA, icon_file, options
from desktop.server import MODULE
from services.backends.local.supervisor import WORKER
from services.files.reader import WORKER as READER
from services.models.foundry import HELPER
from tests.source import ROOT

FROZEN = str(ROOT / "desktop" / "frozen.py")


def test_every_process_of_ours_has_an_entrance() -> None:
    """The packaged program starts each module that the application starts with ``-m``."""
    assert set(STARTED_AS_PROCESS) == {WORKER[2], READER[2], HELPER[2], MODULE}


def test_no_other_module_can_be_started() -> None:
    """The packaged program is no Python for everybody."""
    path = {**os.environ, "PYTHONPATH": str(ROOT)}
    for rest in ([], ["os"]):
        ended = subprocess.run([sys.executable, FROZEN, "-m", *rest], env=path, check=False)
        assert ended.returncode == 2


def test_the_engine_starts_through_the_entrance() -> None:
    """It reads from its pipe and ends when that closes."""
    ended = subprocess.run(
        [sys.executable, FROZEN, "-m", WORKER[2]],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert ended.returncode == 0


def test_all_that_is_read_at_run_time_goes_in() -> None:
    """The files exist, and each data file beside our modules is among them."""
    assert all((ROOT / name).exists() for name in _DATA)
    below = (path for path in (ROOT / "services").rglob("*") if path.is_file())
    kept = {
        path.relative_to(ROOT).as_posix()
        for path in below
        if path.suffix in {".json", ".mako", ".txt"}
    }
    assert [name for name in kept if not any(name.startswith(data) for data in _DATA)] == []
    given = options(Path("target"), Path("work"))
    assert given[0] == FROZEN
    assert f"--add-data={ROOT / 'app.py'}:." in given
    assert f"--add-data={ROOT / 'models'}:models" in given


def test_the_pages_files_are_copied_afresh(tmp_path: Path) -> None:
    """The framework may write beside them; what an older version left goes."""
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "old").touch()
    root = lay_out(tmp_path)
    assert sorted(path.name for path in root.iterdir()) == sorted(PAGE_FILES)
    assert (root / ".chainlit" / "config.toml").is_file()


@pytest.mark.parametrize(("system", "start"), [("win32", b"\0\0\1\0\1\0"), ("darwin", b"icns")])
def test_the_icon_is_the_picture_with_a_head(system: str, start: bytes, tmp_path: Path) -> None:
    """As the two systems want it."""
    picture = (ROOT / "public" / "icon.png").read_bytes()
    made = icon_file(tmp_path, system).read_bytes()
    assert made.startswith(start)
    assert made.endswith(picture)
