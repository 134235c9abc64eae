"""Deleting for good: with all that hangs on it, and without a trace in the file.

SQLite overwrites deleted rows with zeros (``secure_delete``). Two places would
still hold their words: the full-text index, which only marks them, and the
write-ahead log. :func:`delete_and_forget` clears both at once, for a
conversation that a person deletes. Rewriting the index takes longer the larger
the history is, so for single messages (an edit, an answer asked for again)
:func:`note_deletion` leaves it to the end of the program: :func:`tidy`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import delete, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from services.history.dialect import SQLITE, forget_deleted
from services.history.engine import Database
from services.history.tables import (
    AttachmentRow,
    ElementRow,
    FeedbackRow,
    MessageRow,
    StepRow,
)


async def delete_messages(
    session: AsyncSession,
    conversation_id: str,
    which: ColumnElement[bool],
    steps_after: datetime | None = None,
) -> bool:
    """Delete messages of a conversation with their steps, files and feedback.

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
    await session.execute(delete(AttachmentRow).where(AttachmentRow.message_id.in_(owners)))
    await session.execute(delete(StepRow).where(StepRow.id.in_(owners)))
    await session.execute(delete(MessageRow).where(MessageRow.id.in_([row[0] for row in rows])))
    return bool(owners)


async def note_deletion(session: AsyncSession) -> None:
    """Remember in the database itself that the index holds deleted words."""
    if session.get_bind().dialect.name == SQLITE:
        await session.execute(text("PRAGMA user_version = 1"))


async def delete_and_forget(
    database: Database, work: Callable[[AsyncSession], Awaitable[bool]]
) -> bool:
    """Run ``work``, which deletes and says whether it did, and clear the traces."""

    async def with_index(session: AsyncSession) -> bool:
        deleted = await work(session)
        if deleted:
            await _rewrite_index(session)
        return deleted

    deleted = await database.write(with_index)
    if deleted:
        await empty_log(database)
    return deleted


async def tidy(database: Database) -> None:
    """Clear the traces that :func:`note_deletion` left."""

    async def work(session: AsyncSession) -> bool:
        noted = await session.scalar(text("PRAGMA user_version"))
        if noted:
            await _rewrite_index(session)
        return bool(noted)

    if database.dialect == SQLITE and await database.write(work):
        await empty_log(database)


async def _rewrite_index(session: AsyncSession) -> None:
    if session.get_bind().dialect.name == SQLITE:
        for statement in forget_deleted(SQLITE):
            await session.execute(text(statement))
        await session.execute(text("PRAGMA user_version = 0"))


async def empty_log(database: Database) -> None:
    """Empty the write-ahead log, which would still hold what was overwritten."""
    if database.dialect == SQLITE:
        await database.run(lambda: _checkpoint(database))


async def _checkpoint(database: Database) -> None:
    # A reader that still uses the log makes this a no-op; SQLite then empties
    # it at the next deletion or when the last connection closes.
    autocommit = database.engine.execution_options(begin="")
    async with autocommit.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
