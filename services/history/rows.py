"""Between rows and the values of the domain."""

from __future__ import annotations

import uuid
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
from services.history.dialect import clean
from services.history.tables import MessageRow

_RUNS = uuid.UUID("6f1c3f0e-2d0b-4d55-9a55-6f0a8a6f3f7d")


def run_id(answer_id: str) -> str:
    """The id of the interface's run that produced an answer: always the same one."""
    return str(uuid.uuid5(_RUNS, clean(answer_id)))


def message_of(row: MessageRow) -> StoredMessage:
    """The stored message that ``row`` holds."""
    return StoredMessage(
        id=row.id,
        conversation_id=row.conversation_id,
        role=Role(row.role),
        content=row.content,
        created_at=row.created_at,
        status=AnswerStatus(row.status),
        facts=facts_of(row),
        reply_to=row.reply_to,
    )


def message_columns(message: StoredMessage) -> dict[str, Any]:
    """The columns of ``message``, all but its position."""
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "role": message.role.value,
        "status": message.status.value,
        "created_at": message.created_at,
        "reply_to": message.reply_to,
        "run_id": run_id(message.id) if message.role is Role.ASSISTANT else None,
        "favorite": False,
        "content": message.content,
        **(facts_columns(message.facts) if message.facts else {}),
    }


def facts_columns(facts: AnswerFacts) -> dict[str, Any]:
    """The columns that hold an answer's figures."""
    usage = facts.usage
    return {
        "route": facts.route.value,
        "mode": facts.mode.value,
        "private": facts.private,
        "complexity": facts.complexity,
        "threshold": facts.threshold,
        "model": facts.model,
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "usage_estimated": usage.estimated if usage else None,
        "first_token_ms": facts.first_token_ms,
        "duration_ms": facts.duration_ms,
        "cost": facts.cost,
        "currency": facts.currency,
        "finish_reason": facts.finish_reason.value if facts.finish_reason else None,
        "omitted_turns": facts.omitted_turns,
        "replaced": facts.replaced,
        "error": facts.error,
        "confidence": facts.confidence,
        "reasons": [{"code": r.code, "values": dict(r.values)} for r in facts.reasons],
    }


def facts_of(row: MessageRow) -> AnswerFacts | None:
    """An answer's figures; ``None`` for a prompt."""
    if row.route is None:
        return None
    usage = None
    if row.prompt_tokens is not None and row.completion_tokens is not None:
        usage = Usage(row.prompt_tokens, row.completion_tokens, bool(row.usage_estimated))
    return AnswerFacts(
        route=Route(row.route),
        reasons=tuple(Reason(r["code"], r["values"]) for r in row.reasons or ()),
        private=bool(row.private),
        complexity=row.complexity or 0.0,
        threshold=row.threshold or 0.0,
        mode=Mode(row.mode or Mode.AUTO),
        model=row.model,
        usage=usage,
        first_token_ms=row.first_token_ms,
        duration_ms=row.duration_ms,
        cost=row.cost,
        currency=row.currency,
        finish_reason=FinishReason(row.finish_reason) if row.finish_reason else None,
        omitted_turns=row.omitted_turns or 0,
        replaced=row.replaced or 0,
        error=row.error,
        confidence=row.confidence,
    )
