"""Looking at the history without touching it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from services.domain import AnswerStatus, Route
from services.errors import StorageError
from services.history.engine import connect_read_only
from services.history.looking import routed_answers
from services.history.store import SqlConversationStore, opened
from services.settings import Settings
from tests.unit.history.builders import answer, exchange, facts, prompt


async def test_every_answer_is_told_with_its_figures(
    settings: Settings, store: SqlConversationStore
) -> None:
    """Prompts are left out; an answer that streams right now is there, as such."""
    await exchange(store, "c1")
    await store.add_prompt(prompt("q2", conversation="c2"), user_id="local", title="Two")
    await store.begin_answer(answer("a2", conversation="c2", reply_to="q2"))
    first, second = await routed_answers(settings.database_url)
    assert (first.status, first.facts) == (AnswerStatus.COMPLETE, facts())
    assert (second.status, second.facts.route) == (AnswerStatus.STREAMING, Route.CLOUD)
    assert first.at < second.at


async def test_looking_changes_nothing(settings: Settings) -> None:
    """Of a history that nobody has open, not one byte is another afterwards."""
    async with opened(settings) as store:
        await exchange(store, "c1")
    path = settings.data_dir / "history.db"
    before = path.read_bytes()
    assert len(await routed_answers(settings.database_url)) == 1
    assert path.read_bytes() == before


async def test_a_spectator_cannot_write(settings: Settings, store: SqlConversationStore) -> None:
    """The database itself refuses, whatever is asked."""
    await exchange(store, "c1")
    database = connect_read_only(settings.database_url)
    assert database is not None
    with pytest.raises(StorageError):
        await database.write(lambda session: session.execute(text("DELETE FROM messages")))
    await database.aclose()
    assert len(await store.messages("c1")) == 2


async def test_no_history_is_no_answers(settings: Settings) -> None:
    """Where nothing was stored yet, nothing is created either."""
    assert await routed_answers(settings.database_url) == []
    assert not settings.data_dir.exists()


async def test_a_damaged_file_is_told(settings: Settings) -> None:
    """What is no database is an error with a sentence, not an empty history."""
    settings.data_dir.mkdir()
    (settings.data_dir / "history.db").write_bytes(b"no database at all " * 100)
    with pytest.raises(StorageError, match="damaged"):
        await routed_answers(settings.database_url)


async def test_odd_names_of_folders_are_no_matter(tmp_path: Path) -> None:
    """What would mean something in an address is part of the path."""
    folder = tmp_path / "100% möglich#1"
    settings = Settings(folder, f"sqlite+aiosqlite:///{folder / 'history.db'}")
    async with opened(settings) as store:
        await exchange(store, "c1")
    assert len(await routed_answers(settings.database_url)) == 1
