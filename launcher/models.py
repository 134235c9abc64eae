"""``python run.py models``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from launcher.environment import APP, Environment
from launcher.start import become


def models(root: Path, arguments: Sequence[str]) -> int:
    """Set up what is missing, then list, fetch, remove or choose local models.

    Raises:
        LauncherError: the environment is missing and cannot be made.
    """
    environment = Environment(root)
    environment.ensure(APP)
    return become(environment, "services.models.command", arguments)
