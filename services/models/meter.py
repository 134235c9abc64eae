"""From percentages and moments to speed and time left. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW_SECONDS = 20.0
"""The speed is that of this last while: long enough to be calm, short enough to
follow a connection that changes."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is: percent, MiB, MiB a second and seconds left.

    Speed and time left are ``None`` until there is something to tell them from.
    """

    percent: float
    done_mb: float | None = None
    speed: float | None = None
    seconds_left: float | None = None


class Meter:
    """Turns the percentages of one download of ``size_mb`` MiB into :class:`Progress`."""

    def __init__(self, size_mb: int | None) -> None:
        self._size = size_mb
        self._points: deque[tuple[float, float]] = deque()

    def at(self, percent: float, moment: float) -> Progress:
        """The progress at ``moment`` (seconds of a clock that never goes back)."""
        points = self._points
        points.append((moment, percent))
        while len(points) > 2 and moment - points[0][0] > WINDOW_SECONDS:
            points.popleft()
        first_moment, first_percent = points[0]
        rate = 0.0
        if moment > first_moment:
            rate = (percent - first_percent) / (moment - first_moment)
        left = (100.0 - percent) / rate if rate > 0 else None
        if self._size is None:
            return Progress(percent, seconds_left=left)
        speed = rate * self._size / 100 if rate > 0 else None
        return Progress(percent, percent * self._size / 100, speed, left)
