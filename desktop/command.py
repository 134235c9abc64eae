"""``python run.py desktop``: one window, one server, one end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

from desktop.browser_window import BrowserWindow
from desktop.display import NoWebView
from desktop.instance import Instance, bring_to_front
from desktop.server import ChatServer, command
from launcher.browsers import installed
from launcher.sentences import language as system_language
from launcher.start import has_screen
from services.errors import NearsideError
from services.running import running_at
from services.settings import load_settings
from services.texts import say

ROOT = Path(__file__).resolve().parent.parent
USAGE, FAILED = 2, 1


class Window(Protocol):
    """A window of any kind."""

    def run(self, address: Future[str]) -> None:
        """Show the page at ``address`` until the window is closed."""

    def front(self) -> None:
        """Bring it to the front, from any thread."""


def in_place(folder: Path) -> Path:
    """Chainlit's settings and the page's files where they are, whatever our ``folder``."""
    return ROOT


def main(arguments: Sequence[str], lay_out: Callable[[Path], Path] = in_place) -> int:
    """Open the window, or bring the one that is open to the front.

    ``arguments`` may hold ``--browser``. ``lay_out`` says, given the desktop's folder,
    where Chainlit's settings and the page's files lie. Returns the
    exit status: 1 for a window that cannot be had, 2 for an option or setting that
    cannot be used.
    """
    language = system_language()
    unknown = [argument for argument in arguments if argument != "--browser"]
    if unknown:
        return _give_up(say("window.option_unknown", language, option=unknown[0]), USAGE)
    if not has_screen(os.environ):
        return _give_up(say("window.no_screen", language), FAILED)
    try:
        data_dir = load_settings().data_dir
    except NearsideError as error:
        return _give_up(error.sentence(language), USAGE)
    folder = data_dir / "desktop"
    try:
        instance = Instance.claim(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        sentence = say("window.folder", language, folder=str(folder), reason=reason)
        return _give_up(sentence, FAILED)
    if instance is None:
        if not bring_to_front(folder):
            return _give_up(say("window.stuck", language), FAILED)
        print(say("window.already_open", language), flush=True)
        return 0
    return Desktop(folder, language, lay_out).run(
        instance, running_at(data_dir), browser="--browser" in arguments
    )


class Desktop:
    """The window and the server behind it."""

    def __init__(self, folder: Path, language: str, lay_out: Callable[[Path], Path]) -> None:
        self._folder, self._language, self._lay_out = folder, language, lay_out
        self._shown: Window | None = None

    def run(self, instance: Instance, url: str | None, *, browser: bool) -> int:
        """Show the chat until its window is closed; returns the exit status.

        ``url`` is a server that runs on the data folder already; without one, a
        server is started.
        """
        server = None
        address: Future[str] = Future()
        if url is not None:
            address.set_result(url)
        else:
            root, port = self._lay_out(self._folder), self._folder / "port.json"
            server = ChatServer(command([str(root), str(port)]))
            address = server.address
        try:
            instance.listen(self._front)
            self._show(address, browser=browser)
        except RuntimeError:  # the log has told why there is no server
            return _give_up(say("window.start_failed", self._language), FAILED)
        finally:
            instance.close()
            if server is not None:
                server.stop()
        return 0

    def _front(self) -> None:
        if self._shown is not None:
            self._shown.front()

    def _show(self, address: Future[str], *, browser: bool) -> None:
        if not browser:
            try:
                self._shown = view = self._web_view()
                view.run(address)
            except NoWebView as error:
                sentence = say("window.web_view_missing", self._language, reason=str(error))
                print(sentence, file=sys.stderr, flush=True)
            else:
                return
        self._shown = window = BrowserWindow(self._folder, self._language, installed())
        window.run(address)

    def _web_view(self) -> Window:
        try:
            from desktop.web_view import WebViewWindow
        except ImportError as error:
            raise NoWebView(str(error)) from error
        return WebViewWindow(self._folder, ROOT / "public", self._language)


def _give_up(sentence: str, status: int) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return status
