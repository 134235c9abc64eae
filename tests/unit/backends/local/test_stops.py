"""Stop sequences."""

from __future__ import annotations

import pytest

from services.backends.local.stops import StopFilter


def _run(stops: tuple[str, ...], pieces: list[str]) -> tuple[str, bool]:
    stop_filter, shown = StopFilter(stops), ""
    for piece in pieces:
        shown += stop_filter.feed(piece)
        if stop_filter.stopped:
            return shown, True
    return shown + stop_filter.flush(), False


@pytest.mark.parametrize(
    ("stops", "pieces", "expected"),
    [
        ((), ["a", "b"], ("ab", False)),
        (("END",), ["text EN", "D more"], ("text ", True)),
        (("END",), ["E", "N", "D"], ("", True)),
        (("END",), ["text E", "lse"], ("text Else", False)),
        (("END",), ["text EN"], ("text EN", False)),
        (("b", "ab"), ["xab"], ("x", True)),
        (("\n\n",), ["a\n", "b\n", "\nc"], ("a\nb", True)),
        (("",), ["abc"], ("abc", False)),
    ],
)
def test_text_ends_before_the_first_stop_sequence(
    stops: tuple[str, ...], pieces: list[str], expected: tuple[str, bool]
) -> None:
    """However the text is cut, nothing of the sequence is shown and nothing else is lost."""
    assert _run(stops, pieces) == expected


def test_text_that_cannot_begin_a_sequence_is_shown_at_once() -> None:
    """Only what may be a beginning is held back."""
    stop_filter = StopFilter(("STOP",))
    assert stop_filter.feed("hello S") == "hello "
    assert stop_filter.feed("un") == "Sun"
