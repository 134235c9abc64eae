"""No message is lost when the database cannot take it.

:class:`SpoolingStore` stands in front of a store. What the store refuses (a
full disk, a lock, a file turned read-only) is kept in memory, in order, and is
written as soon as the store takes writes again. Meanwhile the conversation goes
on and :attr:`SpoolingStore.trouble` says what is wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from services.domain import AnswerFacts, AnswerStatus, StoredMessage
from services.errors import StorageError
from services.history.memory import MemoryStore
from services.ports import ConversationStore

RETRY_SECONDS = 3.0
"""Pause after a refusal: a locked database is waited for by each attempt."""


@dataclass(frozen=True, slots=True)
class _Prompt:
    message_id: str
    user_id: str
    title: str


@dataclass(frozen=True, slots=True)
class _Answer:
    message_id: str


@dataclass(frozen=True, slots=True)
class _Drop:
    conversation_id: str
    message_id: str


_Entry = _Prompt | _Answer | _Drop


class SpoolingStore:
    """A ``ConversationStore`` whose writes never fail; see the module."""

    def __init__(self, inner: ConversationStore, retry_seconds: float = RETRY_SECONDS) -> None:
        self._inner = inner
        self._retry_seconds = retry_seconds
        self._unsaved = MemoryStore()
        self._entries: list[_Entry] = []
        self._streaming: dict[str, StoredMessage] = {}
        self._lock = asyncio.Lock()
        self._retry: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self.trouble: StorageError | None = None

    async def add_prompt(self, message: StoredMessage, *, user_id: str, title: str) -> None:
        """Store a person's message, or keep it until the store takes it."""
        await self._write(
            lambda: self._inner.add_prompt(message, user_id=user_id, title=title),
            message,
            _Prompt(message.id, user_id, title),
        )

    async def begin_answer(self, answer: StoredMessage) -> None:
        """Store an answer that starts to stream, or keep it."""
        self._streaming[answer.id] = answer
        await self._write(lambda: self._inner.begin_answer(answer), answer, _Answer(answer.id))

    async def grow_answer(self, answer_id: str, content: str) -> None:
        """Store what has come of an answer, or keep it."""
        answer = replace(self._streaming[answer_id], content=content)
        self._streaming[answer_id] = answer
        await self._write(
            lambda: self._inner.grow_answer(answer_id, content), answer, _Answer(answer_id)
        )

    async def finish_answer(
        self, answer_id: str, content: str, status: AnswerStatus, facts: AnswerFacts
    ) -> None:
        """Store an answer's end, or keep it."""
        answer = replace(
            self._streaming.pop(answer_id), content=content, status=status, facts=facts
        )
        await self._write(
            lambda: self._inner.finish_answer(answer_id, content, status, facts),
            answer,
            _Answer(answer_id),
        )

    async def drop_after(self, conversation_id: str, message_id: str) -> None:
        """Delete what came after a message, now or when the store allows it."""
        await self._unsaved.drop_after(conversation_id, message_id)
        await self._write(
            lambda: self._inner.drop_after(conversation_id, message_id),
            None,
            _Drop(conversation_id, message_id),
        )

    async def messages(self, conversation_id: str) -> list[StoredMessage]:
        """What is stored, and what waits to be."""
        try:
            stored = await self._inner.messages(conversation_id)
        except StorageError as error:
            self.trouble = error
            stored = []
        merged = {message.id: message for message in self._without_dropped(stored)}
        for message in await self._unsaved.messages(conversation_id):
            merged[message.id] = message
        return list(merged.values())

    def _without_dropped(self, stored: list[StoredMessage]) -> list[StoredMessage]:
        """``stored`` as it will be once the edits that wait are done."""
        for entry in self._entries:
            ids = [message.id for message in stored]
            if isinstance(entry, _Drop) and entry.message_id in ids:
                stored = stored[: ids.index(entry.message_id) + 1]
        return stored

    async def aclose(self) -> None:
        """Try once more to store what waits."""
        if self._retry:
            self._retry.cancel()
        self._not_before = 0.0
        async with self._lock:
            await self._flush()

    async def _write(
        self,
        write: Callable[[], Awaitable[None]],
        message: StoredMessage | None,
        entry: _Entry,
    ) -> None:
        async with self._lock:
            if await self._flush():
                try:
                    await write()
                except StorageError as error:
                    self._refused(error)
                else:
                    self.trouble = None
                    return
            if message:
                self._unsaved.put(message)
            if entry not in self._entries:
                self._entries.append(entry)
        if self._retry is None or self._retry.done():
            self._retry = asyncio.create_task(self._keep_trying())

    async def _keep_trying(self) -> None:
        while self._entries:
            await asyncio.sleep(self._retry_seconds)
            async with self._lock:
                await self._flush()

    async def _flush(self) -> bool:
        """Write what waits, in order; whether nothing waits any more."""
        if self._entries and time.monotonic() < self._not_before:
            return False
        while self._entries:
            try:
                await self._replay(self._entries[0])
            except StorageError as error:
                self._refused(error)
                return False
            self._entries.pop(0)
            self.trouble = None
        return True

    def _refused(self, error: StorageError) -> None:
        self.trouble = error
        self._not_before = time.monotonic() + self._retry_seconds

    async def _replay(self, entry: _Entry) -> None:
        if isinstance(entry, _Drop):
            await self._inner.drop_after(entry.conversation_id, entry.message_id)
            return
        message = self._unsaved.find(entry.message_id)
        if message is None:  # dropped by an edit before it could be stored
            return
        if isinstance(entry, _Prompt):
            await self._inner.add_prompt(message, user_id=entry.user_id, title=entry.title)
        else:
            await self._inner.begin_answer(message)
            if message.status is not AnswerStatus.STREAMING and message.facts:
                await self._inner.finish_answer(
                    message.id, message.content, message.status, message.facts
                )
        self._unsaved.remove(message)
