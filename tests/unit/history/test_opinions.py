"""Which stored answers count as judged."""

from __future__ import annotations

from typing import Any

import pytest

from services.domain import AnswerStatus, Mode, Route
from services.history.opinions import opinions
from services.history.ratings import Ratings
from services.history.store import SqlConversationStore
from tests.unit.history.builders import answer, facts, prompt

HERE: dict[str, Any] = {"route": Route.LOCAL, "mode": Mode.AUTO, "model": "builtin"}
THERE: dict[str, Any] = {"route": Route.CLOUD, "mode": Mode.CLOUD, "model": "gpt-x"}


async def answered(
    store: SqlConversationStore,
    name: str,
    to: str,
    status: AnswerStatus = AnswerStatus.COMPLETE,
    **changes: Any,
) -> None:
    """Store the prompt ``to``, unless it is there, and an answer to it."""
    if to not in {message.id for message in await store.messages("c1")}:
        await store.add_prompt(prompt(to), user_id="local", title="Hello")
    await store.begin_answer(answer(name, reply_to=to))
    await store.finish_answer(name, "Hi", status, facts(**changes))


async def judged(store: SqlConversationStore) -> list[tuple[str, bool]]:
    """The prompts of the judged answers and the judgements."""
    return [(o.prompt_id, o.would_do) for o in await opinions(store.database)]


@pytest.mark.parametrize("value", [0, 1])
async def test_a_thumb_is_a_judgement(store: SqlConversationStore, value: int) -> None:
    """Up: it would do. Down: it would not."""
    await answered(store, "a1", "q1", **HERE)
    await answered(store, "a2", "q2", **HERE)
    await Ratings(store.database).rate("a1", value)
    (opinion,) = await opinions(store.database)
    assert (opinion.prompt_id, opinion.would_do) == ("q1", value == 1)
    assert opinion.model == "builtin"
    assert [message.id for message in opinion.stored] == ["q1", "a1", "q2", "a2"]


async def test_asking_the_cloud_again_is_a_judgement(store: SqlConversationStore) -> None:
    """The local answer would not do, unless a thumb says that it would."""
    await answered(store, "a1", "q1", **HERE)
    await answered(store, "a2", "q1", **THERE)
    await answered(store, "a3", "q2", **HERE)
    await answered(store, "a4", "q2", **THERE)
    await Ratings(store.database).rate("a3", 1)
    assert await judged(store) == [("q2", True), ("q1", False)]


async def test_what_says_nothing_about_the_local_model_does_not_count(
    store: SqlConversationStore,
) -> None:
    """Answers of the cloud, asking again here, answers that broke off or failed over."""
    await answered(store, "a1", "q1", **THERE)
    await Ratings(store.database).rate("a1", 1)
    await answered(store, "a2", "q2", **THERE)
    await answered(store, "a3", "q2", **HERE)
    await answered(store, "a4", "q3", **HERE)
    await answered(store, "a5", "q3", **{**HERE, "mode": Mode.LOCAL})
    await answered(store, "a6", "q4", AnswerStatus.INTERRUPTED, **HERE)
    await Ratings(store.database).rate("a6", 0)
    await answered(store, "a7", "q5", **HERE)
    await answered(store, "a8", "q5", **{**HERE, "mode": Mode.CLOUD})
    assert await judged(store) == []


async def test_deleting_a_conversation_deletes_what_it_taught(
    store: SqlConversationStore,
) -> None:
    """Nothing is kept apart from the history."""
    await answered(store, "a1", "q1", **HERE)
    await Ratings(store.database).rate("a1", 0)
    await store.drop_after("c1", "q1")
    assert await judged(store) == []
