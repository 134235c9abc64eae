"""A stored conversation in the shape that the interface reads.

The interface nests: under a prompt the *run* of each answer to it, under the run
its steps and the answer. Runs are not stored (they would repeat the prompt);
they are put together here. Plain data, no import of the interface.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from services.attachment import Attachment
from services.domain import AnswerStatus, Role, StoredMessage
from services.history.dialect import clean
from services.history.engine import Database
from services.history.ratings import Rating
from services.history.rows import message_of, run_id
from services.history.tables import Conversation, ElementRow, FeedbackRow, MessageRow, StepRow

ROUTE_LINE = "RouteLine"
"""Name of the element under each answer; made from the answer's figures, never stored."""

_ROUTE_LINES = uuid.UUID("0b7d5d0e-6c6e-4b52-8d1c-58a6a7f6a9d1")

Json = dict[str, Any]
AnswerElement = Callable[[StoredMessage], Json]
ElementUrl = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Thread:
    """All of one conversation, read in one go."""

    conversation: Conversation
    messages: list[StoredMessage]
    favorites: frozenset[str]
    steps: list[StepRow]
    elements: list[ElementRow]
    ratings: Mapping[str, Rating]


async def load_thread(database: Database, conversation_id: str, *, content: bool) -> Thread | None:
    """Read a conversation; ``content``: with the bytes of its elements.

    Raises:
        StorageError: it cannot be read.
    """

    async def work(session: AsyncSession) -> Thread | None:
        conversation = await session.scalar(
            select(Conversation).where(Conversation.id == conversation_id)
        )
        if conversation is None:
            return None
        mine = MessageRow.conversation_id == conversation_id
        rows = (await session.scalars(select(MessageRow).where(mine))).all()
        rows = sorted(rows, key=lambda row: row.position)
        steps = await session.scalars(
            select(StepRow)
            .where(StepRow.conversation_id == conversation_id)
            .order_by(StepRow.created_at, StepRow.id)
        )
        wanted = select(ElementRow).where(ElementRow.conversation_id == conversation_id)
        if content:
            wanted = wanted.options(undefer(ElementRow.content))
        elements = await session.scalars(wanted.order_by(ElementRow.created_at, ElementRow.id))
        ratings = await session.scalars(
            select(FeedbackRow).where(FeedbackRow.conversation_id == conversation_id)
        )
        return Thread(
            conversation,
            [message_of(row) for row in rows],
            frozenset(row.id for row in rows if row.favorite),
            list(steps),
            list(elements),
            {r.for_id: Rating(r.id, r.for_id, r.value, r.comment) for r in ratings},
        )

    return await database.read(work)


def steps_of(thread: Thread, assistant: str) -> list[Json]:
    """The thread as steps, parents before their children, in the order of the talk."""
    prompts = {m.id for m in thread.messages if m.role is Role.USER}
    groups: list[list[Json]] = []
    last: str | None = None
    for message in thread.messages:
        favorite = message.id in thread.favorites
        if message.role is Role.USER:
            last = message.id
            groups.append([message_step(message, thread.conversation.user_id, None, favorite)])
            continue
        parent = message.reply_to if message.reply_to in prompts else last
        feedback = _feedback(thread.ratings.get(message.id))
        run = _run(message, parent, feedback)
        step = message_step(message, assistant, run["id"], favorite)
        groups.append([run, {**step, "feedback": feedback}])
    _place_steps(thread, groups)
    return [step for group in groups for step in group]


def message_step(
    message: StoredMessage, name: str, parent: str | None, favorite: bool = False
) -> Json:
    """A prompt or an answer as a step."""
    moment = iso(message.created_at)
    kind = "user_message" if message.role is Role.USER else "assistant_message"
    return {
        "id": message.id,
        "threadId": message.conversation_id,
        "parentId": parent,
        "name": name,
        "type": kind,
        "input": "",
        "output": message.content,
        "createdAt": moment,
        "start": moment,
        "end": moment,
        "streaming": False,
        "isError": False,
        "waitForAnswer": False,
        "metadata": {"favorite": True} if favorite else {},
        "tags": None,
        "language": None,
        "feedback": None,
    }


def elements_of(
    thread: Thread, answer_element: AnswerElement, element_url: ElementUrl | None
) -> list[Json]:
    """The stored elements, and one route line for every answer that has ended."""
    elements = [element_dict(row, element_url) for row in thread.elements]
    ended = [m for m in thread.messages if m.facts and m.status is not AnswerStatus.STREAMING]
    return elements + [route_line_element(answer, answer_element(answer)) for answer in ended]


def route_line_element(answer: StoredMessage, props: Json) -> Json:
    """The element under ``answer``; the same one whenever it is made."""
    return {
        "id": str(uuid.uuid5(_ROUTE_LINES, clean(answer.id))),
        "threadId": answer.conversation_id,
        "forId": answer.id,
        "type": "custom",
        "name": ROUTE_LINE,
        "display": "inline",
        "props": props,
    }


def file_element(file: Attachment, message_id: str, url: str) -> Json:
    """An attached file below its message, for sending it live: as a resume shows it."""
    return {
        "id": file.id,
        "forId": message_id,
        "type": "file",
        "name": file.name,
        "display": "inline",
        "mime": file.media_type,
        "url": url,
    }


def element_dict(row: ElementRow, element_url: ElementUrl | None) -> Json:
    """A stored element; its bytes are reached by ``element_url``, or travel inside.

    Without ``element_url`` the row's content must have been read.
    """
    url = row.url
    if url is None and row.type != "custom":
        if element_url is not None:
            url = element_url(row.conversation_id, row.id)
        elif row.content is not None:
            body = base64.b64encode(row.content).decode("ascii")
            url = f"data:{row.mime or 'application/octet-stream'};base64,{body}"
    return {
        "id": row.id,
        "threadId": row.conversation_id,
        "forId": row.for_id,
        "type": row.type,
        "name": row.name,
        "display": row.display,
        "mime": row.mime,
        "url": url,
        "objectKey": row.object_key,
        "size": row.size,
        "language": row.language,
        "page": row.page,
        "autoPlay": row.auto_play,
        "props": row.props,
        "playerConfig": row.player_config,
    }


def iso(moment: datetime) -> str:
    """``moment`` as the interface wants it: ISO 8601 in UTC with a ``Z``."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _run(answer: StoredMessage, parent: str | None, feedback: Json | None) -> Json:
    """The run that produced ``answer``, which carries the answer's rating too."""
    duration = answer.facts.duration_ms if answer.facts else None
    name = run_id(answer.id)
    return {
        **message_step(answer, "on_message", parent),
        "id": name,
        "type": "run",
        "output": "",
        "end": iso(answer.created_at + timedelta(milliseconds=duration or 0.0)),
        "feedback": {**feedback, "forId": name} if feedback else None,
    }


def _feedback(rating: Rating | None) -> Json | None:
    if rating is None:
        return None
    return {
        "id": rating.id,
        "forId": rating.for_id,
        "value": rating.value,
        "comment": rating.comment,
    }


def _place_steps(thread: Thread, groups: list[list[Json]]) -> None:
    """Put every stored step before its run's answer, after the steps above it.

    A parent that is not there any more is replaced by the run that began last
    before the step.
    """
    runs = {group[0]["id"]: group for group in groups if group[0]["type"] == "run"}
    homes = dict(runs)
    for row in thread.steps:
        group, parent = homes.get(row.parent_id or ""), row.parent_id
        if group is None:
            begun = iso(row.created_at)
            group = next((g for g in reversed(runs.values()) if g[0]["start"] <= begun), None)
            parent = group[0]["id"] if group else None
        step = {**_stored_step(row), "parentId": parent}
        step["feedback"] = _feedback(thread.ratings.get(row.id))
        if group is None:
            groups.append([step])
        else:
            group.insert(len(group) - 1, step)
            homes[row.id] = group


def _stored_step(row: StepRow) -> Json:
    return {
        "id": row.id,
        "threadId": row.conversation_id,
        "name": row.name,
        "type": row.type,
        "input": row.input if row.show_input not in (None, "false") else "",
        "output": row.output,
        "streaming": False,
        "waitForAnswer": row.wait_for_answer,
        "isError": row.is_error,
        "createdAt": iso(row.created_at),
        "start": iso(row.start) if row.start else None,
        "end": iso(row.end) if row.end else None,
        "metadata": row.meta,
        "tags": row.tags,
        "generation": row.generation,
        "modes": row.modes,
        "showInput": row.show_input,
        "defaultOpen": row.default_open,
        "autoCollapse": row.auto_collapse,
        "language": row.language,
        "icon": row.icon,
        "command": row.command,
    }
