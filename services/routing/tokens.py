"""Text as numbers: what the trained privacy model reads.

Each token is seven features (the word, its first and last letters, its shape),
each hashed into one table, so that no list of words is kept and a word never
seen before is still known by its parts ("hashing trick", Weinberger et al. 2009).
Training and application share this module; a change makes the model useless.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 15
"""Rows of the table; row 0 stands for nothing."""
FEATURES = 7
WINDOW = 64
"""Tokens that are judged together at most; longer text is cut at ends of sentences."""

Ids = NDArray[np.int32]

_TOKEN = re.compile(r"\[[A-Z][A-Z0-9_]{0,30}_[0-9]{1,6}\]|\n|[^\W_]+|([^\w\s]|_)\1*")
_ENDS = frozenset(".!?\n…:;")
_LONGEST = 24  # letters of a word that are looked at
_TWO_LETTERS = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("ß", "ss"))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text: ``text[start:end]``, and ``ids[n]`` their features."""

    starts: list[int]
    ends: list[int]
    words: list[str]
    ids: Ids

    def windows(self) -> Iterator[tuple[int, int]]:
        """Ranges of tokens to be judged together, cut behind the end of a sentence if possible."""
        start, total = 0, len(self.words)
        while start < total:
            end = min(start + WINDOW, total)
            if end < total:
                late = range(end - 1, start + WINDOW // 3, -1)
                end = next((n + 1 for n in late if self.words[n][0] in _ENDS), end)
            yield start, end
            start = end


def tokens(text: str) -> Tokens:
    """Cut ``text`` into tokens. Takes time linear in its length."""
    starts, ends, words, rows = [], [], [], []
    known: dict[str, tuple[int, ...]] = {}
    for match in _TOKEN.finditer(text):
        word = match[0]
        row = known.get(word)
        if row is None:
            row = known[word] = _features(word)
        starts.append(match.start())
        ends.append(match.end())
        words.append(word)
        rows.append(row)
    ids = np.array(rows, np.int32) if rows else np.zeros((0, FEATURES), np.int32)
    return Tokens(starts, ends, words, ids)


def _features(word: str) -> tuple[int, ...]:
    plain, shape = _plain(word), _shape(word)
    parts = (plain, plain[:3], plain[:5], plain[-2:], plain[-3:], plain[-5:], shape)
    return tuple(
        1 + crc32(f"{kind}{part}".encode()) % (BUCKETS - 1) for kind, part in enumerate(parts)
    )


def _plain(word: str) -> str:
    """``word`` without case, accents and figures, and with umlauts as people avoid them."""
    if word[0] == "[" and len(word) > 1:
        return "[]"
    word = unicodedata.normalize("NFKD", word[:_LONGEST].lower())
    word = "".join(char for char in word if not unicodedata.combining(char))
    for long, short in _TWO_LETTERS:
        word = word.replace(long, short)
    return re.sub(r"\d", "0", word)


def _shape(word: str) -> str:
    if word.isdigit():
        return f"d{min(len(word), 6)}"
    if not word[0].isalnum():
        return "p"
    case = "X" if word.isupper() else "x" if word.islower() else "Xx" if word.istitle() else "m"
    return f"{case}{min(len(word), 5)}" if len(word) < 4 else case
