"""How long to wait before a crashed worker is started again."""

from __future__ import annotations


class Backoff:
    """Waits 0, 1, 2, 4 ... seconds after consecutive crashes, ``longest`` at most.

    The first crash is forgiven at once, so that the next prompt is answered
    without a pause; only a worker that keeps crashing is slowed down.
    """

    def __init__(self, first: float = 1.0, longest: float = 30.0) -> None:
        self._first = first
        self._longest = longest
        self._crashes = 0
        self._last = 0.0

    def crashed(self, now: float) -> None:
        """Note a crash at ``now`` (seconds of a monotonic clock)."""
        self._crashes += 1
        self._last = now

    def succeeded(self) -> None:
        """Note an answer that was completed: past crashes are forgotten."""
        self._crashes = 0

    def remaining(self, now: float) -> float:
        """Seconds to wait at ``now`` before the next start."""
        if self._crashes < 2:
            return 0.0
        pause = min(self._longest, self._first * 2.0 ** (self._crashes - 2))
        return max(0.0, self._last + pause - now)
