"""What words mean: found by the word, its plain form or its end, and alike in both languages."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from services.routing.reading import MODEL
from services.routing.vocabulary import (
    MEANING,
    MEANINGS_FILE,
    SCALE,
    WORDS_FILE,
    Vocabulary,
)


def made(*words: str) -> Vocabulary:
    """A vocabulary in which the row of the nth word of ``words``, as sorted, holds n + 1."""
    sums = np.array(sorted(crc32(word.encode()) for word in words), np.uint32)
    return Vocabulary(sums, np.arange(len(words) + 1, dtype=np.int8)[:, None].repeat(MEANING, 1))


def test_every_word_has_its_row() -> None:
    """Words are told apart, whatever their case, and others have none."""
    known = made("schulden", "debts", "tree")
    rows = known.rows(["Schulden", "DEBTS", "tree", "trees", "schuld"]).tolist()
    assert sorted(rows[:3]) == [1, 2, 3]
    assert rows[3:] == [0, 0]


def test_umlauts_may_be_missing() -> None:
    """The plain form of a word is stored beside it."""
    known = made("kundigung")
    assert known.rows(["Kündigung", "Kuendigung", "kundigung"]).tolist() == [1, 1, 1]


def test_a_compound_is_what_its_end_is() -> None:
    """The longest known end of at least five letters counts."""
    known = made("versicherung", "zusatzversicherung", "rung")
    whole, part = known.rows(["zusatzversicherung", "versicherung"])
    assert known.rows(["Zahnzusatzversicherung", "Hundeversicherung"]).tolist() == [whole, part]
    assert known.rows(["Lieferung"]).tolist() == [0]


@pytest.mark.parametrize("word", ["", "x", "abc123", "12", "!", "a" * 30])
def test_codes_mean_nothing(word: str) -> None:
    """What is no word is not looked up, nor remembered."""
    assert made("a" * 30, "x", "abc123").rows([word]).tolist() == [0]


def test_meanings_have_the_shape_of_their_rows() -> None:
    """Row 0 is all zeros; the others are scaled."""
    meanings = made("one", "two").meanings(np.array([[0, 1], [2, 0]], np.int32))
    assert meanings.shape == (2, 2, MEANING)
    assert meanings[:, :, 0].tolist() == [[0, SCALE], [2 * SCALE, 0]]


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    """A table of another size would give words the meaning of others."""
    np.zeros(3, "<u4").tofile(tmp_path / WORDS_FILE)
    np.zeros((3, MEANING), np.int8).tofile(tmp_path / MEANINGS_FILE)
    with pytest.raises(ValueError, match="number of words"):
        Vocabulary.load(tmp_path)


@pytest.mark.parametrize(
    ("word", "like", "unlike"),
    [
        ("Schulden", "debts", "flowers"),
        ("schwanger", "pregnant", "carpet"),
        ("lawyer", "Anwältin", "Kuchen"),
    ],
)
def test_like_words_have_like_numbers(word: str, like: str, unlike: str) -> None:
    """In the vocabulary that is shipped, also across the languages."""
    known = Vocabulary.load(MODEL)
    one, near, far = known.meanings(known.rows([word, like, unlike]))

    def likeness(other: np.ndarray) -> float:
        return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))

    assert likeness(near) > 0.5 > likeness(far)
