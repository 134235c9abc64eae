"""``python run.py calibrate``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from launcher.environment import APP, Environment
from launcher.start import become


def calibrate(root: Path, arguments: Sequence[str]) -> int:
    """Set up what is missing, then learn from the judged answers.

    Raises:
        LauncherError: the environment is missing and cannot be made.
    """
    environment = Environment(root)
    environment.ensure(APP)
    return become(environment, "services.calibrate", arguments)
