"""The pause after crashes."""

from __future__ import annotations

from services.backends.local.backoff import Backoff


def test_the_first_crash_is_forgiven_at_once() -> None:
    """The next prompt after a single crash does not wait."""
    backoff = Backoff()
    backoff.crashed(100.0)
    assert backoff.remaining(100.0) == 0


def test_repeated_crashes_wait_longer_each_time_up_to_a_limit() -> None:
    """The pause doubles from one second and ends at the longest."""
    backoff = Backoff(first=1.0, longest=5.0)
    pauses = []
    for _ in range(6):
        backoff.crashed(100.0)
        pauses.append(backoff.remaining(100.0))
    assert pauses == [0, 1, 2, 4, 5, 5]


def test_the_pause_runs_out() -> None:
    """Time that has passed since the crash counts."""
    backoff = Backoff()
    backoff.crashed(10.0)
    backoff.crashed(10.0)
    assert backoff.remaining(10.75) == 0.25
    assert backoff.remaining(12.0) == 0


def test_a_completed_answer_clears_the_record() -> None:
    """After a success the next crash is a first one again."""
    backoff = Backoff()
    for _ in range(4):
        backoff.crashed(0.0)
    backoff.succeeded()
    backoff.crashed(0.0)
    assert backoff.remaining(0.0) == 0
