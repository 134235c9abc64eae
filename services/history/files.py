"""Attached files in the database: what was read in them, and their own bytes.

The text is a row of ``attachments``; the bytes are an element of the interface with
the same id, so that it shows them again. Both are written with their message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.attachment import Attachment
from services.domain import StoredMessage
from services.history.dialect import upsert
from services.history.tables import AttachmentRow, ElementRow

_AT_ONCE = 500
"""Ids in one query; SQLite takes no more than some thousands of values."""


async def keep_files(session: AsyncSession, dialect: str, message: StoredMessage) -> None:
    """Store the files of ``message`` that are not stored yet."""
    for file in message.files:
        text = {
            "id": file.id,
            "conversation_id": message.conversation_id,
            "message_id": message.id,
            "name": file.name,
            "media_type": file.media_type,
            "text": file.text,
        }
        await session.execute(upsert(dialect, AttachmentRow, text, "id", ()))
        if file.original:
            element = {
                "id": file.id,
                "conversation_id": message.conversation_id,
                "for_id": message.id,
                "type": "file",
                "name": file.name,
                "display": "inline",
                "mime": file.media_type,
                "created_at": message.created_at,
                "content": file.original,
            }
            await session.execute(upsert(dialect, ElementRow, element, "id", ()))


async def with_files(
    session: AsyncSession, messages: Iterable[StoredMessage]
) -> list[StoredMessage]:
    """``messages`` with their files, in the order in which they were attached."""
    found = list(messages)
    files: dict[str, list[Attachment]] = defaultdict(list)
    for start in range(0, len(found), _AT_ONCE):
        ids = [message.id for message in found[start : start + _AT_ONCE]]
        for row in await _rows(session, ids):
            kept = Attachment(row.id, row.name, row.media_type, row.text)
            files[row.message_id].append(kept)
    return [
        replace(message, files=tuple(files[message.id])) if message.id in files else message
        for message in found
    ]


async def _rows(session: AsyncSession, ids: Sequence[str]) -> Sequence[AttachmentRow]:
    rows = await session.scalars(
        select(AttachmentRow)
        .where(AttachmentRow.message_id.in_(ids))
        .order_by(AttachmentRow.number)
    )
    return rows.all()
