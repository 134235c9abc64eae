"""Answers by the model's own tokens."""

from __future__ import annotations

from services.backends.local.own_tokens import OwnTokens


def test_a_known_beginning_is_put_in_the_models_words() -> None:
    """What follows the answer stays as the tokenizer cuts it."""
    own = OwnTokens()
    own.note([1, 2, 34], [1, 2, 3, 4])
    assert own.recall([1, 2, 34, 5, 6]) == [1, 2, 3, 4, 5, 6]
    assert own.recall([1, 2, 34]) == [1, 2, 3, 4]


def test_an_unknown_conversation_is_left_alone() -> None:
    """An edited answer, a shorter history and a different opening are other texts."""
    own = OwnTokens()
    own.note([1, 2, 34], [1, 2, 3, 4])
    for plain in ([1, 2, 35, 5], [1, 2], [], [9, 1, 2, 34]):
        assert own.recall(plain) == plain


def test_the_longest_known_beginning_counts() -> None:
    """A later turn continues what the model had at that point; an edit goes back to it."""
    own = OwnTokens()
    own.note([1, 23], [1, 2, 3])
    own.note([1, 23, 4, 56], [1, 2, 3, 4, 5, 6])
    assert own.recall([1, 23, 4, 56, 7]) == [1, 2, 3, 4, 5, 6, 7]
    assert own.recall([1, 23, 8]) == [1, 2, 3, 8]


def test_the_newest_wording_of_a_text_counts() -> None:
    """The same text written again by other tokens, at last by the tokenizer's own."""
    own = OwnTokens()
    own.note([1, 234], [1, 23, 4])
    own.note([1, 234], [1, 2, 34])
    assert own.recall([1, 234]) == [1, 2, 34]
    own.note([1, 234], [1, 234])
    assert own.recall([1, 234]) == [1, 234]


def test_the_memory_is_bounded() -> None:
    """The oldest answers are forgotten."""
    own = OwnTokens(memory=50)
    for number in range(5):
        own.note([number, 12], [number, 1, 2])
    assert [number for number in range(5) if own.recall([number, 12])[1:] == [1, 2]] == [3, 4]
