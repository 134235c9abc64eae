"""``python run.py notebook``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from launcher.environment import NOTEBOOK, Environment
from launcher.sentences import say
from launcher.start import become, has_screen

FOLDER = "notebooks"
FIRST = "exploration.ipynb"


def notebook(root: Path, arguments: Sequence[str]) -> int:
    """Set up what is missing, then open JupyterLab on the folder of notebooks.

    Raises:
        LauncherError: the environment is missing and cannot be made.
    """
    environment = Environment(root)
    environment.ensure(NOTEBOOK)
    print(say("notebook_starting"), flush=True)
    return become(environment, "launcher.lab", options(arguments, screen=has_screen(os.environ)))


def options(arguments: Sequence[str], *, screen: bool) -> list[str]:
    """What JupyterLab is called with: ``--headless`` is ours, all others are passed on."""
    rest = [argument for argument in arguments if argument != "--headless"]
    quiet = ["--no-browser"] if not screen or len(rest) < len(arguments) else []
    return [*quiet, *rest]
