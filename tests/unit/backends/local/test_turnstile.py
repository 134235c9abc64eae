"""The queue before the engine."""

from __future__ import annotations

import asyncio

import pytest

from services.backends.local.turnstile import Ticket, Turnstile
from services.errors import BackendBusy


async def _places(ticket: Ticket) -> list[int]:
    """Every place that whoever waits with ``ticket`` is told."""
    return [ahead async for ahead in ticket.turn()]


def _served(turnstile: Turnstile, *tickets: Ticket) -> list[int]:
    """Numbers of ``tickets`` in the order in which their turn comes."""
    order = []
    for _ in tickets:
        (number,) = (n for n, ticket in enumerate(tickets) if not ticket.ahead and n not in order)
        order.append(number)
        tickets[number].leave()
    assert not turnstile.taken
    return order


def test_turns_are_given_in_the_order_of_arrival() -> None:
    """Within one party nobody overtakes."""
    turnstile = Turnstile(5)
    assert _served(turnstile, *(turnstile.enter("a") for _ in range(5))) == [0, 1, 2, 3, 4]


def test_parties_take_turns() -> None:
    """Who comes with one prompt waits for one of a party that came with many."""
    turnstile = Turnstile(9)
    tickets = [turnstile.enter(party) for party in ("many", "many", "many", "one", "two")]
    assert [ticket.ahead for ticket in tickets] == [0, 1, 4, 2, 3]
    assert _served(turnstile, *tickets) == [0, 1, 3, 4, 2]


def test_newcomers_do_not_starve_who_waits() -> None:
    """However many parties come later, a second prompt's place only gets better."""
    turnstile = Turnstile(9)
    running, first, second = (turnstile.enter("a") for _ in range(3))
    running.leave()
    for newcomer in "bcd":
        turnstile.enter(newcomer)
    assert (first.ahead, second.ahead) == (0, 1)


async def test_a_place_is_told_at_each_change() -> None:
    """The place counts down; 0 ends the wait."""
    turnstile = Turnstile(5)
    first, second = turnstile.enter(), turnstile.enter()
    told = asyncio.create_task(_places(turnstile.enter()))
    for ticket in (first, second):
        await asyncio.sleep(0)
        ticket.leave()
    assert await told == [2, 1, 0]


async def test_who_need_not_wait_is_told_nothing() -> None:
    """A free engine is no news."""
    assert await _places(Turnstile(1).enter()) == []


def test_one_too_many_is_refused_with_the_length_of_the_queue() -> None:
    """The queue is bounded; those in it keep their places."""
    turnstile = Turnstile(2)
    tickets = [turnstile.enter() for _ in range(3)]
    with pytest.raises(BackendBusy) as caught:
        turnstile.enter()
    assert caught.value.values == {"waiting": "2"}
    assert _served(turnstile, *tickets) == [0, 1, 2]


def test_one_party_cannot_fill_the_queue() -> None:
    """The last places are for those who have nobody waiting."""
    turnstile = Turnstile(8)
    for _ in range(7):
        turnstile.enter("many")
    with pytest.raises(BackendBusy):
        turnstile.enter("many")
    assert [turnstile.enter(party).ahead for party in ("one", "two")] == [2, 3]
    with pytest.raises(BackendBusy):
        turnstile.enter("three")


def test_who_gives_up_leaves_the_queue() -> None:
    """A place that is given back, once or twice, is nobody's turn."""
    turnstile = Turnstile(2)
    running, first, second = (turnstile.enter() for _ in range(3))
    first.leave()
    first.leave()
    assert (turnstile.waiting, second.ahead) == (1, 1)
    running.leave()
    assert (turnstile.waiting, second.ahead) == (0, 0)
    running.leave()
    assert turnstile.taken
