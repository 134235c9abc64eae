"""What the window needs on Qt beyond what pywebview does there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QCoreApplication,
    QLibraryInfo,
    QLocale,
    QObject,
    QPoint,
    QStandardPaths,
    Qt,
    QTranslator,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWebEngineCore import QWebEngineDownloadRequest, QWebEnginePage, QWebEngineProfile
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox

from desktop.geometry import Geometry
from desktop.quiet import NOBODY_BUT_US, SWITCHES, root_switches
from desktop.splash import DARK, LIGHT
from services.texts import say

FLAGS = "QTWEBENGINE_CHROMIUM_FLAGS"
_CACHE_BYTES = 64 << 20
_TAGS = {"de": "de-DE", "en": "en-US"}


def prepare(language: str, user: int | None) -> None:
    """Make the application object under our own name and with a web view that calls nobody.

    To be called before pywebview, which takes an application that is there.
    """
    switches = (*SWITCHES, NOBODY_BUT_US, *root_switches(user), f"--lang={_TAGS[language]}")
    quoted = [f'"{switch}"' if " " in switch else switch for switch in switches]
    os.environ[FLAGS] = " ".join([*filter(None, [os.environ.get(FLAGS)]), *quoted])
    os.environ["QT_API"] = "pyside6"
    os.environ["PYWEBVIEW_GUI"] = "qt"
    translate(QApplication(["nearside"]), language)
    QApplication.setApplicationDisplayName("Nearside")
    QGuiApplication.setDesktopFileName("nearside")


def translate(application: QCoreApplication, language: str) -> None:
    """Let Qt's own dialogs, such as the one for saving, speak ``language``.

    English is what they speak by themselves.
    """
    texts = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if texts.load(QLocale(language), "qtbase", "_", folder):
        application.installTranslator(texts)


class Dress(QObject):
    """The parts around a pywebview window: icon, colours, menu, saving, coming to the front."""

    _front = Signal()

    def __init__(self, window: Any, language: str, icon: Path) -> None:
        super().__init__(window)
        self._window, self._language = window, language
        window.setWindowIcon(QIcon(str(icon)))
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        self._page: QWebEnginePage = window.webview.page()
        self._page.setBackgroundColor(DARK if dark else LIGHT)
        profile: QWebEngineProfile = window.profile
        # On the disk, so that the page's script is there, and compiled, at the next start. It
        # gets no conversations, which would outlive their deletion: see ``services/api/transfer``.
        profile.setHttpCacheType(QWebEngineProfile.HttpCacheType.DiskHttpCache)
        profile.setHttpCacheMaximumSize(_CACHE_BYTES)
        profile.setHttpAcceptLanguage(_TAGS[language])
        profile.downloadRequested.connect(self._save)
        window.webview.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        window.webview.customContextMenuRequested.connect(self._menu)
        self._front.connect(self._to_front)

    def front(self) -> None:
        """Bring the window to the front, from any thread."""
        self._front.emit()

    def _to_front(self) -> None:
        state = self._window.windowState() & ~Qt.WindowState.WindowMinimized
        self._window.setWindowState(state | Qt.WindowState.WindowActive)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def _save(self, download: QWebEngineDownloadRequest) -> None:
        save(download, self._ask, lambda reason: self._complain(reason))

    def _ask(self, proposed: str) -> str:
        title = say("window.save_as", self._language)
        return QFileDialog.getSaveFileName(self._window, title, proposed)[0]

    def _complain(self, reason: str) -> None:
        sentence = say("window.save_failed", self._language, reason=reason)
        QMessageBox.warning(self._window, "Nearside", sentence)

    def _menu(self, place: QPoint) -> None:
        menu = QMenu(self._window)
        for key, action in MENU.items():
            entry = self._page.action(action)
            if entry.isEnabled():
                own = menu.addAction(say(f"window.{key}", self._language))
                own.triggered.connect(entry.trigger)
        if not menu.isEmpty():
            menu.exec(self._window.webview.mapToGlobal(place))


MENU = {
    "cut": QWebEnginePage.WebAction.Cut,
    "copy": QWebEnginePage.WebAction.Copy,
    "copy_link": QWebEnginePage.WebAction.CopyLinkToClipboard,
    "paste": QWebEnginePage.WebAction.Paste,
    "select_all": QWebEnginePage.WebAction.SelectAll,
}
"""What the right mouse button offers: of Chromium's menu what is of use in a chat."""


def save(
    download: QWebEngineDownloadRequest,
    ask: Callable[[str], str],
    complain: Callable[[str], None],
) -> None:
    """Save a file where ``ask`` says, which gets a proposal and answers a path or nothing.

    ``complain`` gets the reason if it could not be written.
    """
    usual = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation)
    chosen = ask(str(Path(usual) / download.suggestedFileName()))
    if not chosen:
        download.cancel()
        return
    failed = QWebEngineDownloadRequest.DownloadState.DownloadInterrupted

    def look(state: QWebEngineDownloadRequest.DownloadState) -> None:
        if state == failed:
            complain(download.interruptReasonString())

    download.stateChanged.connect(look)
    download.setDownloadDirectory(str(Path(chosen).parent))
    download.setDownloadFileName(Path(chosen).name)
    download.accept()


def geometry_of(window: Any) -> Geometry:
    """Size and place of a pywebview window; of a maximized one those that it goes back to."""
    maximized = bool(window.isMaximized())
    normal = window.normalGeometry()
    place = normal.topLeft() if maximized else window.pos()
    return Geometry(normal.width(), normal.height(), place.x(), place.y(), maximized)
