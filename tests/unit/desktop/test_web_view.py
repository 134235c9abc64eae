"""What stands around the page in the web view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWebEngineCore import QWebEngineDownloadRequest
from webview.localization import original_localization

from desktop import qt, splash
from desktop.quiet import NOBODY_BUT_US
from desktop.web_view import _NATIVE_MENU, Bridge
from services.texts import LANGUAGES, say

INTERRUPTED = QWebEngineDownloadRequest.DownloadState.DownloadInterrupted


class Download:
    """A download as Chromium offers it."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.listeners: list[Any] = []
        self.stateChanged = self

    def connect(self, listener: Any) -> None:
        self.listeners.append(listener)

    def suggestedFileName(self) -> str:  # noqa: N802 - Qt's name
        return "nearside.md"

    def interruptReasonString(self) -> str:  # noqa: N802 - Qt's name
        return "disk full"

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.done.append((name, *arguments))


def _save(download: Download, answer: str) -> tuple[list[str], list[str]]:
    asked: list[str] = []
    complaints: list[str] = []
    qt.save(download, lambda path: asked.append(path) or answer, complaints.append)  # type: ignore[arg-type, func-returns-value]  # a stand-in
    return asked, complaints


def test_a_file_goes_where_the_person_says(tmp_path: Path) -> None:
    """The dialog proposes the server's name for it."""
    download = Download()
    asked, complaints = _save(download, str(tmp_path / "mine.md"))
    assert [Path(path).name for path in asked] == ["nearside.md"]
    folder, name = ("setDownloadDirectory", str(tmp_path)), ("setDownloadFileName", "mine.md")
    assert download.done == [folder, name, ("accept",)]
    assert complaints == []


def test_a_dialog_that_is_closed_saves_nothing() -> None:
    """Nothing is written anywhere."""
    download = Download()
    _save(download, "")
    assert download.done == [("cancel",)]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With the reason; a download that goes well says nothing."""
    download = Download()
    _, complaints = _save(download, str(tmp_path / "mine.md"))
    download.listeners[0](QWebEngineDownloadRequest.DownloadState.DownloadCompleted)
    assert complaints == []
    download.listeners[0](INTERRUPTED)
    assert complaints == ["disk full"]


def test_the_web_view_finds_no_host_but_this_computer() -> None:
    """Every name leads nowhere, loopback excepted."""
    assert "MAP * ~NOTFOUND" in NOBODY_BUT_US
    assert "EXCLUDE 127.0.0.1" in NOBODY_BUT_US


def test_the_page_tells_of_an_answer() -> None:
    """It marks the title and sends the notice; looking at the window takes the mark away."""
    told: list[object] = []

    class Told:
        def answer_ready(self) -> None:
            told.append("notice")

    bridge = Bridge(told.append, Told())  # type: ignore[arg-type]  # a stand-in
    bridge.answer_ready()
    bridge.seen()
    assert told == [True, "notice", False]


def test_the_bridge_offers_nothing_else() -> None:
    """What the page may call is two words."""
    offered = {name for name in dir(Bridge) if not name.startswith("_")}
    assert offered == {"answer_ready", "seen"}


def test_the_systems_menus_speak_our_languages() -> None:
    """Each word that pywebview has for a menu of ours is translated."""
    assert _NATIVE_MENU.keys() <= original_localization.keys()
    menus = {name for name in original_localization if name.startswith("cocoa.menu")}
    assert menus <= _NATIVE_MENU.keys()
    for language in LANGUAGES:
        assert all(say(key, language) for key in _NATIVE_MENU.values())


@pytest.mark.parametrize("busy", [True, False])
def test_the_splash_needs_nothing_but_itself(busy: bool) -> None:
    """No file, script or host; what it says is text."""
    page = splash.page("1 < 2", "de", "<svg></svg>", busy=busy)
    assert "1 &lt; 2" in page
    assert 'lang="de"' in page
    assert "http" not in page
    assert "src=" not in page
    assert "prefers-color-scheme: dark" in page
