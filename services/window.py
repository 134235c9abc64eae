"""What of a conversation fits a model's window: pure, shared by all backends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services.domain import Message, Role

CHARACTERS_PER_TOKEN = 4
"""The usual rule of thumb for English text, used where nobody can count."""
TOKENS_PER_MESSAGE = 4
"""What a chat template adds around each message: role, start and end marks."""
ELLIPSIS = "\n[…]\n"
"""Stands where the middle of a too long message was left out."""

_LEAST_CHARACTERS = 16
"""A message is never shortened below this: less would say nothing at all."""


def estimate_tokens(message: Message) -> int:
    """Tokens of a message by the rule of thumb, template included; at least one."""
    return TOKENS_PER_MESSAGE + -(-len(message.content) // CHARACTERS_PER_TOKEN)


def essential(messages: Sequence[Message]) -> tuple[Message, ...]:
    """System prompts and the newest turn: what is never left out."""
    turns = [i for i, message in enumerate(messages) if message.role is not Role.SYSTEM]
    newest = turns[-1:]
    return tuple(m for i, m in enumerate(messages) if m.role is Role.SYSTEM or i in newest)


def fit(
    messages: Sequence[Message],
    budget_tokens: int,
    count: Callable[[Message], int] = estimate_tokens,
) -> tuple[tuple[Message, ...], int]:
    """The part of a conversation that fits ``budget_tokens``, and how many turns fell out.

    System prompts and the newest turn are always kept, the oldest turns go
    first, and what is left does not begin with an answer whose question is
    gone. A newest message that does not fit even alone is shortened in its
    middle; so are system prompts that take more than half of the budget then.
    ``count`` gives the tokens of one message, template included; it is asked
    about no more turns than are needed. Order is kept.
    """
    turns = [i for i, message in enumerate(messages) if message.role is not Role.SYSTEM]
    if not turns:
        return tuple(messages), 0
    *earlier, newest = turns
    room = budget_tokens - sum(count(m) for m in messages if m.role is Role.SYSTEM)
    room -= count(messages[newest])
    if room < 0:
        return _squeezed(messages, newest, budget_tokens, count), len(earlier)
    kept: list[int] = []
    for i in reversed(earlier):
        room -= count(messages[i])
        if room < 0:
            break
        kept.append(i)
    while len(kept) < len(earlier) and kept and messages[kept[-1]].role is Role.ASSISTANT:
        kept.pop()
    chosen = {newest, *kept}
    return (
        tuple(m for i, m in enumerate(messages) if i in chosen or m.role is Role.SYSTEM),
        len(earlier) - len(kept),
    )


def _squeezed(
    messages: Sequence[Message], newest: int, budget: int, count: Callable[[Message], int]
) -> tuple[Message, ...]:
    """System prompts and the newest turn alone, shortened until they fit."""
    system = [m for m in messages if m.role is Role.SYSTEM]
    taken = sum(map(count, system))
    if system and taken > budget // 2:
        share = max(budget // 2, budget - count(messages[newest])) // len(system)
        system = [shorten(m, share, count) for m in system]
        taken = sum(map(count, system))
    return (*system, shorten(messages[newest], budget - taken, count))


def was_shortened(messages: Sequence[Message], kept: Sequence[Message]) -> bool:
    """Whether what was ``kept`` of ``messages`` holds one that lost its middle."""
    return any(message not in messages for message in kept)


def shorten(message: Message, budget_tokens: int, count: Callable[[Message], int]) -> Message:
    """``message`` with as much of its middle left out as ``budget_tokens`` asks.

    The beginning and the end stay, because a task stands at one of the two.
    """
    text, tokens = message.content, count(message)
    keep = len(text)
    while tokens > budget_tokens and keep > _LEAST_CHARACTERS:
        # In proportion, a little less each time, so that a few rounds suffice.
        keep = max(_LEAST_CHARACTERS, min(keep - 1, int(keep * 0.97 * budget_tokens / tokens)))
        head = -(-keep // 2)
        shorter = text[:head] + ELLIPSIS + text[len(text) - (keep - head) :]
        message = Message(message.role, shorter if len(shorter) < len(text) else text[:keep])
        tokens = count(message)
    return message
