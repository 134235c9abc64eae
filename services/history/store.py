"""The history, the gate's ledger and the spending log, on SQL.

Each method is one transaction. What belongs to a conversation that was deleted
meanwhile is left out without an error: an answer that still streams must not
bring its conversation back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.departure import Departure
from services.domain import AnswerFacts, AnswerStatus, StoredMessage
from services.errors import StorageError
from services.history.backup import prune
from services.history.cleanup import delete_messages, note_deletion, tidy
from services.history.dialect import upsert
from services.history.engine import Database, connect
from services.history.faults import translate
from services.history.files import keep_files, with_files
from services.history.migrations import upgrade
from services.history.rows import facts_columns, message_columns, message_of
from services.history.tables import Conversation, DepartureRow, MessageRow, Spending, User
from services.settings import Settings

_log = logging.getLogger(__name__)


class SqlConversationStore:
    """``ConversationStore``, ``Ledger`` and ``SpendingLog`` of the ports, in one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._created = asyncio.Event()

    async def add_prompt(self, message: StoredMessage, *, user_id: str, title: str) -> None:
        """Store a person's message with its files; on disk when this returns.

        Creates user and conversation when they are new. The same id again
        replaces the text, and adds files that are new.
        """
        dialect = self.database.dialect

        async def work(session: AsyncSession) -> None:
            user = {
                "id": user_id,
                "meta": {},
                "created_at": datetime.now(UTC),
            }
            await session.execute(upsert(dialect, User, user, "id", ()))
            conversation = {
                "id": message.conversation_id,
                "user_id": user_id,
                "title": title,
                "title_is_custom": False,
                "created_at": message.created_at,
                "updated_at": message.created_at,
                "meta": {},
                "tags": [],
            }
            await session.execute(upsert(dialect, Conversation, conversation, "id", ()))
            await session.execute(
                upsert(dialect, MessageRow, message_columns(message), "id", ("content",))
            )
            await keep_files(session, dialect, message)
            await _touch(session, message.conversation_id)

        await self.database.write(work)
        self._created.set()
        self._created = asyncio.Event()

    async def begin_answer(self, answer: StoredMessage) -> None:
        """Store an answer that starts to stream; the same id again starts it anew."""
        columns = message_columns(answer)
        fixed = {"id", "conversation_id", "created_at", "favorite"}

        async def work(session: AsyncSession) -> None:
            if await _exists(session, answer.conversation_id):
                renewed = [name for name in columns if name not in fixed]
                await session.execute(
                    upsert(self.database.dialect, MessageRow, columns, "id", renewed)
                )
                await _touch(session, answer.conversation_id)

        await self.database.write(work)

    async def grow_answer(self, answer_id: str, content: str) -> None:
        """Replace the text of a streaming answer by what has come so far."""

        async def work(session: AsyncSession) -> None:
            await session.execute(
                update(MessageRow).where(MessageRow.id == answer_id).values(content=content)
            )

        await self.database.write(work)

    async def finish_answer(
        self, answer_id: str, content: str, status: AnswerStatus, facts: AnswerFacts
    ) -> None:
        """Store an answer's end: its whole text, status and figures."""

        async def work(session: AsyncSession) -> None:
            await session.execute(
                update(MessageRow)
                .where(MessageRow.id == answer_id)
                .values(content=content, status=status.value, **facts_columns(facts))
            )

        await self.database.write(work)

    async def messages(self, conversation_id: str) -> list[StoredMessage]:
        """All messages of one conversation, oldest first; empty if unknown."""

        async def work(session: AsyncSession) -> list[StoredMessage]:
            rows = await session.scalars(
                select(MessageRow)
                .where(MessageRow.conversation_id == conversation_id)
                .order_by(MessageRow.position)
            )
            return await with_files(session, map(message_of, rows))

        return await self.database.read(work)

    async def drop_after(self, conversation_id: str, message_id: str) -> None:
        """Delete every message after ``message_id`` with all that hangs on it."""

        async def work(session: AsyncSession) -> None:
            found = await session.execute(
                select(MessageRow.position, MessageRow.created_at).where(
                    MessageRow.id == message_id, MessageRow.conversation_id == conversation_id
                )
            )
            if pivot := found.first():
                later = MessageRow.position > pivot[0]
                await delete_messages(session, conversation_id, later, steps_after=pivot[1])
                await note_deletion(session)

        await self.database.write(work)

    async def spend(self, amount: float, currency: str, model: str | None) -> None:
        """Record the cost of one cloud answer, now."""

        async def work(session: AsyncSession) -> None:
            now = datetime.now(UTC)
            session.add(Spending(at=now, amount=amount, currency=currency, model=model))

        await self.database.write(work)

    async def spent_since(self, start: datetime) -> float:
        """Money recorded at or after ``start``, that of deleted answers included."""

        async def work(session: AsyncSession) -> float:
            total = await session.scalar(
                select(func.coalesce(func.sum(Spending.amount), 0.0)).where(Spending.at >= start)
            )
            return float(total or 0.0)

        return await self.database.read(work)

    async def record(self, departure: Departure) -> None:
        """Write one row of the ledger; on disk when this returns."""
        row: dict[str, Any] = {
            name: getattr(departure, name) for name in Departure.__dataclass_fields__
        }

        async def work(session: AsyncSession) -> None:
            session.add(DepartureRow(**row))

        await self.database.write(work)

    async def wait_for(self, conversation_id: str, seconds: float) -> bool:
        """Wait until a conversation exists, at most ``seconds``; whether it does."""

        async def appeared() -> None:
            while True:
                created = self._created  # taken before the look, so that none is missed
                if await self._has(conversation_id):
                    return
                await created.wait()

        if await self._has(conversation_id):
            return True
        try:
            await asyncio.wait_for(appeared(), seconds)
        except TimeoutError:
            return False
        return True

    async def _has(self, conversation_id: str) -> bool:
        return await self.database.read(lambda session: _exists(session, conversation_id))

    async def aclose(self) -> None:
        """Finish what is being written, clear traces of deletions, close the database."""
        try:
            await tidy(self.database)
        except StorageError as error:
            # The next end of the program does it: the database remembers.
            _log.warning("Deleted words stay in the search index for now: %s", error)
        finally:
            await self.database.aclose()


async def open_store(settings: Settings) -> SqlConversationStore:
    """Open the history: create or upgrade it, and mark what a crash cut short.

    Raises:
        StorageError: it cannot be opened; nothing was changed.
    """
    database = connect(settings.database_url, settings.data_dir)
    try:
        await upgrade(database)
        await database.write(_interrupt)
        if database.path:
            try:
                await prune(database.path)
            except OSError as error:
                raise translate(error, database.path) from None
    except BaseException:
        await database.aclose()
        raise
    return SqlConversationStore(database)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[SqlConversationStore]:
    """:func:`open_store` as a context that closes the store."""
    store = await open_store(settings)
    try:
        yield store
    finally:
        await store.aclose()


async def _interrupt(session: AsyncSession) -> None:
    await session.execute(
        update(MessageRow)
        .where(MessageRow.status == AnswerStatus.STREAMING.value)
        .values(status=AnswerStatus.INTERRUPTED.value)
    )


async def _exists(session: AsyncSession, conversation_id: str) -> bool:
    found = await session.scalar(select(exists().where(Conversation.id == conversation_id)))
    return bool(found)


async def _touch(session: AsyncSession, conversation_id: str) -> None:
    """Move a conversation to the top of the list; time never runs backwards there."""
    now = datetime.now(UTC)
    await session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.updated_at < now)
        .values(updated_at=now)
    )
