"""Ratings and favourites: what a person thinks of answers and prompts.

The interface rates either an answer or the *run* that produced it. A run is
never stored; both are traced back to the answer.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain import Role, StoredMessage
from services.errors import StorageError
from services.history.dialect import upsert
from services.history.engine import Database
from services.history.rows import message_of
from services.history.tables import Conversation, FeedbackRow, MessageRow, StepRow


@dataclass(frozen=True, slots=True)
class Rating:
    """A thumb up (``value`` 1) or down (0) for the answer or step ``for_id``."""

    id: str
    for_id: str
    value: int
    comment: str | None


class Ratings:
    """Ratings and favourites; raises :class:`services.errors.StorageError`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def rate(self, for_id: str, value: int, comment: str | None = None) -> str:
        """Rate an answer, a run or a step, once: again replaces. The rating's id.

        Raises:
            StorageError: nothing of that id is kept, as in a temporary conversation.
        """

        async def work(session: AsyncSession) -> str:
            target = await _target(session, for_id)
            if target is None:
                raise StorageError("storage.not_kept")
            values = {
                "id": str(uuid.uuid4()),
                "for_id": target[0],
                "conversation_id": target[1],
                "value": value,
                "comment": comment,
                "created_at": datetime.now(UTC),
            }
            changed = ("value", "comment", "created_at")
            await session.execute(
                upsert(self.database.dialect, FeedbackRow, values, "for_id", changed)
            )
            kept = await session.scalar(
                select(FeedbackRow.id).where(FeedbackRow.for_id == target[0])
            )
            return str(kept)

        return await self.database.write(work)

    async def withdraw(self, rating_id: str) -> bool:
        """Delete a rating with its comment; whether it existed."""

        async def work(session: AsyncSession) -> bool:
            found = await session.scalar(
                delete(FeedbackRow).where(FeedbackRow.id == rating_id).returning(FeedbackRow.id)
            )
            return found is not None

        return await self.database.write(work)

    async def set_favorite(self, message_id: str, favorite: bool) -> bool:
        """Mark a stored message as a favourite, or not; whether it exists."""

        async def work(session: AsyncSession) -> bool:
            found = await session.scalar(
                update(MessageRow)
                .where(MessageRow.id == message_id)
                .values(favorite=favorite)
                .returning(MessageRow.id)
            )
            return found is not None

        return await self.database.write(work)

    async def favorites(self, user_id: str) -> list[StoredMessage]:
        """A person's favourite messages, newest first."""

        async def work(session: AsyncSession) -> list[StoredMessage]:
            rows = await session.scalars(
                select(MessageRow)
                .join(Conversation, Conversation.id == MessageRow.conversation_id)
                .where(MessageRow.favorite, Conversation.user_id == user_id)
                .order_by(MessageRow.position.desc())
            )
            return [message_of(row) for row in rows]

        return await self.database.read(work)


async def _target(session: AsyncSession, for_id: str) -> tuple[str, str] | None:
    """What a rating is for, as (id, conversation): an answer or a step."""
    named = or_(MessageRow.id == for_id, MessageRow.run_id == for_id)
    row = await session.scalar(select(MessageRow).where(named).limit(1))
    if row is None:
        home = await session.scalar(select(StepRow.conversation_id).where(StepRow.id == for_id))
        return (for_id, home) if home is not None else None
    if row.role == Role.USER.value:
        row = await _answer_to(session, row)
    return (row.id, row.conversation_id) if row is not None else None


async def _answer_to(session: AsyncSession, prompt: MessageRow) -> MessageRow | None:
    """The newest answer to ``prompt``: one that names it, else the next message."""
    after = select(MessageRow).where(
        MessageRow.conversation_id == prompt.conversation_id,
        MessageRow.role == Role.ASSISTANT.value,
        MessageRow.position > prompt.position,
    )
    named = after.where(MessageRow.reply_to == prompt.id)
    found = await session.scalar(named.order_by(MessageRow.position.desc()).limit(1))
    if found is None:
        found = await session.scalar(after.order_by(MessageRow.position).limit(1))
    return found
