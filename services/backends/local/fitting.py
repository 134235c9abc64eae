"""Fits a conversation into a window by the model's own tokenizer and template."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services import window
from services.domain import Message, Role

_ATTEMPTS = 4


def fit(
    messages: Sequence[Message], budget: int, count: Callable[[Sequence[Message]], int]
) -> tuple[tuple[Message, ...], int]:
    """What of ``messages`` makes a prompt of at most ``budget`` tokens.

    ``count`` gives the exact tokens of a whole prompt. Returns the messages and
    how many turns were left out, as :func:`services.window.fit` chooses them.
    """
    if count(messages) <= budget:
        return tuple(messages), 0
    fixed = _fixed_cost(count)
    room = budget - fixed

    def alone(message: Message) -> int:
        # As a question, because many templates refuse to begin with an answer.
        return count((Message(Role.USER, message.content),)) - fixed

    kept, dropped = window.fit(messages, room, alone)
    for _ in range(_ATTEMPTS):
        excess = count(kept) - budget
        if excess <= 0:
            break
        # A template may cost more for a whole conversation than for its parts.
        room -= excess
        kept, dropped = window.fit(messages, room, alone)
    return kept, dropped


def _fixed_cost(count: Callable[[Sequence[Message]], int]) -> int:
    """Tokens of a prompt that belong to no message, such as the answer's opening."""
    question, answer = Message(Role.USER, "a"), Message(Role.ASSISTANT, "a")
    one = count((question,))
    three = count((question, answer, question))
    return max(0, one - (three - one) // 2)
