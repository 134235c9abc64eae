"""The history as a person sees it: lists, search, names, deletion."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from services.domain import AnswerStatus
from services.history.cleanup import delete_and_forget, delete_messages, note_deletion
from services.history.dialect import (
    Counter,
    Moment,
    Searched,
    matches,
    microseconds,
    moment,
    upsert,
)
from services.history.engine import Database
from services.history.tables import (
    AttachmentRow,
    Conversation,
    ElementRow,
    FeedbackRow,
    MessageRow,
    StepRow,
    User,
)

LARGEST_PAGE = 200
"""Conversations in one page, however many are asked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation as a list shows it."""

    id: str
    user_id: str
    title: str
    title_is_custom: bool
    created_at: datetime
    updated_at: datetime
    metadata: Mapping[str, Any]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list. ``cursor`` asks for the next part; ``None``: there is none."""

    entries: tuple[Entry, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in; ``id`` is the name they sign in with."""

    id: str
    display_name: str | None
    metadata: Mapping[str, Any]
    created_at: datetime


class Library:
    """Reads and tidies what the store has kept.

    Every method raises :class:`services.errors.StorageError` when the database
    does not do its part.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    async def conversations(
        self,
        *,
        user_id: str | None = None,
        search: str | None = None,
        feedback: int | None = None,
        first: int = 20,
        cursor: str | None = None,
    ) -> Page:
        """A page of conversations, the most recently changed first.

        ``search`` as :mod:`services.history.dialect` describes; ``feedback``
        keeps conversations that hold such a rating. An unknown ``cursor``
        starts from the top. A conversation that changes while somebody pages
        moves to the top; it is never listed twice.
        """
        first = max(1, min(first, LARGEST_PAGE))
        statement = select(Conversation).order_by(
            Conversation.updated_at.desc(), Conversation.number.desc()
        )
        if user_id is not None:
            statement = statement.where(Conversation.user_id == user_id)
        if feedback is not None:
            rated = select(FeedbackRow.conversation_id).where(FeedbackRow.value == feedback)
            statement = statement.where(Conversation.id.in_(rated))
        if search and search.strip():
            statement = statement.where(self._found_by(search))
        if cursor and (place := _place(cursor)):
            sorted_by = tuple_(Conversation.updated_at, Conversation.number)
            statement = statement.where(sorted_by < tuple_(*place, types=[Moment(), Counter]))
        return await self.database.read(lambda session: _page(session, statement, first))

    async def conversation(self, conversation_id: str) -> Entry | None:
        """One conversation without its messages; ``None`` if unknown."""

        async def work(session: AsyncSession) -> Entry | None:
            row = await session.scalar(
                select(Conversation).where(Conversation.id == conversation_id)
            )
            return _entry(row) if row else None

        return await self.database.read(work)

    async def rename(self, conversation_id: str, title: str) -> bool:
        """Give a conversation a title of the person's own; whether it exists."""
        values = {"title": title, "title_is_custom": True}
        return await self._update(conversation_id, values)

    async def retitle(self, conversation_id: str, title: str) -> bool:
        """Give a title that the program made, unless the person gave one."""

        async def work(session: AsyncSession) -> bool:
            row = await session.scalar(
                select(Conversation).where(
                    Conversation.id == conversation_id, Conversation.title_is_custom.is_(False)
                )
            )
            if row:
                row.title = title
            return row is not None

        return await self.database.write(work)

    async def tag(self, conversation_id: str, tags: list[str]) -> bool:
        """Replace the tags of an existing conversation; whether it exists."""
        return await self._update(conversation_id, {"tags": tags})

    async def add_metadata(self, conversation_id: str, metadata: Mapping[str, Any]) -> bool:
        """Merge ``metadata`` into an existing conversation's, key by key; whether it exists.

        Never creates a conversation: a late call must bring neither a deleted
        one back nor a temporary one to the disk.
        """

        async def work(session: AsyncSession) -> bool:
            row = await session.scalar(
                select(Conversation).where(Conversation.id == conversation_id)
            )
            if row:
                row.meta = {**row.meta, **metadata}
            return row is not None

        return await self.database.write(work)

    async def delete_conversation(self, conversation_id: str) -> bool:
        """Delete a conversation and every trace of it; whether it existed."""

        async def work(session: AsyncSession) -> bool:
            number = await session.scalar(
                delete(Conversation)
                .where(Conversation.id == conversation_id)
                .returning(Conversation.number)
            )
            return number is not None

        return await delete_and_forget(self.database, work)

    async def delete_message(self, message_id: str) -> bool:
        """Delete one message, or one step, with all that hangs on it; whether it existed."""

        async def work(session: AsyncSession) -> bool:
            home = await session.scalar(
                select(MessageRow.conversation_id).where(MessageRow.id == message_id)
            )
            if home is not None:
                await note_deletion(session)
                return await delete_messages(session, home, MessageRow.id == message_id)
            for table in (ElementRow, FeedbackRow):
                await session.execute(delete(table).where(table.for_id == message_id))
            step = await session.scalar(
                delete(StepRow).where(StepRow.id == message_id).returning(StepRow.id)
            )
            return step is not None

        return await self.database.write(work)

    async def person(self, user_id: str) -> Person | None:
        """Somebody who signed in before; ``None`` if unknown."""

        async def work(session: AsyncSession) -> Person | None:
            row = await session.get(User, user_id)
            return _person(row) if row else None

        return await self.database.read(work)

    async def welcome(
        self, user_id: str, display_name: str | None, metadata: Mapping[str, Any]
    ) -> Person:
        """Keep who signs in; name and metadata of a known person are renewed."""
        values = {
            "id": user_id,
            "display_name": display_name,
            "meta": dict(metadata),
            "created_at": datetime.now(UTC),
        }

        async def work(session: AsyncSession) -> Person:
            renewed = ("display_name", "meta")
            await session.execute(upsert(self.database.dialect, User, values, "id", renewed))
            return _person(await session.get_one(User, user_id))

        return await self.database.write(work)

    def _found_by(self, search: str) -> ColumnElement[bool]:
        def in_messages(condition: ColumnElement[bool]) -> ColumnElement[bool]:
            finished = MessageRow.status != AnswerStatus.STREAMING.value
            hits = select(MessageRow.conversation_id).where(condition, finished)
            return Conversation.id.in_(hits)

        def in_files(condition: ColumnElement[bool]) -> ColumnElement[bool]:
            return Conversation.id.in_(select(AttachmentRow.conversation_id).where(condition))

        places = Searched(
            Conversation.number,
            Conversation.title,
            MessageRow.content,
            (AttachmentRow.name, AttachmentRow.text),
            in_messages,
            in_files,
        )
        return matches(self.database.dialect, search, places)

    async def _update(self, conversation_id: str, values: Mapping[str, Any]) -> bool:
        async def work(session: AsyncSession) -> bool:
            found = await session.scalar(
                update(Conversation)
                .where(Conversation.id == conversation_id)
                .values(**values)
                .returning(Conversation.number)
            )
            return found is not None

        return await self.database.write(work)


async def _page(session: AsyncSession, statement: Select[Conversation], first: int) -> Page:
    rows = (await session.scalars(statement.limit(first + 1))).all()
    shown = rows[:first]
    cursor = None
    if len(rows) > first:
        cursor = f"{microseconds(shown[-1].updated_at)}-{shown[-1].number}"
    return Page(tuple(map(_entry, shown)), cursor)


def _place(cursor: str) -> tuple[datetime, int] | None:
    """Time and number of the last conversation that was listed."""
    if not (match := re.fullmatch(r"(\d{1,17})-(\d{1,18})", cursor, re.ASCII)):
        return None
    return moment(int(match[1])), int(match[2])


def _entry(row: Conversation) -> Entry:
    return Entry(
        id=row.id,
        user_id=row.user_id,
        title=row.title,
        title_is_custom=row.title_is_custom,
        created_at=row.created_at,
        updated_at=row.updated_at,
        metadata=row.meta,
        tags=tuple(row.tags),
    )


def _person(row: User) -> Person:
    return Person(row.id, row.display_name, row.meta, row.created_at)
