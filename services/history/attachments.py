"""Steps and elements: what hangs on a conversation besides its messages.

Both are kept only while their conversation exists; writing to one that is not
stored does nothing and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from services.history.dialect import upsert
from services.history.engine import Database
from services.history.tables import Conversation, ElementRow, StepRow


class Attachments:
    """Steps and elements; raises :class:`services.errors.StorageError`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def put_step(self, columns: Mapping[str, Any]) -> bool:
        """Store a step or renew it; ``columns`` are those of ``StepRow``.

        Whether it was stored: a conversation that does not exist keeps nothing.
        What a step was when it began does not replace what it was at its end:
        the interface reports both in tasks of no certain order.
        """
        return await self._put(StepRow, columns, fixed=("id", "conversation_id", "created_at"))

    async def put_element(self, columns: Mapping[str, Any]) -> bool:
        """Store an element with its bytes, or renew it; whether it was stored.

        ``content`` of ``None`` leaves the bytes of a known element as they are.
        """
        fixed: tuple[str, ...] = ("id", "conversation_id", "created_at")
        if columns.get("content") is None:
            fixed = (*fixed, "content")
        return await self._put(ElementRow, columns, fixed=fixed)

    async def element(self, conversation_id: str, element_id: str) -> ElementRow | None:
        """One element with its bytes; ``None`` if that conversation has none such."""

        async def work(session: AsyncSession) -> ElementRow | None:
            return await session.scalar(
                select(ElementRow)
                .where(ElementRow.id == element_id, ElementRow.conversation_id == conversation_id)
                .options(undefer(ElementRow.content))
            )

        return await self.database.read(work)

    async def delete_element(self, element_id: str, conversation_id: str | None = None) -> bool:
        """Delete an element with its bytes; whether it existed."""

        async def work(session: AsyncSession) -> bool:
            statement = delete(ElementRow).where(ElementRow.id == element_id)
            if conversation_id is not None:
                statement = statement.where(ElementRow.conversation_id == conversation_id)
            found = await session.scalar(statement.returning(ElementRow.id))
            return found is not None

        return await self.database.write(work)

    async def _put(self, table: Any, columns: Mapping[str, Any], fixed: tuple[str, ...]) -> bool:
        renewed = [name for name in columns if name not in fixed]

        async def work(session: AsyncSession) -> bool:
            home = await session.scalar(
                select(exists().where(Conversation.id == columns["conversation_id"]))
            )
            ended = (
                table is StepRow
                and columns["end"] is None
                and await session.scalar(select(StepRow.end).where(StepRow.id == columns["id"]))
            )
            if home and not ended:
                await session.execute(upsert(self.database.dialect, table, columns, "id", renewed))
            return bool(home)

        return await self.database.write(work)
