"""The tables of the history, typed.

Whoever changes them writes a migration too (``migrations/versions``); a test
compares both. Deleting a conversation deletes all that hangs on it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.history.dialect import Counter, Json, Moment, Text


class Base(DeclarativeBase):
    """Names of constraints follow one rule, so that migrations can address them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, datetime: Moment}  # noqa: RUF012 - SQLAlchemy's interface


def _conversation_id() -> Mapped[str]:
    return mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)


class User(Base):
    """A person who signs in; ``id`` is the name they sign in with."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str | None]
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", Json)
    created_at: Mapped[datetime]


class Conversation(Base):
    """A conversation. ``number`` ties its title to the full-text index."""

    __tablename__ = "conversations"

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str]
    title_is_custom: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column()
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", Json)
    tags: Mapped[list[str]] = mapped_column(Json)

    __table_args__ = (
        Index("ix_conversations_page", "user_id", updated_at.desc(), number.desc()),
        {"sqlite_autoincrement": True},
    )


class MessageRow(Base):
    """A prompt or an answer. ``position`` grows with every new message.

    ``run_id``, by which the interface knows an answer too, and the columns from
    ``route`` on are set for answers only.
    """

    __tablename__ = "messages"

    position: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    role: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]
    reply_to: Mapped[str | None]
    run_id: Mapped[str | None] = mapped_column(index=True)
    favorite: Mapped[bool] = mapped_column(default=False)
    route: Mapped[str | None]
    mode: Mapped[str | None]
    private: Mapped[bool | None]
    complexity: Mapped[float | None]
    threshold: Mapped[float | None]
    model: Mapped[str | None]
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    usage_estimated: Mapped[bool | None]
    first_token_ms: Mapped[float | None]
    duration_ms: Mapped[float | None]
    cost: Mapped[float | None]
    currency: Mapped[str | None]
    finish_reason: Mapped[str | None]
    omitted_turns: Mapped[int | None]
    replaced: Mapped[int | None]
    error: Mapped[str | None]
    confidence: Mapped[float | None]
    reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    content: Mapped[str]

    __table_args__ = (
        Index("ix_messages_order", "conversation_id", "position"),
        {"sqlite_autoincrement": True},
    )


class StepRow(Base):
    """A step of the interface that is neither prompt nor answer, such as a tool call."""

    __tablename__ = "steps"

    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = _conversation_id()
    parent_id: Mapped[str | None]
    name: Mapped[str]
    type: Mapped[str]
    input: Mapped[str]
    output: Mapped[str]
    streaming: Mapped[bool]
    wait_for_answer: Mapped[bool | None]
    is_error: Mapped[bool | None]
    created_at: Mapped[datetime]
    start: Mapped[datetime | None]
    end: Mapped[datetime | None]
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", Json)
    tags: Mapped[list[str] | None] = mapped_column(Json)
    generation: Mapped[dict[str, Any] | None] = mapped_column(Json)
    modes: Mapped[dict[str, str] | None] = mapped_column(Json)
    show_input: Mapped[str | None]
    default_open: Mapped[bool | None]
    auto_collapse: Mapped[bool | None]
    language: Mapped[str | None]
    icon: Mapped[str | None]
    command: Mapped[str | None]


class ElementRow(Base):
    """A file that the interface shows. Its bytes lie in the database, so that they share its
    transactions, its backup and its deletion."""

    __tablename__ = "elements"

    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = _conversation_id()
    for_id: Mapped[str | None] = mapped_column(index=True)
    type: Mapped[str]
    name: Mapped[str]
    display: Mapped[str]
    mime: Mapped[str | None]
    url: Mapped[str | None]
    object_key: Mapped[str | None]
    size: Mapped[str | None]
    language: Mapped[str | None]
    page: Mapped[int | None]
    auto_play: Mapped[bool | None]
    props: Mapped[dict[str, Any] | None] = mapped_column(Json)
    player_config: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime]
    content: Mapped[bytes | None] = mapped_column(deferred=True)


class AttachmentRow(Base):
    """What was read in a file that belongs to a message; the element of the same id
    holds its bytes. ``number`` ties it to the full-text index."""

    __tablename__ = "attachments"

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[str] = _conversation_id()
    message_id: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    text: Mapped[str]

    __table_args__ = ({"sqlite_autoincrement": True},)


class FeedbackRow(Base):
    """A thumb up (1) or down (0) with a comment; one for each message or step."""

    __tablename__ = "feedback"

    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = _conversation_id()
    for_id: Mapped[str] = mapped_column(unique=True)
    value: Mapped[int]
    comment: Mapped[str | None]
    created_at: Mapped[datetime]


class DepartureRow(Base):
    """What left this computer, or was stopped at the gate.

    ``text`` holds nothing private; a person can have all texts deleted.
    """

    __tablename__ = "departures"

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    destination: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    allowed: Mapped[bool]
    replaced: Mapped[int]
    released: Mapped[bool]
    route: Mapped[str | None]
    model: Mapped[str | None]
    text: Mapped[str | None]

    __table_args__ = ({"sqlite_autoincrement": True},)


class Spending(Base):
    """What a cloud answer cost. Apart from the answers: deleting refunds nothing."""

    __tablename__ = "spending"

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    amount: Mapped[float]
    currency: Mapped[str]
    model: Mapped[str | None]

    __table_args__ = ({"sqlite_autoincrement": True},)
