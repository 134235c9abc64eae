"""Speed and time left of a download."""

from __future__ import annotations

import pytest

from services.models.meter import WINDOW_SECONDS, Meter
from services.models.wording import progress, size, table


def test_the_first_moment_tells_no_speed() -> None:
    """Nothing is made up before there are two moments to compare."""
    state = Meter(100).at(10, 5)
    assert (state.done_mb, state.speed, state.seconds_left) == (10, None, None)


def test_speed_and_time_left_follow_from_two_moments() -> None:
    """20 MB in 4 s are 5 MB/s, and the other 80 MB take 16 s."""
    meter = Meter(100)
    meter.at(0, 0)
    state = meter.at(20, 4)
    assert (state.done_mb, state.speed, state.seconds_left) == (20, 5, 16)


def test_old_moments_are_forgotten() -> None:
    """After a pause the speed is that of the last while, not of the whole time."""
    meter = Meter(100)
    meter.at(0, 0)
    meter.at(50, 1)
    meter.at(50, 1 + WINDOW_SECONDS)
    assert meter.at(51, 2 + WINDOW_SECONDS).speed == pytest.approx(1, abs=0.06)


def test_an_unknown_size_still_tells_the_time_left() -> None:
    """The percentages are enough for that."""
    meter = Meter(None)
    meter.at(0, 0)
    state = meter.at(50, 10)
    assert (state.done_mb, state.speed, state.seconds_left) == (None, None, 10)


def test_the_line_is_short_in_both_languages() -> None:
    """Percent, what has come, speed and time left."""
    meter = Meter(3000)
    meter.at(0, 0)
    state = meter.at(50, 100)
    assert progress(state, "en") == " 50 % · 1.5 GB · 15.0 MB/s · 1:40 min left"
    assert progress(state, "de") == " 50 % · 1,5 GB · 15,0 MB/s · noch 1:40 min"


def test_a_table_is_aligned() -> None:
    """Columns are as wide as their widest cell, and lines end without spaces."""
    assert table([["a", "bb", ""], ["ccc", "d", "e"]]) == "  a    bb\n  ccc  d   e"
    assert size(None, "en") == "–"
