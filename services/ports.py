"""What the orchestration needs from its neighbours, as Protocols.

Implementations live in ``routing``, ``backends``, ``egress`` and ``history``;
they never import each other. ``services.bootstrap`` puts them together.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Protocol

from services.departure import Departure
from services.domain import (
    AnswerFacts,
    AnswerStatus,
    BackendStatus,
    Decision,
    GenerationOptions,
    Message,
    PrivacyVerdict,
    RouteRequest,
    Site,
    StoredMessage,
    StreamEvent,
)


class ChatBackend(Protocol):
    """A model that answers. It never knows why it was chosen."""

    @property
    def site(self) -> Site:
        """On which side of the boundary it runs."""
        ...

    def stream(
        self, messages: Sequence[Message], options: GenerationOptions
    ) -> AsyncGenerator[StreamEvent, None]:
        """Answer ``messages``: any number of ``Token``, then exactly one ``Finish``.

        ``Waiting`` may come before them while other answers come first.

        Fits the conversation into the model's window by leaving out the oldest
        turns, never the system prompt or the newest one. Closing the generator
        (``aclose``) stops the model. An answer without any ``Token`` is legal.

        Raises:
            BackendError: before or between tokens; nothing else escapes.
        """
        ...

    def status(self) -> BackendStatus:
        """The state as last known, at once and without any connection."""
        ...

    async def aclose(self) -> None:
        """Free what it holds; the backend is not used afterwards."""
        ...


class LocalBackend(ChatBackend, Protocol):
    """A model on this side, which can be made ready before it is asked."""

    async def warm_up(self) -> None:
        """Make the model ready for its first prompt.

        Raises:
            BackendError: it cannot be loaded or reached.
        """
        ...


class PrivacyCheck(Protocol):
    """Judges whether a conversation holds something private."""

    def check(self, messages: Sequence[Message]) -> PrivacyVerdict:
        """Look at every message; CPU work, called in a thread.

        An exception counts as private: the router turns it into
        ``PrivacyVerdict(failed=True)``.
        """
        ...


class ComplexityScore(Protocol):
    """Judges whether the local model would answer well enough."""

    def score(self, messages: Sequence[Message]) -> float:
        """Probability in 0..1 that the local model's answer would not do."""
        ...


class Router(Protocol):
    """Turns a conversation into a decision; calls no backend."""

    async def decide(self, request: RouteRequest) -> Decision:
        """Judge the whole conversation. Never raises: a failed check stays local."""
        ...


class ConversationStore(Protocol):
    """The history as the orchestration needs it. Knows nothing of the interface.

    Every method raises a :class:`services.errors.StorageError` when the
    database does not do its part; nothing is ever half done.
    """

    async def add_prompt(self, message: StoredMessage, *, user_id: str, title: str) -> None:
        """Store a person's message with its files, durably, before any model is asked.

        Creates the conversation with ``title`` when it is new. Storing the same
        id again replaces the text (an edit) and keeps the files.
        """
        ...

    async def begin_answer(self, answer: StoredMessage) -> None:
        """Store an answer that starts to stream, with its decision."""
        ...

    async def grow_answer(self, answer_id: str, content: str) -> None:
        """Replace the text of a streaming answer by what has come so far."""
        ...

    async def finish_answer(
        self, answer_id: str, content: str, status: AnswerStatus, facts: AnswerFacts
    ) -> None:
        """Store an answer's end: its whole text, status and figures."""
        ...

    async def messages(self, conversation_id: str) -> list[StoredMessage]:
        """All messages of one conversation, oldest first; empty if unknown."""
        ...

    async def drop_after(self, conversation_id: str, message_id: str) -> None:
        """Delete every message that came after ``message_id`` (edit, ask again)."""
        ...


class Ledger(Protocol):
    """Where the gate notes what left this computer."""

    async def record(self, departure: Departure) -> None:
        """Write one row, durably.

        Raises:
            StorageError: it could not be written; the gate then sends nothing.
        """
        ...


class SpendingLog(Protocol):
    """What cloud answers cost. Apart from the history, so that deleting or not
    storing a conversation refunds nothing."""

    async def spend(self, amount: float, currency: str, model: str | None) -> None:
        """Record the cost of one cloud answer, now."""
        ...

    async def spent_since(self, start: datetime) -> float:
        """Money recorded at or after ``start`` (UTC)."""
        ...
