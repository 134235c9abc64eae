"""The second look: the local model begins, and hands over before anything is shown.

A prompt-only score cannot know what a model knows. For a prompt that stays by a
narrow margin the local model's own certainty over its first tokens decides: its
pieces are held back until it is known, and thrown away where it is low.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from services.domain import Finish, Reason, StreamEvent, Waiting

LOOK_TOKENS = 16
"""Tokens after which the model is asked how sure it is."""

HOLD_SECONDS = 1.5
"""How long pieces are held back at most. A model that takes longer for so few tokens
keeps the prompt: in doubt it stays here. Looked at whenever a piece comes."""

LEAST_CONFIDENCE = -0.7
"""Mean log-probability of the likeliest token, in nats, from which an answer goes on:
half of the probability on one token in the geometric mean. Chosen, not measured: no
general local model was at hand. The built-in guide stayed above -0.15 on everyday
requests and exam questions alike, so it gets no second look."""


class Unsure(Exception):
    """The model is not sure of what it has begun."""


async def sure(
    stream: AsyncGenerator[StreamEvent, None], hold: float = HOLD_SECONDS
) -> AsyncGenerator[StreamEvent, None]:
    """``stream`` from its beginning, once it is known that the model is sure, or after
    ``hold`` seconds.

    Raises:
        Unsure: it is not; nothing was passed on, and ``stream`` is closed.
    """
    held: list[StreamEvent] = []
    holding, since = True, 0.0
    async with aclosing(stream) as events:
        async for event in events:
            if not holding or isinstance(event, Waiting):
                yield event
                continue
            since = since or time.monotonic()
            held.append(event)
            if event.confidence is not None and event.confidence < LEAST_CONFIDENCE:
                raise Unsure
            known = event.confidence is not None or isinstance(event, Finish)
            if known or time.monotonic() - since > hold:
                holding = False
                for earlier in held:
                    yield earlier


def handed_over(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """The reasons of a decision after its trial was unsure."""
    replaced = {"simple", "second_look"}
    kept = [reason for reason in reasons if reason.code not in replaced]
    return (Reason("second_look_cloud"), *kept)
