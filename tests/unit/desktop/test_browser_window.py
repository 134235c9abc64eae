"""A browser as the window, where there is no web view."""

from __future__ import annotations

import json
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from desktop.browser_window import BrowserWindow, allow_notices, command
from tests.desktop_window import PATIENCE

URL = "http://127.0.0.1:4711"


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The window takes Ctrl+C and SIGTERM for itself; afterwards they are ours again."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _address() -> Future[str]:
    address: Future[str] = Future()
    address.set_result(URL)
    return address


def _program(folder: Path, text: str) -> str:
    """A stand-in for the browser that notes its arguments."""
    path = folder / "browser"
    note = folder / "called.json"
    head = f"#!{sys.executable}\nimport json, sys, time\n"
    path.write_text(f"{head}open({str(note)!r}, 'w').write(json.dumps(sys.argv[1:]))\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_window_is_the_browsers_process(tmp_path: Path) -> None:
    """Its end is the window's end; it shows our page with a profile of our own."""
    BrowserWindow(tmp_path / "profile", "en", _program(tmp_path, "")).run(_address())
    called = json.loads((tmp_path / "called.json").read_text("utf-8"))
    assert f"--app={URL}" in called
    assert f"--user-data-dir={tmp_path / 'profile' / 'browser'}" in called
    assert any(argument == "--disable-background-networking" for argument in called)


def test_closing_ends_the_browser(tmp_path: Path) -> None:
    """A signal to the program reaches the browser too."""
    window = BrowserWindow(tmp_path / "profile", "en", _program(tmp_path, "time.sleep(600)"))
    note = tmp_path / "called.json"

    def close() -> None:
        while not note.exists():
            time.sleep(0.01)
        window.close()

    closer = threading.Thread(target=close)
    closer.start()
    window.run(_address())
    closer.join(PATIENCE)
    assert note.exists()


def test_a_browser_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A window that never was, or broke, is not taken for one that was closed."""
    program = _program(tmp_path, "sys.exit(7)")
    with pytest.raises(RuntimeError, match="browser"):
        BrowserWindow(tmp_path / "profile", "en", program).run(_address())
    said = capsys.readouterr().err
    assert f"The browser {program} ended with an error (status 7)." in said


def test_without_such_a_browser_the_persons_own_opens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence says so, and the program goes on until it is stopped."""
    opened: list[str] = []
    window = BrowserWindow(tmp_path, "de", None, opened.append)
    window.close()
    window.run(_address())
    assert opened == [URL]
    assert URL in capsys.readouterr().out
    window.front()
    assert opened == [URL, URL]


def test_a_server_that_failed_is_told(tmp_path: Path) -> None:
    """No window opens on nothing."""
    address: Future[str] = Future()
    address.set_exception(RuntimeError("no server"))
    with pytest.raises(RuntimeError, match="no server"):
        BrowserWindow(tmp_path, "en", "no-such-browser").run(address)


def test_root_alone_goes_without_the_sandbox(tmp_path: Path) -> None:
    """Chromium refuses to start for root otherwise; everybody else keeps it."""
    assert "--no-sandbox" in command("c", tmp_path, URL, 0)
    assert "--no-sandbox" not in command("c", tmp_path, URL, 1000)
    assert "--no-sandbox" not in command("c", tmp_path, URL, None)


def test_our_page_may_show_notices(tmp_path: Path) -> None:
    """In our profile, for our address; what the browser noted besides stays."""
    path = tmp_path / "Default" / "Preferences"
    allow_notices(tmp_path, URL)
    noted = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**noted, "browser": {"window": 1}}), "utf-8")
    allow_notices(tmp_path, "http://127.0.0.1:4712")
    noted = json.loads(path.read_text("utf-8"))
    exceptions = noted["profile"]["content_settings"]["exceptions"]
    assert exceptions["notifications"] == {"http://127.0.0.1:4712,*": {"setting": 1}}
    assert noted["browser"] == {"window": 1}
