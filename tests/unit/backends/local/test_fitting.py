"""Fitting a conversation into a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from services.backends.local.fitting import fit
from services.domain import Message, Role


def _plain(messages: Sequence[Message]) -> int:
    """A token for each word, two for each message, three to open the answer."""
    return 3 + sum(2 + len(message.content.split()) for message in messages)


def _preaching(messages: Sequence[Message]) -> int:
    """A template that adds its own system prompt where there is none."""
    default = 0 if any(message.role is Role.SYSTEM for message in messages) else 20
    return default + _plain(messages)


def _marking(messages: Sequence[Message]) -> int:
    """A template in which an answer costs more than a question."""
    return _plain(messages) + 5 * sum(m.role is Role.ASSISTANT for m in messages)


def _conversation(turns: int) -> list[Message]:
    messages = [Message(Role.SYSTEM, "rule rule")]
    for number in range(turns):
        messages += [
            Message(Role.USER, f"question {number}"),
            Message(Role.ASSISTANT, f"answer {number}"),
        ]
    return [*messages, Message(Role.USER, "newest question")]


def test_what_fits_exactly_is_left_alone() -> None:
    """Nothing is dropped without need."""
    messages = _conversation(3)
    assert fit(messages, _plain(messages), _plain) == (tuple(messages), 0)


@pytest.mark.parametrize("budget", range(11, 51))
def test_no_turn_is_dropped_that_would_have_fitted(budget: int) -> None:
    """System prompt and newest message stay, with the longest end that fits."""
    messages = _conversation(5)
    kept, dropped = fit(messages, budget, _plain)
    assert _plain(kept) <= budget
    assert kept == (messages[0], *messages[1 + dropped :])
    assert kept[1].role is Role.USER
    longer = (messages[0], *messages[1 + max(0, dropped - 2) :])
    assert _plain(longer) > budget


@pytest.mark.parametrize("count", [_preaching, _marking])
@pytest.mark.parametrize("budget", range(31, 60, 4))
def test_the_whole_prompt_fits_whatever_the_template_adds(
    count: Callable[[Sequence[Message]], int], budget: int
) -> None:
    """Costs that no message has alone are found out and respected."""
    kept, dropped = fit(_conversation(10), budget, count)
    assert count(kept) <= budget
    assert len(kept) + dropped == 22


def test_a_message_that_is_too_long_alone_loses_its_middle() -> None:
    """Nearly all of the room is used, and the rest of the conversation goes."""
    text = " ".join(f"w{number}" for number in range(1000))
    messages = [Message(Role.USER, "old"), Message(Role.ASSISTANT, "o"), Message(Role.USER, text)]
    kept, dropped = fit(messages, 100, _plain)
    assert dropped == 2
    assert 80 < _plain(kept) <= 100
    assert kept[-1].content.startswith("w0 ")
    assert kept[-1].content.endswith(" w999")


def test_a_single_message_is_shortened_and_not_dropped() -> None:
    """The conversation may consist of nothing else."""
    kept, dropped = fit([Message(Role.USER, "word " * 1000)], 50, _plain)
    assert (len(kept), dropped) == (1, 0)
    assert 30 < _plain(kept) <= 50
