"""The window of an installed browser, where there is no web view.

A Chromium in application mode shows the page without its own bars. It gets a
profile of our own in the data folder: so its end can be noticed, and it remembers
the window's size there. Where none is installed, the person's own browser opens
the page, and the program runs until it is stopped.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from desktop.quiet import SWITCHES, root_switches
from services.texts import say

END_SECONDS = 5.0
"""Until a browser that was asked to end is ended."""


class BrowserWindow:
    """A window of ``program``, or with ``None`` a page in the person's own browser."""

    def __init__(
        self,
        folder: Path,
        language: str,
        program: str | None,
        open_page: Callable[[str], Any] = webbrowser.open,
    ) -> None:
        self._profile, self._language, self._program = folder / "browser", language, program
        self._open_page = open_page
        self._url: str | None = None
        self._closed = threading.Event()

    def run(self, address: Future[str]) -> None:
        """Show the page at ``address`` once it is there; returns when the window is closed.

        Raises:
            RuntimeError: the server could not be started, or the browser failed.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.close())
        self._url = address.result()
        if self._program is None:
            print(say("window.browser_default", self._language, url=self._url), flush=True)
            self._open_page(self._url)
            self._closed.wait()
            return
        allow_notices(self._profile, self._url)
        with self._start(self._program, self._url) as browser:
            while browser.poll() is None and not self._closed.wait(0.1):
                pass
            failed = browser.poll()
            _end(browser)
        if failed:
            words = {"browser": self._program, "status": str(failed)}
            print(
                say("window.browser_failed", self._language, **words), file=sys.stderr, flush=True
            )
            raise RuntimeError("the browser failed")

    def front(self) -> None:
        """Show the page once more: a browser cannot be told to bring a window to the front.

        The first browser takes it over as a second window of the same chat.
        """
        if self._url is None:
            return
        if self._program is None:
            self._open_page(self._url)
            return
        with self._start(self._program, self._url) as messenger:
            messenger.wait()

    def close(self) -> None:
        """Close the window, from any thread."""
        self._closed.set()

    def _start(self, program: str, url: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - an installed browser
            command(program, self._profile, url, None if sys.platform == "win32" else os.geteuid()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def command(program: str, profile: Path, url: str, user: int | None) -> list[str]:
    """The command that opens ``url`` as a window of its own."""
    own = [f"--app={url}", f"--user-data-dir={profile}", "--class=nearside"]
    calm = ["--no-first-run", "--no-default-browser-check", "--disable-background-mode"]
    # No second copy of conversations on the disk, which would outlive their deletion.
    cache = ["--disk-cache-size=1"]
    return [program, *own, *calm, *cache, *SWITCHES, *root_switches(user)]


def allow_notices(profile: Path, url: str) -> None:
    """Let our own page show notices in our own profile, without asking the person."""
    path = profile / "Default" / "Preferences"
    try:
        noted = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        noted = {}
    node = noted
    for name in ("profile", "content_settings", "exceptions"):
        node = node.setdefault(name, {})
    node["notifications"] = {f"{url},*": {"setting": 1}}
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(json.dumps(noted), "utf-8")


def _end(browser: subprocess.Popen[bytes]) -> None:
    browser.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        browser.wait(END_SECONDS)
        return
    browser.kill()
