"""Local answers that a person judged: the data that a calibration learns from.

Nothing is stored for it: thumbs are ratings, and "ask again in the cloud" leaves two
answers to one prompt. Deleting a conversation deletes what it taught.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.domain import AnswerStatus, Mode, Role, Route, StoredMessage
from services.history.engine import Database
from services.history.files import with_files
from services.history.rows import message_of
from services.history.tables import FeedbackRow, MessageRow

MOST = 2000
"""The newest judged answers that are read; older ones may be of another time."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One judged answer: ``stored`` is its conversation, ``prompt_id`` what it replied to."""

    model: str
    prompt_id: str
    stored: tuple[StoredMessage, ...]
    would_do: bool


async def opinions(database: Database) -> list[Opinion]:
    """The judged local answers, newest first.

    A thumb counts; without one, an answer that was followed by asking the cloud the
    same prompt again would not do.

    Raises:
        StorageError: the history cannot be read.
    """

    async def work(session: AsyncSession) -> list[Opinion]:
        judged: list[tuple[MessageRow, int | None, bool]] = [
            (row, value, again) for row, value, again in await session.execute(_judged())
        ]
        homes = {row.conversation_id for row, _, _ in judged}
        conversations = {home: await _conversation(session, home) for home in homes}
        return [
            Opinion(
                model=row.model or "",
                prompt_id=row.reply_to or "",
                stored=conversations[row.conversation_id],
                would_do=value == 1 if value is not None else not again,
            )
            for row, value, again in judged
        ]

    return await database.read(work)


def _judged() -> Select[MessageRow, int, bool]:
    other = aliased(MessageRow)
    again = exists().where(
        other.reply_to == MessageRow.reply_to,
        other.conversation_id == MessageRow.conversation_id,
        other.position > MessageRow.position,
        other.mode == Mode.CLOUD.value,
        other.route.in_([Route.CLOUD.value, Route.CLOUD_REDACTED.value]),
    )
    return (
        select(MessageRow, FeedbackRow.value, again)
        .outerjoin(FeedbackRow, FeedbackRow.for_id == MessageRow.id)
        .where(
            MessageRow.role == Role.ASSISTANT.value,
            MessageRow.route == Route.LOCAL.value,
            MessageRow.status == AnswerStatus.COMPLETE.value,
            MessageRow.reply_to.is_not(None),
            or_(FeedbackRow.value.is_not(None), again),
        )
        .order_by(MessageRow.position.desc())
        .limit(MOST)
    )


async def _conversation(session: AsyncSession, home: str) -> tuple[StoredMessage, ...]:
    rows = await session.scalars(
        select(MessageRow).where(MessageRow.conversation_id == home).order_by(MessageRow.position)
    )
    return tuple(await with_files(session, map(message_of, rows)))
