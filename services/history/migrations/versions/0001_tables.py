"""The tables.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT = sa.String()
_MOMENT = sa.BigInteger()
"""Microseconds since 1970 UTC."""
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table and index."""
    _departures()
    _spending()
    _users()
    _conversations()
    _elements()
    _feedback()
    _messages()
    _steps()


def _departures() -> None:
    op.create_table(
        "departures",
        sa.Column("number", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("destination", _TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", _TEXT, nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("replaced", sa.Integer(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_departures")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_departures_at"), "departures", ["at"], unique=False)


def _spending() -> None:
    op.create_table(
        "spending",
        sa.Column("number", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("currency", _TEXT, nullable=False),
        sa.Column("model", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_spending")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_spending_at"), "spending", ["at"], unique=False)


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("display_name", _TEXT, nullable=True),
        sa.Column("metadata", _JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("number", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("user_id", _TEXT, nullable=False),
        sa.Column("title", _TEXT, nullable=False),
        sa.Column("title_is_custom", sa.Boolean(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("metadata", _JSON, nullable=False),
        sa.Column("tags", _JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_conversations_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_conversations")),
        sa.UniqueConstraint("id", name=op.f("uq_conversations_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_conversations_page",
        "conversations",
        ["user_id", sa.literal_column("updated_at DESC"), sa.literal_column("number DESC")],
        unique=False,
    )


def _elements() -> None:
    op.create_table(
        "elements",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("conversation_id", _TEXT, nullable=False),
        sa.Column("for_id", _TEXT, nullable=True),
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("display", _TEXT, nullable=False),
        sa.Column("mime", _TEXT, nullable=True),
        sa.Column("url", _TEXT, nullable=True),
        sa.Column("object_key", _TEXT, nullable=True),
        sa.Column("size", _TEXT, nullable=True),
        sa.Column("language", _TEXT, nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("auto_play", sa.Boolean(), nullable=True),
        sa.Column("props", _JSON, nullable=True),
        sa.Column("player_config", _JSON, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_elements_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elements")),
    )
    op.create_index(
        op.f("ix_elements_conversation_id"), "elements", ["conversation_id"], unique=False
    )
    op.create_index(op.f("ix_elements_for_id"), "elements", ["for_id"], unique=False)


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("conversation_id", _TEXT, nullable=False),
        sa.Column("for_id", _TEXT, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("comment", _TEXT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_feedback_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("for_id", name=op.f("uq_feedback_for_id")),
    )
    op.create_index(
        op.f("ix_feedback_conversation_id"), "feedback", ["conversation_id"], unique=False
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("position", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("conversation_id", _TEXT, nullable=False),
        sa.Column("role", _TEXT, nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("reply_to", _TEXT, nullable=True),
        sa.Column("run_id", _TEXT, nullable=True),
        sa.Column("favorite", sa.Boolean(), nullable=False),
        sa.Column("route", _TEXT, nullable=True),
        sa.Column("mode", _TEXT, nullable=True),
        sa.Column("private", sa.Boolean(), nullable=True),
        sa.Column("complexity", sa.Double(), nullable=True),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("model", _TEXT, nullable=True),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("usage_estimated", sa.Boolean(), nullable=True),
        sa.Column("first_token_ms", sa.Double(), nullable=True),
        sa.Column("duration_ms", sa.Double(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column("currency", _TEXT, nullable=True),
        sa.Column("finish_reason", _TEXT, nullable=True),
        sa.Column("omitted_turns", sa.Integer(), nullable=True),
        sa.Column("replaced", sa.Integer(), nullable=True),
        sa.Column("error", _TEXT, nullable=True),
        sa.Column("reasons", _JSON, nullable=True),
        sa.Column("content", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_messages_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_messages")),
        sa.UniqueConstraint("id", name=op.f("uq_messages_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_order", "messages", ["conversation_id", "position"], unique=False)
    op.create_index(op.f("ix_messages_run_id"), "messages", ["run_id"], unique=False)
    op.create_index(op.f("ix_messages_status"), "messages", ["status"], unique=False)


def _steps() -> None:
    op.create_table(
        "steps",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("conversation_id", _TEXT, nullable=False),
        sa.Column("parent_id", _TEXT, nullable=True),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("input", _TEXT, nullable=False),
        sa.Column("output", _TEXT, nullable=False),
        sa.Column("streaming", sa.Boolean(), nullable=False),
        sa.Column("wait_for_answer", sa.Boolean(), nullable=True),
        sa.Column("is_error", sa.Boolean(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("start", _MOMENT, nullable=True),
        sa.Column("end", _MOMENT, nullable=True),
        sa.Column("metadata", _JSON, nullable=False),
        sa.Column("tags", _JSON, nullable=True),
        sa.Column("generation", _JSON, nullable=True),
        sa.Column("modes", _JSON, nullable=True),
        sa.Column("show_input", _TEXT, nullable=True),
        sa.Column("default_open", sa.Boolean(), nullable=True),
        sa.Column("auto_collapse", sa.Boolean(), nullable=True),
        sa.Column("language", _TEXT, nullable=True),
        sa.Column("icon", _TEXT, nullable=True),
        sa.Column("command", _TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_steps_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steps")),
    )
    op.create_index(op.f("ix_steps_conversation_id"), "steps", ["conversation_id"], unique=False)
