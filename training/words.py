"""Texts with other words in them, which a teacher is then asked about."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

_REPLACED = (0.2, 0.4, 0.7)
_REWORDED = (0.15, 0.3, 0.5)
"""Shares of the longer words that are exchanged, drawn for each text."""
LONG_WORD = re.compile(r"[^\W\d_]{4,}")


def replaced(text: str, words: Sequence[str], rng: random.Random) -> str:
    """``text`` with any of ``words``, rather early ones, for some of its longer words."""
    return _exchanged(text, lambda _: words[int(len(words) * rng.random() ** 2)], _REPLACED, rng)


def reworded(text: str, alike: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    """``text`` with words that mean nearly the same for some of its longer words.

    ``alike`` has these by the word in lower case; words that it does not have stay.
    """
    return _exchanged(
        text,
        lambda word: rng.choice(alike[word.lower()]) if alike.get(word.lower()) else word,
        _REWORDED,
        rng,
    )


def _exchanged(
    text: str, other: Callable[[str], str], shares: Sequence[float], rng: random.Random
) -> str:
    share = rng.choice(shares)

    def one(match: re.Match[str]) -> str:
        if rng.random() >= share:
            return match[0]
        word = other(match[0])
        return word.capitalize() if match[0][0].isupper() else word

    return LONG_WORD.sub(one, text)
