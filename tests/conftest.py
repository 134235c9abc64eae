"""For all tests: no network but loopback, a clean environment, own folders.

A test fails when anything in it tried to reach beyond this computer, even if
the code under test took the refusal for an ordinary failure. A test that
provokes such an attempt on purpose takes the fixture ``network_attempts`` and
empties it with ``take()``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import isolation

pytest_plugins = ("pytester", "tests.strictness")

_LOG = pytest.StashKey[Path]()


class NetworkAttempts:
    """What tried to leave this computer since the last look."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def take(self) -> list[str]:
        """The attempts, one line each, and forget them."""
        if not self._log.exists():
            return []
        lines = self._log.read_text("utf-8").splitlines()
        self._log.unlink()
        return lines


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before anything is imported: clear the environment and close the network."""
    folder = Path(tempfile.mkdtemp(prefix="nearside-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder))
    config.stash[_LOG] = folder / "network.log"
    isolation.clear_environment()
    os.environ["NEARSIDE_DATA_DIR"] = str(folder / "data")
    isolation.close_network(config.stash[_LOG])


@pytest.fixture(autouse=True)
def network_attempts(pytestconfig: pytest.Config) -> Iterator[NetworkAttempts]:
    """What this test tried to reach outside; it fails if that is anything."""
    attempts = NetworkAttempts(pytestconfig.stash[_LOG])
    yield attempts
    left = attempts.take()
    if left:
        pytest.fail("tried to leave this computer:\n" + "\n".join(left), pytrace=False)


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data folder of this test alone (``NEARSIDE_DATA_DIR``), not yet made.

    The working directory is empty, so that no ``.env`` is read by accident, and
    every change of the environment ends with the test.
    """
    before = dict(os.environ)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    data = tmp_path / "data"
    monkeypatch.setenv("NEARSIDE_DATA_DIR", str(data))
    yield data
    os.environ.clear()
    os.environ.update(before)
