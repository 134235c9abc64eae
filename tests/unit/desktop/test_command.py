"""``python run.py desktop`` as far as it goes without a window."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop.command import main
from desktop.instance import Instance
from services.running import announce, running_at
from services.texts import say


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a screen; nothing is drawn on it."""
    monkeypatch.setenv("DISPLAY", ":nobody")


@pytest.mark.usefixtures("screen")
def test_an_unknown_option_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, and status 2."""
    assert main(["--brwoser"]) == 2
    assert "--brwoser" in capsys.readouterr().err


def test_without_a_screen_the_server_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence says what works there."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 1
    assert "--headless" in capsys.readouterr().err


@pytest.mark.usefixtures("screen")
def test_a_wrong_setting_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any window, with the variable's name."""
    monkeypatch.setenv("NEARSIDE_CLOUD_SHARE", "lots")
    assert main([]) == 2
    assert "NEARSIDE_CLOUD_SHARE" in capsys.readouterr().err


@pytest.mark.usefixtures("screen")
def test_a_second_start_says_that_the_window_is_in_front(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And ends well, in the system's language."""
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    fronts: list[str] = []
    first = Instance.claim(data_dir / "desktop")
    assert first is not None
    first.listen(lambda: fronts.append("front"))
    assert main([]) == 0
    first.close()
    assert fronts == ["front"]
    assert say("window.already_open", "de") in capsys.readouterr().out


@pytest.mark.usefixtures("screen")
def test_a_folder_that_cannot_be_written_is_named(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason, and status 1."""
    data_dir.write_text("a file", "utf-8")
    assert main([]) == 1
    assert str(data_dir) in capsys.readouterr().err


def test_a_running_server_is_found(data_dir: Path) -> None:
    """The window shows the server that runs on the folder, and none that has ended."""
    assert running_at(data_dir) is None
    held = announce(data_dir, "http://127.0.0.1:8000")
    assert held is not None
    assert running_at(data_dir) == "http://127.0.0.1:8000"
    assert announce(data_dir, "http://127.0.0.1:8001") is None
    assert running_at(data_dir) == "http://127.0.0.1:8000"
    os.close(held)
    assert running_at(data_dir) is None
