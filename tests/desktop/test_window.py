"""The window opens, answers, comes to the front and ends, with nothing left behind."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import browser_path
from tests.desktop_window import COMMAND, TITLE, environment, opened, screen, windows

PROMPT = "Hello!"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A screen for the tests of this file."""
    with screen() as name:
        yield name


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path: Chromium makes a socket in it, whose path may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="n") as folder:
        yield Path(folder)


async def test_the_window_answers_and_ends_clean(display: str, tmp_path: Path) -> None:
    """Prompt, answer, second start, close: one window, remembered, and no process left.

    All of it without a network, as in every test here.
    """
    async with opened(display, tmp_path) as desktop:
        assert await desktop.ask(PROMPT)
        _keep(await desktop.picture())
        second = await asyncio.to_thread(_second_start, display, tmp_path)
        assert second.returncode == 0, second.stderr
        assert "in front" in second.stdout
        assert len(windows(display, TITLE)) == 1
        assert await desktop.close() == 0
        assert await desktop.left() == []
    noted = json.loads((tmp_path / "data" / "desktop" / "geometry.json").read_text("utf-8"))
    assert (noted["width"], noted["height"]) == (1100, 780)
    assert (tmp_path / "data" / "history.db").is_file()


async def test_a_browser_stands_in_for_the_web_view(display: str, short: Path) -> None:
    """Where there is no web view, a browser shows the chat in a window that ends the same way."""
    link = short / "bin" / "chromium"
    link.parent.mkdir()
    link.symlink_to(browser_path())
    path = {**os.environ, "PATH": f"{link.parent}{os.pathsep}{os.environ['PATH']}"}
    async with opened(display, short, "--browser", environ=path) as desktop:
        await desktop.shown()
        assert await desktop.close() == 0
        assert await desktop.left() == []


def _second_start(display: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND, env=environment(display, folder), capture_output=True, text=True, check=False
    )


def _keep(picture: bytes) -> None:
    """Put the screenshot where somebody wants to see it (``NEARSIDE_TEST_PICTURES``)."""
    if folder := os.environ.get("NEARSIDE_TEST_PICTURES"):
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        (path / "desktop.png").write_bytes(picture)
