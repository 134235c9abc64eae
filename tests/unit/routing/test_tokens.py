"""Text as numbers: cut, hashed and windowed."""

from __future__ import annotations

import numpy as np
import pytest

from services.routing.tokens import BUCKETS, FEATURES, WINDOW, tokens


def test_tokens_stand_where_they_say() -> None:
    """Every token is the passage of the text at its place."""
    text = "Frau Özil, 3. Stock\n\nfragt: [PERSON_1] _und_ 🎉!!"
    read = tokens(text)
    assert [text[a:b] for a, b in zip(read.starts, read.ends, strict=True)] == read.words
    assert read.ids.shape == (len(read.words), FEATURES)
    assert "[PERSON_1]" in read.words


def test_no_feature_is_the_empty_row() -> None:
    """Row 0 means that there is no token."""
    ids = tokens("Das ist ein Test, with 2 languages.").ids
    assert ids.min() > 0
    assert ids.max() < BUCKETS


@pytest.mark.parametrize(("one", "other"), [("Müller", "Mueller"), ("Größe", "Groesse")])
def test_umlauts_may_be_written_in_two_letters(one: str, other: str) -> None:
    """People without umlauts on their keyboard are understood alike."""
    assert np.array_equal(tokens(one).ids, tokens(other).ids)


def test_case_is_a_feature_of_its_own() -> None:
    """A word in capitals is the same word with another shape."""
    same = tokens("anna").ids[0] == tokens("ANNA").ids[0]
    assert same.tolist() == [True] * (FEATURES - 2) + [False, True]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Mutter", "mother"), ("Brustkrebs", "cancer"), ("Schulden", "debts"), ("zxqv", "qvxz")],
)
def test_words_of_one_class_share_a_feature(one: str, other: str) -> None:
    """What a word is about is the same in both languages and at the end of a compound."""
    assert tokens(one).ids[0][-1] == tokens(other).ids[0][-1]


def test_classes_are_told_apart() -> None:
    """Words about different things have different classes."""
    words = tokens("mother debts cancer lawyer bridge")
    assert len(set(words.ids[:, -1].tolist())) == len(words.words)


def test_windows_cover_everything_once() -> None:
    """No token is left out or read twice, and no window is too long."""
    read = tokens("One sentence of some words. " * 100)
    windows = list(read.windows())
    assert [a for a, _ in windows] == [0, *(b for _, b in windows[:-1])]
    assert windows[-1][1] == len(read.words)
    assert max(b - a for a, b in windows) <= WINDOW


def test_windows_end_with_a_sentence_where_they_can() -> None:
    """A sentence is judged whole."""
    read = tokens("One sentence of some words. " * 100)
    assert {read.words[b - 1] for _, b in read.windows()} == {"."}


def test_nothing_is_no_token() -> None:
    """An empty text has no window."""
    assert list(tokens(" \t ").windows()) == []
