"""Fitting a conversation into a window."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.backends.local.fitting import GAP, fit
from services.domain import Message, Role


def _count(messages: Sequence[Message]) -> int:
    """A token for each word and one for each message."""
    return sum(1 + len(message.content.split()) for message in messages)


def _conversation(turns: int) -> list[Message]:
    messages = [Message(Role.SYSTEM, "rule rule")]
    for number in range(turns):
        messages += [
            Message(Role.USER, f"question {number}"),
            Message(Role.ASSISTANT, f"answer {number}"),
        ]
    return [*messages, Message(Role.USER, "newest question")]


def test_what_fits_is_left_alone() -> None:
    """Nothing is dropped without need."""
    messages = _conversation(3)
    assert fit(messages, _count(messages), _count) == (tuple(messages), 0)


@pytest.mark.parametrize("budget", range(9, 30))
def test_the_oldest_turns_go_first(budget: int) -> None:
    """System prompt and newest message stay, the rest is the longest end that fits."""
    messages = _conversation(5)
    kept, dropped = fit(messages, budget, _count)
    assert _count(kept) <= budget
    assert kept[0] == messages[0]
    assert kept[1:] == tuple(messages[1 + dropped :])
    assert kept[1].role is Role.USER
    longer = (messages[0], *messages[1 + max(0, dropped - 2) :])
    assert _count(longer) > budget


def test_a_message_that_is_too_long_alone_loses_its_middle() -> None:
    """Beginning and end of the newest message stay, the cut is marked."""
    text = " ".join(f"w{number}" for number in range(1000))
    messages = [Message(Role.SYSTEM, "rule"), Message(Role.USER, "old"), Message(Role.USER, text)]
    kept, dropped = fit(messages, 40, _count)
    assert dropped == 1
    assert 30 <= _count(kept) <= 40
    head, tail = kept[-1].content.split(GAP)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head) > len(tail) > 0


def test_a_million_characters_are_fitted_with_few_counts() -> None:
    """The search does not count the whole text again and again."""
    counted = 0

    def count(messages: Sequence[Message]) -> int:
        nonlocal counted
        counted += sum(len(message.content) for message in messages)
        return sum(len(message.content) // 4 for message in messages)

    kept, _ = fit([Message(Role.USER, "x" * 1_000_000)], 1500, count)
    assert count(kept) <= 1500
    assert counted < 3_000_000


def test_a_system_prompt_that_fills_the_window_leaves_the_question() -> None:
    """Even then no error is raised here; the model refuses what cannot work."""
    messages = [Message(Role.SYSTEM, "rule " * 100), Message(Role.USER, "why?")]
    kept, dropped = fit(messages, 20, _count)
    assert kept[0] == messages[0]
    assert len(kept) == 2
    assert dropped == 0
