"""Ratings and favourites."""

from __future__ import annotations

import pytest

from services.errors import StorageError
from services.history.attachments import Attachments
from services.history.incoming import step_columns
from services.history.ratings import Ratings
from services.history.rows import run_id
from services.history.store import SqlConversationStore
from services.history.thread_view import load_thread
from tests.unit.history.builders import answer, exchange, prompt


@pytest.fixture
def ratings(store: SqlConversationStore) -> Ratings:
    """The ratings of the open store."""
    return Ratings(store.database)


async def _rated(store: SqlConversationStore) -> dict[str, tuple[int, str | None]]:
    thread = await load_thread(store.database, "c1", content=False)
    assert thread is not None
    return {name: (r.value, r.comment) for name, r in thread.ratings.items()}


async def test_an_answer_is_rated_once(store: SqlConversationStore, ratings: Ratings) -> None:
    """A second rating replaces value and comment and keeps the id."""
    await exchange(store, "c1")
    first = await ratings.rate("c1-a1", 1)
    assert await ratings.rate("c1-a1", 0, "wrong") == first
    assert await _rated(store) == {"c1-a1": (0, "wrong")}


@pytest.mark.parametrize("for_id", ["c1-a1", "c1-q1", run_id("c1-a1")])
async def test_a_rating_finds_its_answer(
    store: SqlConversationStore, ratings: Ratings, for_id: str
) -> None:
    """The answer's own id, its run's and its prompt's all mean the answer."""
    await exchange(store, "c1")
    await exchange(store, "c1", number=2)
    await ratings.rate(for_id, 1)
    assert await _rated(store) == {"c1-a1": (1, None)}


async def test_each_answer_to_a_prompt_has_its_own_rating(
    store: SqlConversationStore, ratings: Ratings
) -> None:
    """Asked again, runs keep their answers apart; the prompt means the newest one."""
    await exchange(store, "c1")
    await store.begin_answer(answer("a2", reply_to="c1-q1"))
    await ratings.rate(run_id("c1-a1"), 0)
    await ratings.rate("c1-q1", 1)
    assert await _rated(store) == {"c1-a1": (0, None), "a2": (1, None)}


async def test_a_step_can_be_rated(store: SqlConversationStore, ratings: Ratings) -> None:
    """Ratings are not for messages only."""
    await exchange(store, "c1")
    await Attachments(store.database).put_step(step_columns({"id": "s1", "threadId": "c1"}))
    await ratings.rate("s1", 1)
    assert await _rated(store) == {"s1": (1, None)}


async def test_a_prompt_without_answer_cannot_be_rated(
    store: SqlConversationStore, ratings: Ratings
) -> None:
    """There is nothing to be content with yet, and the person is told."""
    await store.add_prompt(prompt("m1"), user_id="local", title="T")
    with pytest.raises(StorageError) as raised:
        await ratings.rate("m1", 1)
    assert raised.value.sentence("de").startswith("Diese Nachricht gehört nicht")


async def test_a_rating_can_be_withdrawn(store: SqlConversationStore, ratings: Ratings) -> None:
    """Taking the thumb back deletes the comment too."""
    await exchange(store, "c1")
    rating = await ratings.rate("c1-a1", 0, "comment")
    assert await ratings.withdraw(rating)
    assert not await ratings.withdraw(rating)
    assert await _rated(store) == {}


async def test_favourites_belong_to_a_person(store: SqlConversationStore, ratings: Ratings) -> None:
    """Marked messages are listed newest first, for their own person only."""
    await exchange(store, "c1", user="anna")
    await exchange(store, "c2", user="anna")
    await exchange(store, "c3", user="ben")
    for name in ("c1-q1", "c2-q1", "c3-q1"):
        assert await ratings.set_favorite(name, favorite=True)
    assert [m.id for m in await ratings.favorites("anna")] == ["c2-q1", "c1-q1"]
    await ratings.set_favorite("c2-q1", favorite=False)
    assert [m.id for m in await ratings.favorites("anna")] == ["c1-q1"]


async def test_an_edit_keeps_the_favourite(store: SqlConversationStore, ratings: Ratings) -> None:
    """A changed text is still the person's favourite."""
    await exchange(store, "c1")
    await ratings.set_favorite("c1-q1", favorite=True)
    await store.add_prompt(prompt("c1-q1", "new text"), user_id="local", title="T")
    assert [m.content for m in await ratings.favorites("local")] == ["new text"]
