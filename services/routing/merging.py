"""One list of passages from many detectors, none inside another."""

from __future__ import annotations

from collections.abc import Iterable

from services.categories import STATEMENTS
from services.routing.detectors import Span


def merged(spans: Iterable[Span]) -> list[Span]:
    """``spans`` by start, without those inside another.

    Of identical passages the first counts. A statement gives way to names and
    numbers inside it and keeps what is left: "my son [name] was arrested" is both.
    """
    spans = list(spans)
    solid = _outermost([span for span in spans if span[0] not in STATEMENTS])
    said = _outermost([span for span in spans if span[0] in STATEMENTS])
    return sorted((*solid, *_left(said, solid)), key=lambda span: span[1:])


def _outermost(spans: list[Span]) -> list[Span]:
    """``spans`` by start without those that lie inside a longer or earlier one."""
    ordered = sorted(enumerate(spans), key=lambda item: (item[1][1], -item[1][2], item[0]))
    kept: list[Span] = []
    reach = -1
    for _, span in ordered:
        if span[2] > reach:
            kept.append(span)
            reach = span[2]
    return kept


def _left(said: list[Span], solid: list[Span]) -> list[Span]:
    """The longest piece of each statement that no solid passage covers.

    Both lists are ordered by start and by end, so one walk through them suffices.
    """
    pieces: list[Span] = []
    first = 0
    for category, start, end in said:
        while first < len(solid) and solid[first][2] <= start:
            first += 1
        best, free, n = (start, start), start, first
        while n < len(solid) and solid[n][1] < end:
            best = max(best, (free, solid[n][1]), key=_length)
            free, n = max(free, solid[n][2]), n + 1
        best = max(best, (free, end), key=_length)
        if _length(best) > 0:
            pieces.append((category, *best))
    return pieces


def _length(piece: tuple[int, int]) -> int:
    return piece[1] - piece[0]
