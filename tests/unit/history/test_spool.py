"""Nothing is lost when the database refuses."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from services.domain import AnswerFacts, AnswerStatus, Role, Route, StoredMessage
from services.errors import StorageFull
from services.history.memory import MemoryStore
from services.history.spool import SpoolingStore

FACTS = AnswerFacts(Route.LOCAL, (), False, 0.1, 0.5)


class MoodyStore(MemoryStore):
    """A store that refuses every write while ``broken``."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.written = asyncio.Event()

    async def add_prompt(self, message: StoredMessage, *, user_id: str, title: str) -> None:
        """Store or refuse."""
        self._check()
        await super().add_prompt(message, user_id=user_id, title=title)
        self.written.set()

    async def begin_answer(self, answer: StoredMessage) -> None:
        """Store or refuse."""
        self._check()
        await super().begin_answer(answer)

    async def grow_answer(self, answer_id: str, content: str) -> None:
        """Store or refuse."""
        self._check()
        await super().grow_answer(answer_id, content)

    async def finish_answer(
        self, answer_id: str, content: str, status: AnswerStatus, facts: AnswerFacts
    ) -> None:
        """Store or refuse."""
        self._check()
        await super().finish_answer(answer_id, content, status, facts)

    async def drop_after(self, conversation_id: str, message_id: str) -> None:
        """Store or refuse."""
        self._check()
        await super().drop_after(conversation_id, message_id)

    def _check(self) -> None:
        if self.broken:
            raise StorageFull()


def prompt(name: str) -> StoredMessage:
    """A person's message."""
    return StoredMessage(name, "c", Role.USER, f"text of {name}", datetime.now(UTC))


def answer(name: str, reply_to: str) -> StoredMessage:
    """An answer that starts to stream."""
    return StoredMessage(
        name, "c", Role.ASSISTANT, "", datetime.now(UTC), AnswerStatus.STREAMING, FACTS, reply_to
    )


async def texts(store: MemoryStore | SpoolingStore) -> list[str]:
    """What a store holds of the conversation."""
    return [message.content for message in await store.messages("c")]


async def test_what_is_refused_is_kept_and_written_later() -> None:
    """A prompt and its answer survive a full disk and are stored, in order, after it."""
    inner = MoodyStore()
    spool = SpoolingStore(inner, retry_seconds=0)
    inner.broken = True
    await spool.add_prompt(prompt("p1"), user_id="u", title="t")
    await spool.begin_answer(answer("a1", "p1"))
    await spool.grow_answer("a1", "half")
    await spool.finish_answer("a1", "whole", AnswerStatus.COMPLETE, FACTS)
    assert isinstance(spool.trouble, StorageFull)
    assert await texts(spool) == ["text of p1", "whole"]
    assert await texts(inner) == []
    inner.broken = False
    await spool.add_prompt(prompt("p2"), user_id="u", title="t")
    assert await texts(inner) == ["text of p1", "whole", "text of p2"]
    await spool.aclose()


async def test_a_disk_that_fills_up_in_mid_answer() -> None:
    """An answer that began on disk is finished in memory, and on disk when it can be."""
    inner = MoodyStore()
    spool = SpoolingStore(inner, retry_seconds=3600)
    await spool.add_prompt(prompt("p1"), user_id="u", title="t")
    await spool.begin_answer(answer("a1", "p1"))
    inner.broken = True
    await spool.grow_answer("a1", "half")
    await spool.finish_answer("a1", "whole", AnswerStatus.COMPLETE, FACTS)
    assert await texts(spool) == ["text of p1", "whole"]
    inner.broken = False
    await spool.aclose()
    stored = await inner.messages("c")
    assert (stored[-1].content, stored[-1].status) == ("whole", AnswerStatus.COMPLETE)


async def test_it_tries_again_by_itself() -> None:
    """Without any further message the waiting ones are written once the store works."""
    inner = MoodyStore()
    spool = SpoolingStore(inner, retry_seconds=0)
    inner.broken = True
    await spool.add_prompt(prompt("p1"), user_id="u", title="t")
    inner.broken = False
    await asyncio.wait_for(inner.written.wait(), 10)
    assert await texts(inner) == ["text of p1"]
    await spool.aclose()


async def test_an_edit_during_the_trouble_is_replayed() -> None:
    """What an edit dropped while the store refused does not come back."""
    inner = MoodyStore()
    spool = SpoolingStore(inner, retry_seconds=3600)
    await spool.add_prompt(prompt("p1"), user_id="u", title="t")
    await spool.add_prompt(prompt("p2"), user_id="u", title="t")
    inner.broken = True
    await spool.drop_after("c", "p1")
    await spool.add_prompt(prompt("p3"), user_id="u", title="t")
    assert await texts(spool) == ["text of p1", "text of p3"]
    inner.broken = False
    await spool.aclose()
    assert await texts(inner) == ["text of p1", "text of p3"]
