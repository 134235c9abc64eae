"""Texts that the teacher is asked about: those of all sources, and such with other words."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.routing.tokens import tokens
from training.privacy.examples import Sample
from training.words import replaced


@dataclass(frozen=True)
class Lesson:
    """One window of text. ``private`` is what we know of it, if anything."""

    text: str
    group: str
    private: bool | None


def lessons(samples: Iterable[Sample], words: Sequence[str], rng: random.Random) -> list[Lesson]:
    """A window of each of ``samples``, and one with ``words`` in it, of which nothing is known."""
    given = []
    for sample in samples:
        if sample.text.strip():
            given.append(lesson(sample, rng))
            given.append(Lesson(_cut(replaced(sample.text, words, rng), rng), sample.group, None))
    return given


def lesson(sample: Sample, rng: random.Random) -> Lesson:
    """A window of ``sample``; a part of a private text may be harmless."""
    text = _cut(sample.text, rng)
    unsure = sample.matter is None or (sample.matter and text != sample.text)
    return Lesson(text, sample.group, None if unsure else bool(sample.matter))


def _cut(text: str, rng: random.Random) -> str:
    """One of the windows that the network would read."""
    read = tokens(text)
    windows = list(read.windows())
    if len(windows) < 2:
        return text
    first, last = rng.choice(windows)
    return text[read.starts[first] : read.ends[last - 1]]
