"""What the model learns from: token features and their right answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from services.routing.reading import MATTERS, NOBODY, PERSON, PLACE
from services.routing.tokens import tokens
from services.routing.vocabulary import Vocabulary

UNKNOWN = -100
"""The answer that counts for nothing."""
_TAGS = {"person": PERSON, "address": PLACE, "unknown": UNKNOWN}

Mark = tuple[str, int, int]
"""``person``, ``address`` or ``unknown``, with the passage ``text[start:end]``."""


@dataclass(frozen=True)
class Sample:
    """A text, what is marked in it, and its matter.

    ``matter`` is a category of ``MATTERS``, "" where there is none, and ``None``
    where nobody said. ``group`` is what is held apart as a whole.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    matter: str | None = ""
    group: str = ""
    language: str = "en"
    told: tuple[Mark, ...] = ()
    """Where in a longer text each private matter stands; the rest of it is harmless."""

    @property
    def harmless(self) -> bool:
        """Whether somebody said that nothing in it is private."""
        return self.matter == "" and not self.marks

    def names(self, kind: str) -> bool:
        """Whether a passage of this kind is marked in it."""
        return any(mark[0] == kind for mark in self.marks)


def held_out(group: str) -> bool:
    """Whether ``group`` serves to choose thresholds: one in ten; news has no templates."""
    return group != "germeval" and crc32(group.encode()) % 10 == 0


@dataclass(frozen=True)
class Encoded:
    """One window as the network takes it; ``matter`` -1: none, UNKNOWN: nobody said.

    ``taught`` is how likely it is private as the teacher says, or not a number.
    """

    ids: np.ndarray
    tags: np.ndarray
    matter: int
    taught: float = math.nan


def encode(sample: Sample, vocabulary: Vocabulary) -> list[Encoded]:
    """The windows of ``sample``. Of several, only the tags of each are known to be right."""
    read = tokens(sample.text)
    ids = np.column_stack([read.ids, vocabulary.rows(read.words)])
    tags = np.full(len(read.words), NOBODY, np.int64)
    for kind, start, end in sample.marks:
        for n, (a, b) in enumerate(zip(read.starts, read.ends, strict=True)):
            if a < end and start < b:
                tags[n] = _TAGS[kind]
    cut = list(read.windows())
    matters = _matters(sample, [(read.starts[a], read.ends[b - 1]) for a, b in cut])
    return [
        Encoded(ids[a:b], tags[a:b], matter) for (a, b), matter in zip(cut, matters, strict=True)
    ]


def untold(text: str, taught: float, vocabulary: Vocabulary) -> Encoded:
    """The one window of ``text``, of which only the teacher says something."""
    read = tokens(text)
    ids = np.column_stack([read.ids, vocabulary.rows(read.words)])
    return Encoded(ids, np.full(len(read.words), UNKNOWN, np.int64), UNKNOWN, taught)


def _matters(sample: Sample, windows: list[tuple[int, int]]) -> list[int]:
    """What each window is about; one with only a part of a private passage tells nothing."""
    if sample.told:
        return [_told(sample.told, *window) for window in windows]
    if sample.matter and len(windows) == 1:
        return [MATTERS.index(sample.matter)]
    return [-1 if sample.matter == "" else UNKNOWN] * len(windows)


def _told(told: tuple[Mark, ...], start: int, end: int) -> int:
    inside = [(matter, min(b, end) - max(a, start), b - a) for matter, a, b in told]
    inside = [row for row in inside if row[1] > 0]
    if not inside:
        return -1
    matter, length, whole = max(inside, key=lambda row: row[1] / row[2])
    return MATTERS.index(matter) if length >= 0.9 * whole else UNKNOWN
