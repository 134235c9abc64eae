"""The store of the orchestration, on a real SQLite file."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from services.departure import Departure
from services.domain import AnswerStatus, Role, Route
from services.history.store import SqlConversationStore, open_store, opened
from services.history.tables import Conversation, DepartureRow
from services.ports import ConversationStore, Ledger, SpendingLog
from services.settings import Settings
from tests.unit.history.builders import answer, exchange, facts, prompt


async def _conversation(store: SqlConversationStore, name: str) -> Conversation | None:
    return await store.database.read(
        lambda session: session.scalar(select(Conversation).where(Conversation.id == name))
    )


async def test_it_is_what_the_ports_ask_for(store: SqlConversationStore) -> None:
    """The type checker accepts it for all three Protocols, and each can be used."""
    conversations: ConversationStore = store
    ledger: Ledger = store
    spending: SpendingLog = store
    assert await conversations.messages("unknown") == []
    await ledger.record(Departure(datetime.now(UTC), "api.example.com", 10, "ab", allowed=True))
    await spending.spend(1.0, "EUR", "gpt-x")


async def test_a_prompt_creates_its_conversation(store: SqlConversationStore) -> None:
    """The first prompt of a conversation brings its title, owner and times."""
    message = prompt("m1", "Hello there")
    await store.add_prompt(message, user_id="local", title="A title")
    assert await store.messages("c1") == [message]
    row = await _conversation(store, "c1")
    assert row is not None
    assert (row.title, row.user_id, row.title_is_custom) == ("A title", "local", False)
    assert row.created_at == message.created_at
    assert row.updated_at >= message.created_at


async def test_the_same_prompt_again_replaces_only_the_text(store: SqlConversationStore) -> None:
    """An edit keeps a message's place, time and conversation's title."""
    first = prompt("m1", "one")
    await store.add_prompt(first, user_id="local", title="T")
    await store.add_prompt(prompt("m2", "two"), user_id="local", title="other")
    changed = replace(first, content="uno", created_at=first.created_at + timedelta(hours=1))
    await store.add_prompt(changed, user_id="local", title="another")
    messages = await store.messages("c1")
    assert [m.content for m in messages] == ["uno", "two"]
    assert messages[0].created_at == first.created_at
    row = await _conversation(store, "c1")
    assert row is not None
    assert row.title == "T"


async def test_an_answer_keeps_every_figure(store: SqlConversationStore) -> None:
    """What is shown about an answer comes back exactly as it was stored."""
    await store.add_prompt(prompt("m1"), user_id="local", title="T")
    started = answer("a1", reply_to="m1")
    await store.begin_answer(started)
    await store.grow_answer("a1", "Part")
    assert (await store.messages("c1"))[1] == replace(started, content="Part")
    end = facts(error="error.backend_timeout")
    await store.finish_answer("a1", "Part two", AnswerStatus.INTERRUPTED, end)
    assert (await store.messages("c1"))[1] == replace(
        started, content="Part two", status=AnswerStatus.INTERRUPTED, facts=end
    )


async def test_figures_that_are_unknown_stay_unknown(store: SqlConversationStore) -> None:
    """Nothing is made up for what a backend did not tell."""
    await store.add_prompt(prompt("m1"), user_id="local", title="T")
    await store.begin_answer(answer("a1"))
    end = facts(usage=None, cost=None, currency=None, model=None, finish_reason=None, reasons=())
    await store.finish_answer("a1", "", AnswerStatus.FAILED, end)
    assert (await store.messages("c1"))[1].facts == end


async def test_an_answer_can_begin_twice(store: SqlConversationStore) -> None:
    """Beginning an answer again, as after a failed write, leaves one answer."""
    await store.add_prompt(prompt("m1"), user_id="local", title="T")
    await store.begin_answer(answer("a1", "x"))
    await store.begin_answer(answer("a1", "y"))
    assert [m.content for m in await store.messages("c1")] == ["Hello", "y"]


async def test_an_answer_does_not_bring_a_deleted_conversation_back(
    store: SqlConversationStore,
) -> None:
    """A late write to a conversation that is gone changes nothing."""
    await store.begin_answer(answer("a1", conversation="gone"))
    await store.grow_answer("a1", "text")
    await store.finish_answer("a1", "text", AnswerStatus.COMPLETE, facts())
    assert await store.messages("gone") == []
    assert await _conversation(store, "gone") is None


async def test_new_messages_move_the_conversation_up(store: SqlConversationStore) -> None:
    """Prompts and answers both renew the time of the last change."""
    times = []
    await store.add_prompt(prompt("m1"), user_id="local", title="T")
    for step in (
        store.begin_answer(answer("a1")),
        store.add_prompt(prompt("m2"), user_id="local", title="T"),
    ):
        row = await _conversation(store, "c1")
        assert row is not None
        times.append(row.updated_at)
        await step
    row = await _conversation(store, "c1")
    assert row is not None
    times.append(row.updated_at)
    assert times[0] < times[1] < times[2]


async def test_drop_after_deletes_only_what_came_later(store: SqlConversationStore) -> None:
    """An edit drops the later messages of its own conversation, and is repeatable."""
    for number in (1, 2, 3):
        await exchange(store, "c1", number=number)
    await exchange(store, "c2")
    await store.drop_after("c1", "c1-q2")
    await store.drop_after("c1", "c1-q2")
    await store.drop_after("c1", "unknown")
    await store.drop_after("c2", "c1-q1")
    assert [m.id for m in await store.messages("c1")] == ["c1-q1", "c1-a1", "c1-q2"]
    assert len(await store.messages("c2")) == 2


async def test_spending_counts_from_a_moment_on(store: SqlConversationStore) -> None:
    """Money is summed up from the given time, and deleting answers refunds nothing."""
    before = datetime.now(UTC)
    assert await store.spent_since(before) == 0.0
    await exchange(store, "c1")
    await store.spend(0.25, "EUR", "gpt-x")
    between = datetime.now(UTC)
    await store.spend(0.5, "EUR", None)
    await store.drop_after("c1", "c1-q1")
    assert await store.spent_since(before) == pytest.approx(0.75)
    assert await store.spent_since(between) == pytest.approx(0.5)
    assert await store.spent_since(datetime.now(UTC)) == 0.0


async def test_the_ledger_keeps_each_departure(store: SqlConversationStore) -> None:
    """A row holds time, destination, size, hash and verdict."""
    row = Departure(
        datetime.now(UTC), "api.example.com", 2**40, "f" * 64, False, replaced=2, released=True
    )
    row = replace(row, route=Route.REFUSED, model="m", text="user: hi")
    await store.record(row)
    saved = await store.database.read(lambda session: session.scalar(select(DepartureRow)))
    assert saved is not None
    assert {name: getattr(saved, name) for name in Departure.__dataclass_fields__} == {
        name: getattr(row, name) for name in Departure.__dataclass_fields__
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("NUL \0 in the middle", "NUL \0 in the middle"),
        ("lone \ud83d half", "lone \ufffd half"),
        ("two halves \ud83d\ude00", "two halves 😀"),
        ("\udcff\udc00", "\ufffd\ufffd"),
        ("😀" * 1000, "😀" * 1000),
        ("", ""),
    ],
)
async def test_any_text_can_be_stored(store: SqlConversationStore, given: str, kept: str) -> None:
    """Texts that no encoder accepts lose only the broken characters."""
    await store.add_prompt(prompt("m1", given), user_id="local", title=given)
    await store.begin_answer(answer("a1", given))
    await store.finish_answer("a1", given, AnswerStatus.COMPLETE, facts(error=given))
    messages = await store.messages("c1")
    assert [m.content for m in messages] == [kept, kept]
    assert messages[1].facts is not None
    assert messages[1].facts.error == kept


async def test_an_answer_cut_short_by_a_crash_is_interrupted(settings: Settings) -> None:
    """After a restart no answer is streaming, and its text is still there."""
    async with opened(settings) as store:
        await store.add_prompt(prompt("m1"), user_id="local", title="T")
        await store.begin_answer(answer("a1"))
        await store.grow_answer("a1", "half a sen")
    async with opened(settings) as store:
        last = (await store.messages("c1"))[1]
    assert (last.status, last.content) == (AnswerStatus.INTERRUPTED, "half a sen")


async def test_many_writers_at_once_all_succeed(settings: Settings) -> None:
    """Writers of two stores on one file neither fail nor lose a message."""
    async with opened(settings) as one, opened(settings) as two:

        async def write(store: SqlConversationStore, name: str) -> None:
            for number in range(4):
                await exchange(store, name, number=number)
                await store.messages(name)

        stores = [(one, f"a{n}") for n in range(8)] + [(two, f"b{n}") for n in range(4)]
        await asyncio.gather(*(write(store, name) for store, name in stores))
        for store, name in stores:
            assert len(await store.messages(name)) == 8


async def test_a_cancelled_write_is_finished(store: SqlConversationStore) -> None:
    """Stop cancels the task that writes; what it wrote is stored none the less."""
    for number in range(20):
        task = asyncio.create_task(
            store.add_prompt(prompt(f"m{number}"), user_id="local", title="T")
        )
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await store.add_prompt(prompt("last"), user_id="local", title="T")
    assert len(await store.messages("c1")) == 21


async def test_positions_are_never_used_again(store: SqlConversationStore) -> None:
    """A message written after a deletion still comes last."""
    await exchange(store, "c1", number=1)
    await exchange(store, "c1", number=2)
    highest = "SELECT max(position) FROM messages"
    before = await store.database.read(lambda session: session.scalar(text(highest)))
    await store.drop_after("c1", "c1-q1")
    await exchange(store, "c1", number=3)
    lowest = "SELECT position FROM messages WHERE id = 'c1-q3'"
    assert await store.database.read(lambda session: session.scalar(text(lowest))) > before
    assert [m.role for m in await store.messages("c1")] == [Role.USER, Role.USER, Role.ASSISTANT]


async def test_waiting_for_a_conversation_ends_when_it_is_created(
    store: SqlConversationStore,
) -> None:
    """A waiter wakes with the first prompt, and gives up when none comes."""
    waiting = asyncio.create_task(store.wait_for("c1", 30))
    await store.add_prompt(prompt("m0", conversation="c0"), user_id="local", title="T")
    await store.add_prompt(prompt("m1"), user_id="local", title="T")
    assert await waiting
    assert await store.wait_for("c1", 30)
    assert not await store.wait_for("never", 0.05)


_ROOT = Path(__file__).parents[3]
_CHILD = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from services.domain import Role, StoredMessage
from services.history.store import open_store
from services.settings import Settings

async def main():
    folder = Path(sys.argv[1])
    url = f"sqlite+aiosqlite:///{folder / 'history.db'}"
    store = await open_store(Settings(data_dir=folder, database_url=url))
    message = StoredMessage("m1", "c1", Role.USER, "do not lose me", datetime.now(UTC))
    await store.add_prompt(message, user_id="local", title="T")
    print("stored", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_stored_prompt_survives_kill_9(settings: Settings) -> None:
    """A process that dies right after add_prompt returned leaves the prompt behind."""

    def run() -> int:
        command = [sys.executable, "-c", _CHILD, str(settings.data_dir)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as child:
            assert child.stdout is not None
            line = child.stdout.readline()
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            assert line == "stored\n"
            return child.returncode

    assert await asyncio.to_thread(run) == -signal.SIGKILL
    async with opened(settings) as store:
        assert [m.content for m in await store.messages("c1")] == ["do not lose me"]


async def test_only_the_owner_can_read_the_files(settings: Settings) -> None:
    """Database, log and folder are closed to everybody else, also after a reopening."""

    def files(folder: Path) -> list[Path]:
        return list(folder.iterdir())

    settings.data_dir.mkdir(mode=0o755)
    path = settings.data_dir / "history.db"
    path.touch(mode=0o644)
    store = await open_store(settings)
    try:
        await exchange(store, "c1")
        modes = {p.name: p.stat().st_mode & 0o777 for p in files(settings.data_dir)}
    finally:
        await store.aclose()
    assert modes == {"history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600}
    assert settings.data_dir.stat().st_mode & 0o777 == 0o700
