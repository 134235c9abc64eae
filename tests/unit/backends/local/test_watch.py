"""Stopping work that nobody wants any more."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from services.backends.local.watch import Watch


class _Worker:
    """Works until it is stopped."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._ended = threading.Event()

    def work(self) -> None:
        self._ended.wait()

    def fail(self) -> None:
        self.work()
        raise LookupError

    def stop(self) -> None:
        self.said.append("stop")
        self._ended.set()

    def go_on(self) -> None:
        self.said.append("go on")


class _Wish:
    """An interruption that can be made to come."""

    def __init__(self, *, unwanted: bool = False) -> None:
        self.unwanted = unwanted
        self.listener: Callable[[], None] | None = None

    def __call__(self) -> bool:
        return self.unwanted

    def tell(self, listener: Callable[[], None] | None) -> None:
        self.listener = listener

    def news(self) -> None:
        if self.listener is not None:
            self.listener()


def test_work_that_is_not_wanted_is_stopped_and_usable_again() -> None:
    """Also in the middle of a call that never looks up; other news do no harm."""
    worker, wish = _Worker(), _Wish()
    with Watch(worker, wish) as watch:
        wish.news()
        assert worker.said == []
        wish.unwanted = True
        threading.Thread(target=wish.news).start()
        worker.work()
        assert watch.stopped
        wish.news()
        assert worker.said == ["stop"]
    assert worker.said == ["stop", "go on"]


def test_work_that_was_never_wanted_is_stopped_at_once() -> None:
    """The news may have come before anybody watched."""
    worker = _Worker()
    with Watch(worker, _Wish(unwanted=True)) as watch:
        worker.work()
        assert watch.stopped


def test_wanted_work_is_left_alone() -> None:
    """And nobody listens when it is over."""
    worker, wish = _Worker(), _Wish()
    with Watch(worker, wish) as watch:
        assert not watch.stopped
    wish.unwanted = True
    wish.news()
    assert worker.said == []


def test_an_error_passes_through() -> None:
    """The worker is usable again after it, too."""
    worker = _Worker()
    with pytest.raises(LookupError), Watch(worker, _Wish(unwanted=True)):
        worker.fail()
    assert worker.said == ["stop", "go on"]
