"""The interface's data layer over our store.

Prompts and answers are written by the orchestration, in order and durably;
what Chainlit reports about them in unordered tasks is left out here. Nothing
in this module creates a conversation, so a temporary one leaves no trace, and
a deleted one stays deleted.

None of the methods queues until the first message, as Chainlit's own layers
do: what belongs to a conversation that does not exist yet waits for it a while
instead, and is dropped if it never comes.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from chainlit.data.base import BaseDataLayer
from chainlit.element import Element, ElementDict
from chainlit.step import StepDict
from chainlit.types import (
    Feedback,
    PageInfo,
    PaginatedResponse,
    Pagination,
    ThreadDict,
    ThreadFilter,
)
from chainlit.user import PersistedUser, User

from services.domain import StoredMessage
from services.history.attachments import Attachments
from services.history.faults import translate
from services.history.incoming import element_columns, step_columns
from services.history.library import Entry, Library, Person
from services.history.ratings import Ratings
from services.history.rows import run_id
from services.history.store import SqlConversationStore
from services.history.thread_view import (
    ROUTE_LINE,
    AnswerElement,
    ElementUrl,
    Json,
    element_dict,
    elements_of,
    iso,
    load_thread,
    message_step,
    route_line_element,
    steps_of,
)

__all__ = ("ChainlitDataLayer", "route_element", "run_id")

_OURS = frozenset({"user_message", "assistant_message", "run"})
PATIENCE = 10.0
"""Seconds that a step or element waits for its conversation's first prompt."""


class ChainlitDataLayer(BaseDataLayer):
    """``BaseDataLayer``, complete; every method may raise ``StorageError``.

    ``answer_element`` gives the properties of the line under an answer;
    ``assistant`` is the name beside answers. ``element_url`` makes the address
    of a stored element from conversation and element id; without it the bytes
    travel inside the thread, as ``data:`` addresses.
    """

    def __init__(
        self,
        store: SqlConversationStore,
        answer_element: AnswerElement,
        *,
        assistant: str = "Nearside",
        element_url: ElementUrl | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._store = store
        self._answer_element = answer_element
        self._assistant = assistant
        self._element_url = element_url
        self._patience = patience
        self._library = Library(store.database)
        self._ratings = Ratings(store.database)
        self._attachments = Attachments(store.database)

    async def get_user(self, identifier: str) -> PersistedUser | None:
        """Who signs in as ``identifier``; ``None`` if nobody did before."""
        person = await self._library.person(identifier)
        return _user(person) if person else None

    async def create_user(self, user: User) -> PersistedUser | None:
        """Keep who signs in, or renew what is known of them."""
        return _user(await self._library.welcome(user.identifier, user.display_name, user.metadata))

    async def upsert_feedback(self, feedback: Feedback) -> str:
        """Rate an answer by its own id or its run's; the rating's id."""
        return await self._ratings.rate(feedback.forId, feedback.value, feedback.comment)

    async def delete_feedback(self, feedback_id: str) -> bool:
        """Withdraw a rating; whether it existed."""
        return await self._ratings.withdraw(feedback_id)

    async def create_element(self, element: Element) -> None:
        """Keep an element of a stored conversation with its bytes.

        The route line is not kept: it is made from the answer's figures.
        """
        described = element.to_dict()
        if described.get("name") == ROUTE_LINE and described.get("type") == "custom":
            return
        home = described.get("threadId") or ""
        if not await self._store.wait_for(home, self._patience):
            return
        columns = element_columns(cast(Json, described))
        if columns["type"] != "custom":
            columns["content"] = await asyncio.to_thread(_content, element)
        await self._attachments.put_element(columns)

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        """One stored element of a thread; ``None`` if there is none such."""
        row = await self._attachments.element(thread_id, element_id)
        return cast(ElementDict, element_dict(row, self._element_url)) if row else None

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """Delete an element with its bytes."""
        await self._attachments.delete_element(element_id, thread_id)

    async def create_step(self, step_dict: StepDict) -> None:
        """Keep a step that is neither prompt, answer nor run.

        A run repeats the prompt; it is made anew from the answer, whose id
        tells the run's (:func:`run_id`).
        """
        if step_dict.get("type") in _OURS:
            return
        if await self._store.wait_for(step_dict.get("threadId") or "", self._patience):
            await self._attachments.put_step(step_columns(cast(Json, step_dict)))

    async def update_step(self, step_dict: StepDict) -> None:
        """The same as :meth:`create_step`: both renew what is known."""
        await self.create_step(step_dict)

    async def delete_step(self, step_id: str) -> None:
        """Delete a message or a step with all that hangs on it."""
        await self._library.delete_message(step_id)

    async def get_thread_author(self, thread_id: str) -> str:
        """Whose conversation it is; empty if it is unknown."""
        entry = await self._library.conversation(thread_id)
        return entry.user_id if entry else ""

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a conversation and every trace of it."""
        await self._library.delete_conversation(thread_id)

    async def list_threads(
        self, pagination: Pagination, filters: ThreadFilter
    ) -> PaginatedResponse[ThreadDict]:
        """A page of conversations without their steps, last changed first.

        ``createdAt`` is the time of the last change: by it, and by nothing
        else, the sidebar sorts and groups by day.
        """
        page = await self._library.conversations(
            user_id=filters.userId,
            search=filters.search,
            feedback=filters.feedback,
            first=pagination.first,
            cursor=pagination.cursor,
        )
        info = PageInfo(
            hasNextPage=page.cursor is not None,
            startCursor=pagination.cursor,
            endCursor=page.cursor,
        )
        return PaginatedResponse(info, [_thread(entry, entry.updated_at) for entry in page.entries])

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """A whole conversation with steps, ratings, elements and route lines."""
        with_bytes = self._element_url is None
        thread = await load_thread(self._store.database, thread_id, content=with_bytes)
        if thread is None:
            return None
        row = thread.conversation
        return ThreadDict(
            id=row.id,
            createdAt=iso(row.created_at),
            name=row.title,
            userId=row.user_id,
            userIdentifier=row.user_id,
            tags=row.tags,
            metadata=row.meta,
            steps=cast(list[StepDict], steps_of(thread, self._assistant)),
            elements=cast(
                list[ElementDict], elements_of(thread, self._answer_element, self._element_url)
            ),
        )

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """Rename, tag, or add metadata to a conversation that is stored.

        With ``user_id`` it is Chainlit's announcement of a first message: its
        ``name`` is the raw prompt, and the title is made elsewhere.
        """
        if name is not None and user_id is None:
            await self._library.rename(thread_id, name)
        if metadata:
            await self._library.add_metadata(thread_id, metadata)
        if tags is not None:
            await self._library.tag(thread_id, tags)

    async def build_debug_url(self) -> str:
        """There is no page for debugging."""
        return ""

    async def close(self) -> None:
        """Nothing: the store belongs to whoever opened it."""

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        """A person's favourite messages, newest first."""
        found = await self._ratings.favorites(user_id)
        return [
            cast(StepDict, message_step(message, user_id, None, favorite=True)) for message in found
        ]

    async def set_step_favorite(self, step_dict: StepDict, favorite: bool) -> StepDict:
        """Mark a stored message as a favourite, or not; the step as it is now."""
        await self._ratings.set_favorite(step_dict["id"], favorite)
        metadata = {**(step_dict.get("metadata") or {}), "favorite": favorite}
        return cast(StepDict, {**step_dict, "metadata": metadata})


def route_element(answer: StoredMessage, props: Json) -> ElementDict:
    """The line under ``answer``, for sending it live: the one that a resume shows."""
    return cast(ElementDict, route_line_element(answer, props))


def _user(person: Person) -> PersistedUser:
    return PersistedUser(
        id=person.id,
        createdAt=iso(person.created_at),
        identifier=person.id,
        display_name=person.display_name,
        metadata=dict(person.metadata),
    )


def _thread(entry: Entry, moment: datetime) -> ThreadDict:
    return ThreadDict(
        id=entry.id,
        createdAt=iso(moment),
        name=entry.title,
        userId=entry.user_id,
        userIdentifier=entry.user_id,
        tags=list(entry.tags),
        metadata=dict(entry.metadata),
        steps=[],
        elements=[],
    )


def _content(element: Element) -> bytes | None:
    """The bytes of an element, from memory or from its file.

    Raises:
        StorageError: its file cannot be read.
    """
    if isinstance(element.content, bytes):
        return element.content
    if isinstance(element.content, str):
        return element.content.encode("utf-8", "replace")
    if element.path:
        try:
            return Path(element.path).read_bytes()
        except OSError as error:
            raise translate(error, None) from None
    return None
