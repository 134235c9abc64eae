"""``python run.py desktop`` and ``package``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from launcher.environment import DESKTOP, Environment
from launcher.sentences import LauncherError
from launcher.start import become, has_screen


def desktop(root: Path, arguments: Sequence[str]) -> int:
    """Set up what is missing, then open the chat in a window of its own.

    Raises:
        LauncherError: there is no screen, or the environment cannot be made.
    """
    if not has_screen(os.environ):
        raise LauncherError("no_screen", 1)
    environment = Environment(root)
    environment.ensure(DESKTOP)
    return become(environment, "desktop.command", arguments)


def package(root: Path, arguments: Sequence[str]) -> int:
    """Set up what is missing, then make a folder that runs without Python.

    Raises:
        LauncherError: the environment is missing and cannot be made.
    """
    environment = Environment(root)
    environment.ensure(DESKTOP)
    return become(environment, "desktop.packaging", arguments)
