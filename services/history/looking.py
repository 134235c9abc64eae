"""What was routed where, for a spectator: read-only, and without any text.

May be used beside a running program, whose history it neither changes nor holds up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from services.domain import AnswerFacts, AnswerStatus, Role
from services.history.engine import connect_read_only
from services.history.rows import facts_of
from services.history.tables import MessageRow


@dataclass(frozen=True, slots=True)
class RoutedAnswer:
    """One stored answer: when it was begun (UTC), how it ended, and its figures."""

    at: datetime
    status: AnswerStatus
    facts: AnswerFacts


async def routed_answers(url: str) -> list[RoutedAnswer]:
    """All answers of the history at ``url``, oldest first; none where there is no file yet.

    Raises:
        StorageError: the history is there and cannot be read.
    """
    database = connect_read_only(url)
    if database is None:
        return []
    try:
        return await database.read(_answers)
    finally:
        await database.aclose()


async def _answers(session: AsyncSession) -> list[RoutedAnswer]:
    rows = await session.scalars(
        select(MessageRow)
        .where(MessageRow.role == Role.ASSISTANT.value)
        .order_by(MessageRow.position)
        .options(defer(MessageRow.content))
    )
    return [
        RoutedAnswer(row.created_at, AnswerStatus(row.status), facts)
        for row in rows
        if (facts := facts_of(row))
    ]
