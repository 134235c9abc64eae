"""A live answer: one writer, any number of followers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from services.answer import LiveAnswer
from services.domain import AnswerStatus, Role, StoredMessage


def fresh() -> LiveAnswer:
    """A live answer that nobody has written to."""
    now = datetime.now(UTC)
    return LiveAnswer(
        StoredMessage("a", "c", Role.ASSISTANT, "", now, AnswerStatus.STREAMING, reply_to="p")
    )


async def collect(live: LiveAnswer, skip: int = 0) -> list[str]:
    """Everything that a follower is handed."""
    return [piece async for piece in live.follow(interval=0, skip=skip)]


async def test_a_follower_gets_the_whole_text_in_order() -> None:
    """What is written reaches a follower, complete and in order."""
    live = fresh()
    follower = asyncio.create_task(collect(live))
    for piece in ("Hel", "lo ", "world"):
        live.add(piece)
        await asyncio.sleep(0)
    live.finish(live.message)
    assert "".join(await follower) == "Hello world"


async def test_the_first_piece_is_not_held_back() -> None:
    """The first piece comes alone and at once, however long the pause between pieces."""
    live = fresh()
    pieces = live.follow(interval=3600)
    live.add("H")
    assert await anext(pieces) == "H"
    await pieces.aclose()


async def test_pieces_that_gather_come_as_one() -> None:
    """What arrives during the pause is handed over in one piece."""
    live = fresh()
    live.add("a")
    pieces = live.follow(interval=0.01)
    assert await anext(pieces) == "a"
    for letter in "bcd":
        live.add(letter)
    assert await anext(pieces) == "bcd"
    await pieces.aclose()


async def test_two_followers_do_not_take_from_each_other() -> None:
    """Each follower gets everything, also one that comes late."""
    live = fresh()
    first = asyncio.create_task(collect(live))
    await asyncio.sleep(0)
    live.add("one ")
    second = asyncio.create_task(collect(live))
    await asyncio.sleep(0)
    live.add("two")
    live.finish(live.message)
    assert ["".join(text) for text in await asyncio.gather(first, second)] == ["one two"] * 2


async def test_a_follower_can_skip_what_it_has() -> None:
    """A reload continues after the pieces that the page already shows."""
    live = fresh()
    live.add("seen ")
    skip = live.pieces
    live.add("new")
    live.finish(live.message)
    assert "".join(await collect(live, skip)) == "new"


async def test_places_in_the_queue_are_told_until_the_first_piece() -> None:
    """A follower hears the newest place, and nothing more once the answer has begun."""
    live = fresh()
    places = live.places()
    live.queue(2)
    assert await anext(places) == 2
    live.queue(1)
    live.queue(0)
    assert await anext(places) == 0
    waiting = asyncio.create_task(anext(places, None))
    await asyncio.sleep(0)
    live.add("Hello")
    assert await waiting is None


async def test_an_answer_that_ends_in_the_queue_ends_the_wait() -> None:
    """Stopped or refused: whoever waits is not left waiting."""
    live = fresh()
    live.queue(3)
    places = live.places()
    assert await anext(places) == 3
    live.finish(live.message)
    assert await anext(places, None) is None


async def test_the_end_carries_the_finished_message() -> None:
    """Whoever waits gets the message with its final status."""
    live = fresh()
    waiting = asyncio.create_task(live.wait())
    live.finish(replace(live.message, content="done", status=AnswerStatus.COMPLETE))
    assert (await waiting).status is AnswerStatus.COMPLETE
    assert live.done
