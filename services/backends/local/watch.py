"""Ends a model's work as soon as it is no longer wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self


class Interruption(Protocol):
    """Whether work is no longer wanted."""

    def __call__(self) -> bool:
        """Whether that is so by now."""
        ...

    def tell(self, listener: Callable[[], None] | None) -> None:
        """Call ``listener``, from another thread, whenever that may have changed.

        ``None`` ends this; no call is under way when it returns.
        """
        ...


class Stoppable(Protocol):
    """Something that works in native code."""

    def stop(self) -> None:
        """From another thread: end what it does now, with an error there."""
        ...

    def go_on(self) -> None:
        """Be usable again."""
        ...


class Watch:
    """While it lasts, ``worker`` is stopped once ``interrupted`` says so; for ``with``."""

    def __init__(self, worker: Stoppable, interrupted: Interruption) -> None:
        self._worker, self._interrupted = worker, interrupted
        self.stopped = False
        """Whether it was; what the worker was at is then to be forgotten."""

    def __enter__(self) -> Self:
        self._interrupted.tell(self._look)
        self._look()
        return self

    def __exit__(self, *reason: object) -> None:
        self._interrupted.tell(None)
        if self.stopped:
            self._worker.go_on()

    def _look(self) -> None:
        if not self.stopped and self._interrupted():
            self.stopped = True
            self._worker.stop()
