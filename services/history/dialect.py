"""Everything that differs between SQLite and PostgreSQL, in one place.

Column types, "insert or update", the full-text index and the search condition.
No other module of the history asks which database it talks to.

What a search finds: each word of the query must begin a word of the title, or
each must begin a word of one message. Case and diacritics do not count
(``mull`` finds ``Müll``; ``muell`` does not, and neither does a part from the
middle of a word). A query that the index cannot serve, because it holds no word
at all (emoji, punctuation) or a script that writes without spaces, is looked
for as plain text instead. PostgreSQL looks for every word as plain text.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, String, and_, bindparam, literal_column, or_, text
from sqlalchemy import Dialect as SqlDialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeDecorator

SQLITE = "sqlite"

Json = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
Counter = BigInteger().with_variant(Integer(), SQLITE)
"""An integer that the database counts up by itself (SQLite wants ``INTEGER``)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_QUERY = 500
"""Characters of a search query that count; more is a pasted text, not a query."""


class Text(TypeDecorator[str]):
    """Text that every database can take.

    Lone surrogates, which no UTF-8 encoder accepts, become U+FFFD. NUL is kept
    on SQLite, which returns it unharmed, and becomes U+FFFD on PostgreSQL.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: SqlDialect) -> str | None:
        if value is None:
            return None
        return clean(value, keep_nul=dialect.name == SQLITE)


class Moment(TypeDecorator[datetime]):
    """A point in time as microseconds since 1970 UTC: exact, sortable, portable."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: SqlDialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: SqlDialect) -> datetime | None:
        return None if value is None else moment(value)


def moment(microseconds: int) -> datetime:
    """The point in time ``microseconds`` after 1970 UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(moment: datetime) -> int:
    """``moment`` in whole microseconds since 1970 UTC; naive times count as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def clean(value: str, *, keep_nul: bool = True) -> str:
    """``value`` without what a database cannot store; see :class:`Text`."""
    if not value.isascii():
        # A surrogate pair is one character that arrived in two halves: join it.
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        value = _LONE_SURROGATE.sub("\ufffd", value)
    return value if keep_nul else value.replace("\0", "\ufffd")


def dump_json(value: Any) -> str:
    """JSON without lone surrogates and NUL; what JSON cannot say becomes ``null``."""
    return json.dumps(_clean_json(value), default=lambda _: None, ensure_ascii=False)


def _clean_json(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value, keep_nul=False)
    if isinstance(value, Mapping):
        return {clean(str(k), keep_nul=False): _clean_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_json(item) for item in value]
    # NaN and the infinities are not JSON.
    return None if isinstance(value, float) and not math.isfinite(value) else value


def upsert(
    dialect: str, table: Any, values: Mapping[str, Any], key: str, update: Sequence[str]
) -> Insert:
    """Insert ``values``; where ``key`` exists already, set only the ``update`` columns.

    All names are those of the attributes of ``table``, not of its columns.
    """
    maker: Any = sqlite.insert if dialect == SQLITE else postgresql.insert
    statement = maker(table).values(**values)
    elements = [getattr(table, key)]
    result: Insert
    if update:
        result = statement.on_conflict_do_update(
            index_elements=elements,
            set_={table.__mapper__.columns[name].name: values[name] for name in update},
        )
    else:
        result = statement.on_conflict_do_nothing(index_elements=elements)
    return result


_INDEXES = (
    ("conversation_search", "conversations", "number", "title", ""),
    ("message_search", "messages", "position", "content", "streaming"),
)
"""Index, its table, row id and column, and the status that is not indexed yet."""


def create_search(dialect: str) -> list[str]:
    """The statements that create the full-text index, filled and kept by triggers.

    A streaming answer is indexed once, when it ends: indexing a text that grows
    every second again and again would cost time quadratic in its length.
    """
    if dialect != SQLITE:
        return []
    statements: list[str] = []
    for index, table, rowid, column, unfinished in _INDEXES:
        statements.append(
            f"CREATE VIRTUAL TABLE {index} USING fts5({column}, content='{table}', "
            f"content_rowid='{rowid}', prefix='2 3', "
            "tokenize='unicode61 remove_diacritics 2')"
        )
        add = (
            f"INSERT INTO {index}(rowid, {column}) "  # noqa: S608 - constants above
            f"VALUES (new.{rowid}, new.{column});"
        )
        remove = (
            f"INSERT INTO {index}({index}, rowid, {column}) "  # noqa: S608 - constants above
            f"VALUES ('delete', old.{rowid}, old.{column});"
        )
        done_new, done_old, changed = "1", "1", f"old.{column} IS NOT new.{column}"
        if unfinished:
            done_new, done_old = f"new.status <> '{unfinished}'", f"old.status <> '{unfinished}'"
            changed = f"({changed} OR old.status IS NOT new.status)"
        statements += [
            f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} WHEN {done_new} "
            f"BEGIN {add} END",
            f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} WHEN {done_old} "
            f"BEGIN {remove} END",
            f"CREATE TRIGGER {index}_unindex AFTER UPDATE ON {table} "
            f"WHEN {done_old} AND {changed} BEGIN {remove} END",
            f"CREATE TRIGGER {index}_reindex AFTER UPDATE ON {table} "
            f"WHEN {done_new} AND {changed} BEGIN {add} END",
            f"INSERT INTO {index}({index}) VALUES ('rebuild')",  # noqa: S608
        ]
    return statements


def forget_deleted(dialect: str) -> list[str]:
    """Statements that rewrite the full-text index without the words of deleted rows.

    FTS5 only marks deleted words until its segments are merged; the option
    that erases them at once needs SQLite 3.42 and would lock older ones out.
    """
    if dialect != SQLITE:
        return []
    return [f"INSERT INTO {i[0]}({i[0]}) VALUES ('optimize')" for i in _INDEXES]  # noqa: S608


def matches(
    dialect: str,
    query: str,
    title: InstrumentedAttribute[str],
    content: InstrumentedAttribute[str],
    in_title: InstrumentedAttribute[int],
    in_messages: Any,
) -> ColumnElement[bool]:
    """The condition that a conversation is found by ``query``; see the module.

    ``in_title`` is the number of the conversation; ``in_messages(condition)``
    turns a condition on messages into one on conversations.
    """
    words = _words(query)
    if dialect == SQLITE and words and not any(unicodedata.category(c) == "Lo" for c in query):
        match = bindparam("match", fts_query(words), String)
        titles = text(
            "SELECT rowid FROM conversation_search WHERE conversation_search MATCH :match"
        )
        found = text("SELECT rowid FROM message_search WHERE message_search MATCH :match")
        position: ColumnElement[int] = literal_column("messages.position")
        return or_(
            in_title.in_(titles.bindparams(match)),
            in_messages(position.in_(found.bindparams(match))),
        )
    parts = words if dialect != SQLITE and words else [clean(query.strip()[:_MAX_QUERY])]
    return or_(
        and_(*(title.icontains(part, autoescape=True) for part in parts)),
        in_messages(and_(*(content.icontains(part, autoescape=True) for part in parts))),
    )


def fts_query(words: Sequence[str]) -> str:
    """An FTS5 expression: every word, each as the beginning of a word.

    Inside double quotes FTS5 knows no syntax; a quote is written twice.
    """
    return " AND ".join('"' + word.replace('"', '""') + '"*' for word in words)


def _words(query: str) -> list[str]:
    """The parts of ``query`` that hold a letter or digit, without control characters."""
    printable = "".join(
        c if unicodedata.category(c) != "Cc" else " " for c in clean(query[:_MAX_QUERY])
    )
    return [word for word in printable.split() if any(c.isalnum() for c in word)]
