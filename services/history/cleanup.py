"""Deleting for good: with all that hangs on it, and without a trace in the file.

SQLite overwrites deleted rows with zeros (``secure_delete``). Two places would
still hold their words: the full-text index, which only marks them, and the
write-ahead log. :func:`delete_and_forget` clears both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import delete, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from services.history.dialect import SQLITE, forget_deleted
from services.history.engine import Database
from services.history.tables import ElementRow, FeedbackRow, MessageRow, StepRow


async def delete_messages(
    session: AsyncSession,
    conversation_id: str,
    which: ColumnElement[bool],
    steps_after: datetime | None = None,
) -> bool:
    """Delete messages of a conversation with their steps, elements and feedback.

    ``steps_after`` deletes every step that began later, too. Returns whether
    anything was there to delete.
    """
    found = await session.execute(
        select(MessageRow.id, MessageRow.run_id).where(
            MessageRow.conversation_id == conversation_id, which
        )
    )
    rows = found.all()
    owners = {name for row in rows for name in row if name}
    theirs: ColumnElement[bool] = StepRow.parent_id.in_(owners)
    if steps_after is not None:
        theirs = or_(theirs, StepRow.created_at > steps_after)
    steps = await session.scalars(
        select(StepRow.id).where(StepRow.conversation_id == conversation_id, theirs)
    )
    owners.update(steps.all())
    for table in (ElementRow, FeedbackRow):
        await session.execute(delete(table).where(table.for_id.in_(owners)))
    await session.execute(delete(StepRow).where(StepRow.id.in_(owners)))
    await session.execute(delete(MessageRow).where(MessageRow.id.in_([row[0] for row in rows])))
    return bool(owners)


async def delete_and_forget(
    database: Database, work: Callable[[AsyncSession], Awaitable[bool]]
) -> bool:
    """Run ``work``, which deletes and says whether it did, and clear the traces."""

    async def with_index(session: AsyncSession) -> bool:
        deleted = await work(session)
        if deleted:
            for statement in forget_deleted(database.dialect):
                await session.execute(text(statement))
        return deleted

    deleted = await database.write(with_index)
    if deleted and database.dialect == SQLITE:
        await database.run(lambda: _empty_log(database))
    return deleted


async def _empty_log(database: Database) -> None:
    # A reader that still uses the log makes this a no-op; SQLite then empties
    # it at the next deletion or when the last connection closes.
    autocommit = database.engine.execution_options(begin="")
    async with autocommit.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
