"""Whether Qt can open a window here. Qt itself ends the process where it cannot."""

from __future__ import annotations

import ctypes
import importlib
import os
from collections.abc import Mapping
from pathlib import Path

_LIBRARIES = {"wayland": "libqwayland.so", "xcb": "libqxcb.so"}


class NoWebView(Exception):
    """Why there is no web view, in a few words."""


def check_qt(environ: Mapping[str, str]) -> None:
    """Find out, without risk, whether Qt's web view would start on Linux.

    Raises:
        NoWebView: a library is missing, or the screen cannot be reached.
    """
    try:
        importlib.import_module("PySide6.QtWebEngineWidgets")
        from PySide6.QtCore import QLibraryInfo
    except ImportError as error:
        raise NoWebView(str(error)) from error
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms"
    if reason := unusable(environ, plugins):
        raise NoWebView(reason)


def unusable(environ: Mapping[str, str], plugins: Path) -> str | None:
    """What keeps Qt's platform plugin in ``plugins`` from the screen of ``environ``."""
    wanted = environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if wanted and wanted not in _LIBRARIES:
        return None  # somebody knows what they do, such as "offscreen"
    reasons = []
    if wanted != "xcb" and environ.get("WAYLAND_DISPLAY"):
        reasons.append(_unloadable(plugins / _LIBRARIES["wayland"]))
    if wanted != "wayland" and (display := environ.get("DISPLAY")):
        reasons.append(_unloadable(plugins / _LIBRARIES["xcb"]) or _unreachable(display))
    if not reasons:
        return "no DISPLAY"
    return None if None in reasons else reasons[-1]


def _unloadable(library: Path) -> str | None:
    """Why ``library`` cannot be loaded; the linker names what is missing."""
    try:
        ctypes.CDLL(str(library), mode=os.RTLD_LAZY)
    except OSError as error:
        return str(error)
    return None


def _unreachable(display: str) -> str | None:
    """Why the X server cannot be reached.

    A connection that works stays open, as an X server that loses its only client
    starts anew, and Qt would meet it at that moment.
    """
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    if not xcb.xcb_connection_has_error(connection):
        return None
    xcb.xcb_disconnect(connection)
    return f"no connection to the screen {display}"
