"""Makes the vocabulary: what common words of English and German mean, as few numbers.

What a word means is what the teacher's encoder answers for the word alone. Of that,
the numbers keep the directions in which words differ most (principal components),
among those that matter for telling what is private. Words are stored as checksums.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from services.routing.tokens import LONGEST, plain
from services.routing.vocabulary import MEANING, MEANINGS_FILE, SCALE, WORDS_FILE

_STEPS = 127


def write(words: Sequence[str], answers: NDArray[np.float64], folder: Path) -> None:
    """Write the vocabulary of ``words``, whose meanings are the rows of ``answers``."""
    answers = answers - answers.mean(0)
    variance, directions = np.linalg.eigh(answers.T @ answers / len(answers))
    kept = answers @ directions[:, : -MEANING - 1 : -1] / np.sqrt(variance[-MEANING:].mean())
    stored = np.clip(np.round(kept / SCALE), -_STEPS, _STEPS).astype(np.int8)
    table = _keys(words)
    sums = np.array(sorted(table), "<u4")
    rows = stored[[table[int(each)] for each in sums]]
    folder.mkdir(parents=True, exist_ok=True)
    sums.tofile(folder / WORDS_FILE)
    np.concatenate([np.zeros((1, MEANING), np.int8), rows]).tofile(folder / MEANINGS_FILE)


def copy(begun: Path, folder: Path) -> None:
    """Take over the vocabulary of ``begun``: a network knows its own only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (WORDS_FILE, MEANINGS_FILE):
        shutil.copyfile(begun / name, folder / name)


def _keys(words: Sequence[str]) -> dict[int, int]:
    """Checksums of words and of their plain forms, with the place of the word in ``words``.

    Of two with the same checksum the earlier one counts.
    """
    found: dict[int, int] = {}
    for form in (str.lower, plain):
        for place, word in enumerate(words):
            if 1 < len(word) <= LONGEST:
                found.setdefault(crc32(form(word).encode()), place)
    return found
