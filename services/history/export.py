"""Taking the history along: Markdown and JSON for one conversation, JSON Lines for all.

The JSON of a conversation, ``"format": "nearside-conversation"``, version 1:

=============  =============================================================
``id``         of the conversation
``title``      ``title_is_custom``: the person gave it
``created_at`` ``updated_at``: ISO 8601 in UTC
``tags``       list of words
``messages``   oldest first, each with ``id``, ``role`` (``user``,
               ``assistant``), ``content``, ``files`` (each with ``name``,
               ``media_type`` and the ``text`` that was read in it),
               ``created_at``, ``status``
               (``complete``, ``interrupted``, ``failed``, ``refused``,
               ``streaming``), ``reply_to``, ``feedback`` (``value`` 1 or 0
               and ``comment``, or ``null``) and ``answer``: ``null`` for
               prompts, else ``route``, ``mode``, ``private``,
               ``complexity``, ``threshold``, ``model``, ``prompt_tokens``,
               ``completion_tokens``, ``usage_estimated``,
               ``first_token_ms``, ``duration_ms``, ``cost``, ``currency``,
               ``finish_reason``, ``omitted_turns``, ``replaced``, ``error``,
               ``confidence`` (mean natural logarithm of the probability of
               the likeliest next token at the answer's beginning, 0 is
               certain) and ``reasons`` (``code`` and ``values``)
=============  =============================================================

Fields may be added; none changes its meaning within a version. JSON Lines is
one such object on each line. Texts are read and given out piece by piece.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain import Role, StoredMessage
from services.history.engine import Database
from services.history.files import with_files
from services.history.library import Entry, Library
from services.history.rows import facts_columns, message_of
from services.history.tables import Conversation, FeedbackRow, MessageRow

_BATCH = 50
"""Messages that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a Markdown export in the reader's language.

    ``line`` makes the quiet line under an answer; by default it names route,
    model and time in technical terms.
    """

    person: str = "You"
    assistant: str = "Nearside"
    line: Callable[[StoredMessage], str] | None = None


_ENGLISH = Words()
_Rated = tuple[StoredMessage, dict[str, Any] | None]


async def markdown(
    database: Database, conversation_id: str, words: Words = _ENGLISH
) -> AsyncIterator[str]:
    """One conversation as Markdown, message by message; nothing if it is unknown.

    Messages stand as they are, so that their own Markdown stays alive; a code
    block that an interrupted answer left open is closed.
    """
    entry = await Library(database).conversation(conversation_id)
    if entry is None:
        return
    date = f"{entry.created_at:%Y-%m-%d %H:%M} UTC"
    yield f"# {' '.join(entry.title.split()) or entry.id}\n\n{date}\n"
    async for message, _ in _messages(database, conversation_id):
        speaker = words.person if message.role is Role.USER else words.assistant
        yield f"\n## {speaker}\n\n{_closed(message.content)}\n"
        for file in message.files:
            yield f"\n*{_escaped(file.name)}*\n\n{_fenced(file.text)}\n"
        if message.facts:
            yield f"\n*{_escaped((words.line or quiet_line)(message))}*\n"


async def as_json(database: Database, conversation_id: str) -> AsyncIterator[str]:
    """One conversation as JSON in pieces; nothing if it is unknown."""
    entry = await Library(database).conversation(conversation_id)
    if entry is None:
        return
    async for piece in _object(database, entry):
        yield piece


async def json_lines(database: Database, user_id: str | None = None) -> AsyncIterator[str]:
    """Every conversation (of one person) as a line of JSON, oldest first.

    A conversation that begins meanwhile is exported too; one that is deleted
    meanwhile is not.
    """
    last = 0
    while True:
        following = await _following(database, user_id, last)
        if following is None:
            return
        last, conversation_id = following
        entry = await Library(database).conversation(conversation_id)
        if entry is None:
            continue
        async for piece in _object(database, entry):
            yield piece
        yield "\n"


def quiet_line(message: StoredMessage) -> str:
    """Route, model, time, tokens and cost of an answer, as far as they are known."""
    if (facts := message.facts) is None:
        return ""
    parts = [facts.route.value, facts.model or ""]
    if facts.duration_ms is not None:
        parts.append(f"{facts.duration_ms / 1000:.1f} s")
    if facts.usage:
        about = "≈" if facts.usage.estimated else ""
        parts.append(f"{about}{facts.usage.prompt_tokens + facts.usage.completion_tokens} tokens")
    if facts.cost is not None:
        parts.append(f"{facts.cost:.4f} {facts.currency or ''}".rstrip())
    if message.status.value != "complete":
        parts.append(message.status.value)
    return " · ".join(part for part in parts if part)


async def _object(database: Database, entry: Entry) -> AsyncIterator[str]:
    head = {
        "format": "nearside-conversation",
        "version": 1,
        "id": entry.id,
        "title": entry.title,
        "title_is_custom": entry.title_is_custom,
        "created_at": entry.created_at.isoformat(),
        "updated_at": entry.updated_at.isoformat(),
        "tags": list(entry.tags),
    }
    yield _dump(head)[:-1] + ', "messages": ['
    separator = ""
    async for message, feedback in _messages(database, entry.id):
        yield separator + _dump(_message(message, feedback))
        separator = ", "
    yield "]}"


def _message(message: StoredMessage, feedback: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": message.id,
        "role": message.role.value,
        "content": message.content,
        "files": [
            {"name": file.name, "media_type": file.media_type, "text": file.text}
            for file in message.files
        ],
        "created_at": message.created_at.isoformat(),
        "status": message.status.value,
        "reply_to": message.reply_to,
        "feedback": feedback,
        "answer": facts_columns(message.facts) if message.facts else None,
    }


async def _messages(database: Database, conversation_id: str) -> AsyncIterator[_Rated]:
    position = 0
    while batch := await _batch(database, conversation_id, position):
        for position, rated in batch:  # noqa: B007 - the last one is where the next batch begins
            yield rated


async def _batch(
    database: Database, conversation_id: str, after: int
) -> Sequence[tuple[int, _Rated]]:
    async def work(session: AsyncSession) -> Sequence[tuple[int, _Rated]]:
        found = await session.execute(
            select(MessageRow, FeedbackRow)
            .outerjoin(FeedbackRow, FeedbackRow.for_id == MessageRow.id)
            .where(MessageRow.conversation_id == conversation_id, MessageRow.position > after)
            .order_by(MessageRow.position)
            .limit(_BATCH)
        )
        rows = found.all()
        messages = await with_files(session, (message_of(row) for row, _ in rows))
        return [
            (
                row.position,
                (
                    message,
                    {"value": rating.value, "comment": rating.comment} if rating else None,
                ),
            )
            for message, (row, rating) in zip(messages, rows, strict=True)
        ]

    return await database.read(work)


async def _following(database: Database, user_id: str | None, after: int) -> tuple[int, str] | None:
    async def work(session: AsyncSession) -> tuple[int, str] | None:
        statement = select(Conversation.number, Conversation.id).where(Conversation.number > after)
        if user_id is not None:
            statement = statement.where(Conversation.user_id == user_id)
        row = (await session.execute(statement.order_by(Conversation.number).limit(1))).first()
        return (row[0], row[1]) if row else None

    return await database.read(work)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _closed(content: str) -> str:
    """``content`` with an end for a code block that has none."""
    fence = ""
    for line in content.splitlines():
        marker = line.lstrip(" ")
        run = len(marker) - len(marker.lstrip(marker[:1]))
        if len(line) - len(marker) > 3 or marker[:1] not in ("`", "~") or run < 3:
            continue
        if not fence:
            fence = marker[:run]
        elif marker.startswith(fence) and not marker.strip().strip(fence[0]):
            fence = ""
    return f"{content}\n{fence}" if fence else content


def _fenced(text: str) -> str:
    """``text`` as a block in which Markdown changes nothing."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _escaped(line: str) -> str:
    """``line`` so that Markdown shows it as it is."""
    return "".join(f"\\{c}" if c in "*_`[]<>\\" else c for c in " ".join(line.split()))
