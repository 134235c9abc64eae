"""The window on the system's web view: Qt on Linux, WebView2 on Windows, WebKit on macOS."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import webview

from desktop import splash
from desktop.display import NoWebView, check_qt
from desktop.geometry import MIN_HEIGHT, MIN_WIDTH, Geometry, Screen, fitted, remember, remembered
from desktop.notices import Notices
from services.texts import say

ON_QT = sys.platform == "linux"
_TITLE, _MARKED = "Nearside", "● Nearside"
_NATIVE_MENU = {
    "global.saveFile": "window.save_as",
    "global.quit": "window.menu_quit",
    "cocoa.menu.about": "window.menu_about",
    "cocoa.menu.services": "window.menu_services",
    "cocoa.menu.view": "window.menu_view",
    "cocoa.menu.edit": "window.menu_edit",
    "cocoa.menu.hide": "window.menu_hide",
    "cocoa.menu.hideOthers": "window.menu_hide_others",
    "cocoa.menu.showAll": "window.menu_show_all",
    "cocoa.menu.quit": "window.menu_quit",
    "cocoa.menu.fullscreen": "window.menu_fullscreen",
    "cocoa.menu.cut": "window.cut",
    "cocoa.menu.copy": "window.copy",
    "cocoa.menu.paste": "window.paste",
    "cocoa.menu.selectAll": "window.select_all",
}
"""pywebview's words -> ours."""


class Bridge:
    """What the page may call: ``window.pywebview.api`` in ``public/notice.js``."""

    def __init__(self, mark: Callable[[bool], None], notices: Notices) -> None:
        self._mark, self._notices = mark, notices

    def answer_ready(self) -> None:
        """An answer has come while the person looks elsewhere."""
        self._mark(True)
        self._notices.answer_ready()

    def seen(self) -> None:
        """The person looks at the window again."""
        self._mark(False)


class WebViewWindow:
    """The window; its own files (size, the page's memory) lie in ``folder``.

    ``pictures`` holds ``favicon.svg`` and the notices' ``icon.png``.
    """

    def __init__(self, folder: Path, pictures: Path, language: str) -> None:
        self._folder, self._pictures, self._language = folder, pictures, language
        self._window: webview.Window | None = None
        self._front: Callable[[], None] | None = None
        self._note = folder / "geometry.json"

    def run(self, address: Future[str]) -> None:
        """Show the splash, then the chat at ``address``; returns when the window is closed.

        Raises:
            NoWebView: there is none here; nothing was shown.
        """
        if ON_QT:
            check_qt(os.environ)
            from desktop import qt

            qt.prepare(self._language, os.geteuid())
        webview.settings["ALLOW_DOWNLOADS"] = not ON_QT  # there ``qt`` does it
        try:
            self._window = self._create()
            webview.start(
                self._load,
                (address,),
                localization={theirs: say(ours, self._language) for theirs, ours in _WORDS},
                gui="qt" if ON_QT else None,
                private_mode=False,
                storage_path=str(self._folder / "web"),
            )
        except webview.WebViewException as error:
            raise NoWebView(str(error)) from error

    def front(self) -> None:
        """Bring the window to the front, from any thread."""
        if self._front is not None:
            self._front()

    def close(self) -> None:
        """Close the window, from any thread."""
        if self._window is not None:
            self._window.destroy()

    def _create(self) -> webview.Window:
        shown = fitted(remembered(self._note), _screens())
        icon = self._pictures / "icon.png"
        window = webview.create_window(
            _TITLE,
            html=self._splash("starting", busy=True),
            js_api=Bridge(self._mark, Notices(self._language, icon, self.front)),
            width=shown.width,
            height=shown.height,
            x=shown.x,
            y=shown.y,
            maximized=shown.maximized,
            min_size=(MIN_WIDTH, MIN_HEIGHT),
            text_select=True,
            zoomable=True,
        )
        if window is None:
            raise NoWebView("no window")
        window.events.before_show += self._dress
        window.events.closing += self._remember
        return window

    def _dress(self, window: webview.Window) -> None:
        """In the main thread, with the native window made and not yet shown."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.close())
        self._front = _front_of(window)
        if ON_QT:
            from desktop.qt import Dress

            dress = Dress(window.native, self._language, self._pictures / "favicon.svg")
            self._front = dress.front

    def _load(self, address: Future[str]) -> None:
        """In a thread of pywebview's."""
        window = self._window
        if window is None:
            return
        try:
            window.load_url(address.result())
        except (RuntimeError, CancelledError):
            window.load_html(self._splash("start_failed", busy=False), base_uri="")

    def _remember(self, window: webview.Window) -> None:
        remember(self._note, _geometry_of(window))

    def _mark(self, ready: bool) -> None:
        if self._window is not None:
            self._window.set_title(_MARKED if ready else _TITLE)

    def _splash(self, what: str, *, busy: bool) -> str:
        picture = (self._pictures / "favicon.svg").read_text("utf-8")
        sentence = say(f"window.{what}", self._language)
        return splash.page(sentence, self._language, picture, busy=busy)


_WORDS = tuple(_NATIVE_MENU.items())


def _screens() -> list[Screen]:
    return [Screen(found.x, found.y, found.width, found.height) for found in webview.screens]


def _geometry_of(window: webview.Window) -> Geometry:
    if ON_QT:
        from desktop.qt import geometry_of

        return geometry_of(window.native)
    return Geometry(window.width, window.height, window.x, window.y)


def _front_of(window: webview.Window) -> Callable[[], None]:
    minimized = [False]

    def note(value: bool) -> Callable[[], Any]:
        return lambda: minimized.__setitem__(0, value)

    window.events.minimized += note(True)
    window.events.restored += note(False)

    def front() -> None:
        if minimized[0]:
            window.restore()
        window.show()

    return front
