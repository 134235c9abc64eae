"""Undo disguises before matching, and find the way back to the original text.

NFKC, invisible and bidirectional control characters removed, look-alike
letters of other scripts turned into Latin ones. Every position of the folded
text maps back to the original, so that findings carry original offsets.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field

# Pairs "look-alike, Latin"; one character each, so that lengths are kept.
# Source: the commonly abused part of Unicode's confusables (UTS #39).
_LOOK_ALIKES = (
    "аaеeоoрpсcуyхxіiјjѕsԁdһhӏlԛqԝwвbкkмmнhтtгr"
    "АAЕEОOРPСCУYХXІIЈJЅSВBКKМMНHТTҮYԌGԚQԜW"
    "αaοoνvρpιiκkυuτtηnχxγy"
    "ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX"
    "ıiɡgɑaʟl‐-‑-‒-–-—-−-﹣-ꓸ.․.‚,’'‘'“\"”\"„\"ʼ'⁄/∕/"
)
_TABLE = {ord(_LOOK_ALIKES[i]): _LOOK_ALIKES[i + 1] for i in range(0, len(_LOOK_ALIKES), 2)}
_TABLE |= {
    zero + digit: str(digit)
    for zero in (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50)
    for digit in range(10)
}
_INVISIBLE_CLASS = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{_INVISIBLE_CLASS}]+")
# What folding may change: anything but plain ASCII and Latin letters.
_UNUSUAL = re.compile("[^\t\n\r -~¡-¬®-ɏ]+")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text. ``text`` is for matching; offsets go through :meth:`origin`.

    ``_at`` holds the folded start of each piece, ``_from`` its original start
    and ``_width`` its original length, 0 where the piece is as long as its
    original and maps one to one.
    """

    text: str
    _at: list[int] = field(default_factory=lambda: [0])
    _from: list[int] = field(default_factory=lambda: [0])
    _width: list[int] = field(default_factory=lambda: [0])

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The original span of the folded span ``start:end`` (not empty)."""
        first, last = self._original(start), self._original(end - 1)
        return first[0], last[1]

    def _original(self, position: int) -> tuple[int, int]:
        piece = bisect_right(self._at, position) - 1
        start = self._from[piece]
        if self._width[piece]:
            return start, start + self._width[piece]
        start += position - self._at[piece]
        return start, start + 1


def fold(text: str) -> Folded:
    """``text`` without disguises. Takes time linear in its length."""
    if text.isascii() and not _INVISIBLE.search(text):
        return Folded(text)
    out: list[str] = []
    folded = Folded("", [], [], [])
    length = 0

    def add(piece: str, start: int, width: int) -> None:
        nonlocal length
        if not piece:
            return
        folded._at.append(length)
        folded._from.append(start)
        folded._width.append(width)
        out.append(piece)
        length += len(piece)

    done = 0
    for start, end in _runs(text):
        add(text[done:start], done, 0)
        run = text[start:end]
        if unicodedata.is_normalized("NFKC", run) and not _INVISIBLE.search(run):
            add(run.translate(_TABLE), start, 0)
        else:
            for offset, cluster in _clusters(run):
                add(_plain(cluster), start + offset, len(cluster))
        done = end
    add(text[done:], done, 0)
    return Folded("".join(out), folded._at, folded._from, folded._width)


def _runs(text: str) -> list[tuple[int, int]]:
    """Spans that folding may change, a preceding letter included where marks follow."""
    spans: list[tuple[int, int]] = []
    for match in _UNUSUAL.finditer(text):
        start = match.start()
        if start and unicodedata.combining(text[start]) and (not spans or spans[-1][1] < start):
            start -= 1
        spans.append((start, match.end()))
    return spans


def _clusters(run: str) -> list[tuple[int, str]]:
    """Characters of ``run``, each with the combining marks that follow it."""
    clusters: list[tuple[int, str]] = []
    for offset, char in enumerate(run):
        # A bounded cluster keeps a text of nothing but marks linear.
        if clusters and unicodedata.combining(char) and len(clusters[-1][1]) < 8:
            clusters[-1] = (clusters[-1][0], clusters[-1][1] + char)
        else:
            clusters.append((offset, char))
    return clusters


def _plain(cluster: str) -> str:
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", cluster)).translate(_TABLE)
