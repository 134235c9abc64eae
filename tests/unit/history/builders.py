"""Messages and figures for the tests of the history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.domain import (
    AnswerFacts,
    AnswerStatus,
    FinishReason,
    Mode,
    Reason,
    Role,
    Route,
    StoredMessage,
    Usage,
)
from services.history.store import SqlConversationStore


def prompt(name: str, text: str = "Hello", conversation: str = "c1") -> StoredMessage:
    """A person's message."""
    return StoredMessage(name, conversation, Role.USER, text, datetime.now(UTC))


def answer(
    name: str, text: str = "", conversation: str = "c1", reply_to: str | None = None
) -> StoredMessage:
    """An answer that starts to stream, with its decision."""
    return StoredMessage(
        name,
        conversation,
        Role.ASSISTANT,
        text,
        datetime.now(UTC),
        AnswerStatus.STREAMING,
        facts(),
        reply_to,
    )


def facts(**changes: Any) -> AnswerFacts:
    """Figures with a value in every field."""
    values: dict[str, Any] = {
        "route": Route.CLOUD,
        "reasons": (Reason("complex", {"score": "0.8"}), Reason("mode")),
        "private": False,
        "complexity": 0.8,
        "threshold": 0.5,
        "mode": Mode.CLOUD,
        "model": "gpt-x",
        "usage": Usage(12, 34, estimated=True),
        "first_token_ms": 12.5,
        "duration_ms": 456.75,
        "cost": 0.0125,
        "currency": "EUR",
        "finish_reason": FinishReason.STOP,
        "omitted_turns": 2,
        "replaced": 3,
        "error": None,
        "confidence": -0.25,
    }
    return AnswerFacts(**{**values, **changes})


async def exchange(
    store: SqlConversationStore,
    conversation: str,
    question: str = "What is a tree?",
    reply: str = "A plant.",
    *,
    user: str = "local",
    title: str = "Trees",
    number: int = 1,
) -> tuple[str, str]:
    """Store one prompt with its complete answer; the two ids."""
    asked, answered = f"{conversation}-q{number}", f"{conversation}-a{number}"
    await store.add_prompt(prompt(asked, question, conversation), user_id=user, title=title)
    await store.begin_answer(answer(answered, "", conversation, asked))
    await store.finish_answer(answered, reply, AnswerStatus.COMPLETE, facts())
    return asked, answered
