"""Size and place of the window, remembered in the data folder."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MIN_WIDTH, MIN_HEIGHT = 420, 480
"""Points. Below, the message box and its buttons no longer fit side by side."""
GRIP = 80
"""Points of the window's top edge that must lie on a screen, so that it can be dragged."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen's rectangle in points."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Geometry:
    """A window's size and place in points; without ``x`` and ``y`` the middle of the screen."""

    width: int = 1100
    height: int = 780
    x: int | None = None
    y: int | None = None
    maximized: bool = False


def remembered(path: Path) -> Geometry:
    """What was noted last; where that cannot be read, the default."""
    try:
        noted = json.loads(path.read_text("utf-8"))
        geometry = Geometry(**noted)
        numbers = (geometry.width, geometry.height, geometry.x or 0, geometry.y or 0)
        if all(isinstance(number, int) for number in numbers):
            return geometry
    except FileNotFoundError:
        return Geometry()
    except (OSError, ValueError, TypeError):
        pass
    log.warning("%s cannot be read; the window opens in its usual size", path)
    return Geometry()


def remember(path: Path, geometry: Geometry) -> None:
    """Note ``geometry`` for the next start; what cannot be written is told in the log."""
    fresh = path.with_suffix(".new")
    try:
        fresh.write_text(json.dumps(asdict(geometry)) + "\n", "utf-8")
        fresh.replace(path)
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error.strerror)


def fitted(geometry: Geometry, screens: Sequence[Screen]) -> Geometry:
    """``geometry`` as it can be shown: no larger than a screen, and to be got hold of.

    A window whose screen has been unplugged comes to the middle of the first one.
    """
    if not screens:
        return geometry
    held = next((screen for screen in screens if _holds(screen, geometry)), None)
    screen = held or screens[0]
    return Geometry(
        width=max(MIN_WIDTH, min(geometry.width, screen.width)),
        height=max(MIN_HEIGHT, min(geometry.height, screen.height)),
        x=geometry.x if held else None,
        y=geometry.y if held else None,
        maximized=geometry.maximized,
    )


def _holds(screen: Screen, geometry: Geometry) -> bool:
    if geometry.x is None or geometry.y is None:
        return False
    left = max(screen.x, geometry.x)
    right = min(screen.x + screen.width, geometry.x + geometry.width)
    above = screen.y <= geometry.y <= screen.y + screen.height - GRIP
    return above and right - left >= GRIP
