"""What common words mean, as numbers: known to the privacy model before its own training.

Words with like meanings have like numbers, across both languages (``schulden`` and
``debts``). A word that no template of the training used is so still understood. Only
the checksums of the words are stored; ``training/privacy/meanings.py`` makes the files.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from services.routing.tokens import LONGEST, plain

MEANING = 64
"""Numbers for each word."""
WORDS_FILE, MEANINGS_FILE = "words.bin", "meanings.bin"
SCALE = 1 / 16
"""What a step of the stored eight-bit numbers is worth."""

_LEAST = 5  # letters of the end of a word that may stand for the whole word


class Vocabulary:
    """Rows of a table of meanings by word. Row 0, all zeros, is that of unknown words.

    ``sums`` are the words' checksums in rising order; the word of ``sums[n]`` has row n + 1
    of ``meanings`` (eight-bit numbers, a row of ``MEANING`` for each).
    """

    def __init__(self, sums: NDArray[np.uint32], meanings: NDArray[np.int8]) -> None:
        self._sums = np.ascontiguousarray(sums, np.uint32).data
        self._meanings = meanings
        self._remembered = lru_cache(maxsize=4096)(self._found)

    @classmethod
    def load(cls, directory: Path) -> Vocabulary:
        """The vocabulary stored in ``directory``.

        Raises:
            OSError: a file cannot be read.
            ValueError: the files do not belong together.
        """
        sums = np.fromfile(directory / WORDS_FILE, "<u4")
        meanings = np.fromfile(directory / MEANINGS_FILE, np.int8).reshape(-1, MEANING)
        if len(meanings) != len(sums) + 1:
            raise ValueError(f"{MEANINGS_FILE} has another number of words than {WORDS_FILE}")
        return cls(sums, meanings)

    def rows(self, words: Iterable[str]) -> NDArray[np.int32]:
        """The row of each of ``words``; of a compound unknown, that of its end."""
        return np.fromiter(map(self._row, words), np.int32)

    def meanings(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """``rows`` of any shape as meanings, one dimension more."""
        return self._meanings[rows].astype(np.float32) * np.float32(SCALE)

    def _row(self, word: str) -> int:
        # Words alone are remembered: a code or a number may be a secret, and means nothing.
        return self._remembered(word) if word.isalpha() and 1 < len(word) <= LONGEST else 0

    def _found(self, word: str) -> int:
        whole = word.lower()
        if row := self._listed(whole) or self._listed(plain(whole)):
            return row
        return next(
            filter(None, map(self._listed, (whole[n:] for n in range(1, len(whole) - _LEAST + 1)))),
            0,
        )

    def _listed(self, word: str) -> int:
        found = crc32(word.encode())
        place = bisect_left(self._sums, found)
        return place + 1 if place < len(self._sums) and self._sums[place] == found else 0
