"""What every complexity score has in common: bounds, follow-ups, thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from services.domain import Message, Role
from services.routing.followup import is_follow_up

LOWEST, HIGHEST = 0.001, 0.999
"""Bounds of the score, so that thresholds 0 and 1 mean all and nothing."""

_RECENT = 3  # user turns that a follow-up may inherit from


def score_of(messages: Sequence[Message], one: Callable[[str], float]) -> float:
    """The score of the newest user turn, each turn judged by ``one``; without a turn the lowest.

    A follow-up scores as high as the highest of the three user turns before it, if
    that is more than its own score.
    """
    turns = [message.content for message in messages if message.role is Role.USER]
    if not turns:
        return LOWEST
    own = one(turns[-1])
    if len(turns) > 1 and is_follow_up(turns[-1]):
        own = max([own, *(one(turn) for turn in turns[-1 - _RECENT : -1])])
    return own


def probability(logit: float) -> float:
    """The logistic function, kept within ``LOWEST`` and ``HIGHEST``."""
    return min(HIGHEST, max(LOWEST, 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))))


def threshold_for_share(share: float, quantiles: Sequence[float]) -> float:
    """Interpolate ``quantiles``: entry i is exceeded by a share of i / (n - 1).

    0 is above every score, 1 below every score.
    """
    if share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    place = share * (len(quantiles) - 1)
    low = math.floor(place)
    high = min(low + 1, len(quantiles) - 1)
    return quantiles[low] + (place - low) * (quantiles[high] - quantiles[low])
