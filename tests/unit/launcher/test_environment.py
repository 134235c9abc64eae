"""Setting up an environment, with real pip and a small package of our own."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from launcher.environment import APP, Environment
from launcher.lock import SetupLock
from launcher.sentences import LauncherError
from tests.source import ROOT

NAMES = APP
RECORD = "{name}.py,,\n{name}-1.0.dist-info/METADATA,,\n{name}-1.0.dist-info/RECORD,,\n"
ENSURE = (
    "import sys; from pathlib import Path; from launcher.environment import *;"
    "Environment(Path(sys.argv[1])).ensure(APP)"
)


def _package(folder: Path, name: str) -> None:
    """A wheel with one module."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"NAME = {name!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", RECORD.format(name=name))


def _require(root: Path, *names: str) -> None:
    lines = ["--no-index", f"--find-links '{root / 'index'}'", *(f"{name}==1.0" for name in names)]
    (root / "requirements.txt").write_text("\n".join(lines), "utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that needs one small package; making its environment takes seconds."""
    root = tmp_path_factory.mktemp("copy of nearside")
    _package(root / "index", "apple")
    (root / "constraints.txt").write_text("", "utf-8")
    _require(root, "apple")
    environment = Environment(root)
    assert not environment.ready(NAMES)
    environment.ensure(NAMES)
    return root


@pytest.fixture
def root(copy: Path) -> Path:
    """The shared repository, brought back to its first state."""
    (copy / ".venv.lock").unlink(missing_ok=True)
    _require(copy, "apple")
    Environment(copy).ensure(NAMES)
    return copy


def _has(environment: Environment, name: str) -> bool:
    command = [str(environment.python), "-c", f"import {name}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_fresh_set_up_installs_what_is_required(root: Path) -> None:
    """After it, the environment is ready and its leftovers are gone."""
    environment = Environment(root)
    assert environment.ready(NAMES)
    assert _has(environment, "apple")
    assert not (environment.folder / "wheels").exists()


def test_a_second_start_touches_nothing(root: Path) -> None:
    """Nothing is said, locked or written when the environment is ready."""
    before = (root / ".venv" / "nearside.json").stat().st_mtime_ns
    (root / ".venv.lock").unlink(missing_ok=True)
    Environment(root).ensure(NAMES)
    assert (root / ".venv" / "nearside.json").stat().st_mtime_ns == before
    assert not (root / ".venv.lock").exists()


def test_changed_requirements_are_installed(root: Path) -> None:
    """A new version of Nearside brings its packages with the next start."""
    _package(root / "index", "pear")
    _require(root, "apple", "pear")
    environment = Environment(root)
    assert not environment.ready(NAMES)
    environment.ensure(NAMES)
    assert environment.ready(NAMES)
    assert _has(environment, "pear")


def test_a_failed_update_leaves_what_works(root: Path) -> None:
    """A package that cannot be fetched is named, and nothing that was there is lost."""
    _require(root, "apple", "quince")
    with pytest.raises(LauncherError, match="package index does not offer"):
        Environment(root).ensure(NAMES)
    assert _has(Environment(root), "apple")
    _require(root, "apple")
    assert Environment(root).ready(NAMES)


def test_a_moved_folder_is_not_ready(root: Path, tmp_path: Path) -> None:
    """Scripts in an environment hold its place; a copy elsewhere is made anew."""
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("requirements.txt", "constraints.txt"):
        (moved / name).write_text((root / name).read_text("utf-8"), "utf-8")
    (moved / ".venv").symlink_to(root / ".venv")
    assert not Environment(moved).ready(NAMES)


def test_starts_at_the_same_time_repair_an_interrupted_set_up_once(root: Path) -> None:
    """Two starts find a half changed environment; one rebuilds it, the other waits."""
    (root / ".venv" / "nearside.json").unlink()
    (root / ".venv.lock").write_text("changing packages\n", "utf-8")
    (root / ".venv" / "half-made").write_text("", "utf-8")
    command = [sys.executable, "-c", ENSURE, str(root)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    starts = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [start.communicate()[0] for start in starts]
    assert [start.returncode for start in starts] == [0, 0]
    assert sum("interrupted" in text for text in said) == 1
    assert sum("waiting" in text for text in said) == 1
    assert not (root / ".venv" / "half-made").exists()
    assert Environment(root).ready(NAMES)
    assert _has(Environment(root), "apple")


def test_the_mark_survives_a_killed_set_up(tmp_path: Path) -> None:
    """The system frees the lock of a dead process; the mark tells what it was doing."""
    path = tmp_path / "lock"
    program = (
        "import os, signal, sys; from pathlib import Path; from launcher.lock import SetupLock\n"
        "with SetupLock(Path(sys.argv[1])) as lock:\n"
        "    lock.mark(); os.kill(os.getpid(), signal.SIGTERM)"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program, str(path)], env=environ, check=False)
    with SetupLock(path) as lock:
        assert lock.dirty
        lock.clear()
        assert not lock.dirty


def test_a_folder_without_rights_is_named(tmp_path: Path) -> None:
    """A set-up that may not write says where."""
    with pytest.raises(LauncherError, match="may not write"), SetupLock(tmp_path / "no" / "lock"):
        pass
