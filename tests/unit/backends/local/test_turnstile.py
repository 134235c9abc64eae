"""The queue before the engine."""

from __future__ import annotations

import asyncio

import pytest

from services.backends.local.turnstile import Turnstile
from services.errors import BackendBusy


async def _step() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_turns_are_given_in_the_order_of_arrival() -> None:
    """Nobody overtakes."""
    turnstile, order = Turnstile(5), list[int]()

    async def visit(number: int) -> None:
        await turnstile.enter()
        order.append(number)
        await _step()
        turnstile.leave()

    await asyncio.gather(*(visit(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]


async def test_one_too_many_is_refused_with_the_length_of_the_queue() -> None:
    """The queue is bounded; those in it keep their places."""
    turnstile = Turnstile(2)
    await turnstile.enter()
    waiting = [asyncio.create_task(turnstile.enter()) for _ in range(2)]
    await _step()
    with pytest.raises(BackendBusy) as caught:
        await turnstile.enter()
    assert caught.value.values == {"waiting": "2"}
    for task in waiting:
        turnstile.leave()
        await task


async def test_who_gives_up_leaves_the_queue() -> None:
    """A cancelled wait takes no turn and no place."""
    turnstile = Turnstile(2)
    await turnstile.enter()
    first, second = (asyncio.create_task(turnstile.enter()) for _ in range(2))
    await _step()
    first.cancel()
    await _step()
    assert turnstile.waiting == 1
    turnstile.leave()
    await second


async def test_a_turn_given_to_somebody_who_just_gave_up_is_passed_on() -> None:
    """A turn is never lost between a hand-over and a cancellation."""
    turnstile = Turnstile(2)
    await turnstile.enter()
    first, second = (asyncio.create_task(turnstile.enter()) for _ in range(2))
    await _step()
    turnstile.leave()
    first.cancel()
    await asyncio.wait_for(second, 1)
    turnstile.leave()
    await asyncio.wait_for(turnstile.enter(), 1)
