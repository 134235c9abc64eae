"""Text as numbers: what the trained privacy model reads.

Each token is eight features (the word, its first and last letters, its shape, and
the class that ``lexicon.txt`` puts it into), each hashed into one table, so that a
word never seen before is still known by its parts ("hashing trick", Weinberger et
al. 2009).
Training and application share this module; a change makes the model useless.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 16
"""Rows of the table; row 0 stands for nothing."""
FEATURES = 8
LONGEST = 24
"""Letters of a word that are looked at."""
WINDOW = 64
"""Tokens that are judged together at most; longer text is cut at ends of sentences."""

Ids = NDArray[np.int32]

_TOKEN = re.compile(r"\[[A-Z][A-Z0-9_]{0,30}_[0-9]{1,6}\]|\n|[^\W_]+|([^\w\s]|_)\1*")
_ENDS = frozenset(".!?\n…:;")
_ENDINGS = ("s", "es", "en", "n", "e", "er", "ed", "ing", "in", "innen", "ern", "em", "t")
_LEAST_STEM = 5  # letters of the last part of a compound
_DIGIT = re.compile(r"\d")
_TWO_LETTERS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


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
            # Words alone are remembered for longer: a code or a number may be a secret.
            make = _features_of_word if word.isalpha() and len(word) <= LONGEST else _features
            row = known[word] = make(word)
        starts.append(match.start())
        ends.append(match.end())
        words.append(word)
        rows.append(row)
    ids = np.array(rows, np.int32) if rows else np.zeros((0, FEATURES), np.int32)
    return Tokens(starts, ends, words, ids)


_SEEDS = tuple(crc32(str(kind).encode()) for kind in range(FEATURES))
"""Continuing from these gives the checksum of "kind" followed by the part."""


def _features(word: str) -> tuple[int, ...]:
    flat, shape = plain(word), _shape(word)
    parts = (
        flat, flat[:3], flat[:5], flat[-2:], flat[-3:], flat[-5:], shape, _class(flat)
    )  # fmt: skip
    return tuple(
        1 + crc32(part.encode(), seed) % (BUCKETS - 1)
        for seed, part in zip(_SEEDS, parts, strict=True)
    )


@lru_cache(maxsize=4096)
def _features_of_word(word: str) -> tuple[int, ...]:
    """Those of a word of letters alone: most text is a few thousand words again and again."""
    return _features(word)


def plain(word: str) -> str:
    """``word`` without case, accents and figures, and with umlauts as people avoid them."""
    if word[0] == "[" and len(word) > 1:
        return "[]"
    word = word[:LONGEST].lower()
    if not word.isascii():
        word = unicodedata.normalize("NFKD", word)
        word = "".join(char for char in word if not unicodedata.combining(char)).replace("ß", "ss")
    for long, short in _TWO_LETTERS:
        word = word.replace(long, short)
    return word if word.isalpha() else _DIGIT.sub("0", word)


@cache
def _lexicon() -> dict[str, str]:
    """The class of each listed word."""
    known: dict[str, str] = {}
    for line in (Path(__file__).parent / "lexicon.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            name, listed = line.split(": ", 1)
            for word in listed.split():
                known.setdefault(plain(word), name)
    return known


def _class(word: str) -> str:
    """The class of a word, of its stem, or of what a German compound ends with."""
    known = _lexicon()
    if found := known.get(word):
        return found
    for ending in _ENDINGS:
        if word.endswith(ending) and (found := known.get(word[: -len(ending)])):
            return found
    for start in range(3, len(word) - _LEAST_STEM + 1):
        if found := known.get(word[start:]):
            return found
    return "-"


def _shape(word: str) -> str:
    if word.isdigit():
        return f"d{min(len(word), 6)}"
    if not word[0].isalnum():
        return "p"
    case = "X" if word.isupper() else "x" if word.islower() else "Xx" if word.istitle() else "m"
    return f"{case}{min(len(word), 5)}" if len(word) < 4 else case
