"""Fits a conversation into a token budget, counted by the model's tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services.domain import Message, Role

Count = Callable[[Sequence[Message]], int]
GAP = "\n[…]\n"
"""Stands for the middle that was cut out of a message."""
_CHARACTERS_PER_TOKEN = 32
"""More than any text makes of a token, but for long runs of one character;
keeps the search for the cut short on a message of a million characters."""


def fit(messages: Sequence[Message], budget: int, count: Count) -> tuple[tuple[Message, ...], int]:
    """The longest recent part of ``messages`` that ``budget`` tokens hold.

    Leaves out the oldest turns first, never the system prompt or the newest
    message; if these alone are too long, the newest is shortened in its middle.
    Returns the messages and how many were left out.
    """
    if count(messages) <= budget:
        return tuple(messages), 0
    system = tuple(m for m in messages if m.role is Role.SYSTEM)
    turns = tuple(m for m in messages if m.role is not Role.SYSTEM)
    # Dropping more never needs more tokens, so the smallest number is found by
    # halving: few counts even for a conversation of thousands of turns.
    low, high = 1, max(1, len(turns) - 1)
    while low < high:
        middle = (low + high) // 2
        if count(system + turns[middle:]) <= budget:
            high = middle
        else:
            low = middle + 1
    # An answer without its question would open the conversation.
    while low < len(turns) - 1 and turns[low].role is not Role.USER:
        low += 1
    kept = system + turns[low:]
    if count(kept) > budget and turns:
        low = len(turns) - 1
        kept = (*system, _shortened(turns[-1], system, budget, count))
    return kept, low


def _shortened(message: Message, system: tuple[Message, ...], budget: int, count: Count) -> Message:
    """``message`` with as much of both its ends as the budget holds."""
    low, high = 0, min(len(message.content), budget * _CHARACTERS_PER_TOKEN)
    while low < high:
        middle = (low + high + 1) // 2
        if count((*system, _cut(message, middle))) <= budget:
            low = middle
        else:
            high = middle - 1
    return _cut(message, low)


def _cut(message: Message, characters: int) -> Message:
    """The first two thirds of ``characters`` from the start, the rest from the end."""
    if characters >= len(message.content):
        return message
    head = characters * 2 // 3
    tail = characters - head
    text = message.content[:head] + GAP + message.content[len(message.content) - tail :]
    return Message(message.role, text)
