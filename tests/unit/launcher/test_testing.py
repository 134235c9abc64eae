"""What ``python run.py test`` needs besides packages."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from launcher.sentences import LauncherError
from launcher.testing import BROWSER_VARIABLE, _call, browser, checks


def test_a_named_browser_is_used(tmp_path: Path) -> None:
    """``NEARSIDE_TEST_BROWSER`` wins over what is installed."""
    program = tmp_path / "my-browser"
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert browser({BROWSER_VARIABLE: str(program)}) == str(program)


def test_a_named_browser_that_is_missing_is_not_replaced_silently(tmp_path: Path) -> None:
    """A wrong path gets a sentence, not another browser."""
    with pytest.raises(LauncherError, match=BROWSER_VARIABLE):
        browser({BROWSER_VARIABLE: str(tmp_path / "no-such-browser")})


@pytest.mark.parametrize(("command", "status"), [("exit 3", 3), ("kill -TERM $$", 143)])
def test_a_failing_step_keeps_its_status(tmp_path: Path, command: str, status: int) -> None:
    """The status of the step is that of the whole run; a signal is 128 + its number."""
    assert _call(["sh", "-c", command], tmp_path, {}) == status


def test_pytest_comes_last() -> None:
    """Options mean pytest, which is the only check run with them."""
    assert [name for name, _ in checks([])] == ["ruff check", "ruff format", "mypy", "pytest"]
    assert checks(["-k", "router"]) == [("pytest", ("pytest", "-k", "router"))]
