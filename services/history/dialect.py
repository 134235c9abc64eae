"""Everything that differs between SQLite and PostgreSQL, in one place.

Column types, "insert or update", the full-text index and the search condition.
No other module of the history asks which database it talks to.

What a search finds: each word of the query must begin a word of the title, or
each must begin a word of one message, or of the name and text of one attached
file. Case and diacritics do not count (``mull`` finds ``Müll``; ``muell`` does not,
and neither does a part from the middle of a word). A query that the index cannot
serve, because it holds no word at all (emoji, punctuation) or a script that writes
without spaces, is looked for as plain text instead. PostgreSQL looks for every word as plain text.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, String, and_, bindparam, literal_column, or_, text
from sqlalchemy import Dialect as SqlDialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ColumnElement, TextClause
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


_Index = tuple[str, str, str, str, str]
_INDEXES: tuple[_Index, ...] = (
    ("conversation_search", "conversations", "number", "title", ""),
    ("message_search", "messages", "position", "content", "streaming"),
)
"""Index, its table, row id and columns, and the status that is not indexed yet."""


ATTACHMENT_INDEX = ("attachment_search", "attachments", "number", "name, text", "")
"""The same of attached files, whose names are found as well."""
_SEARCHED = (*(index[0] for index in _INDEXES), ATTACHMENT_INDEX[0])


def create_search(dialect: str, indexes: Sequence[_Index] = _INDEXES) -> list[str]:
    """The statements that create full-text ``indexes``, filled and kept by triggers.

    A streaming answer is indexed once, when it ends: indexing a text that grows
    every second again and again would cost time quadratic in its length.
    """
    if dialect != SQLITE:
        return []
    statements: list[str] = []
    for index, table, rowid, column, unfinished in indexes:
        columns = column.split(", ")
        new, old = (", ".join(f"{row}.{name}" for name in columns) for row in ("new", "old"))
        statements.append(
            f"CREATE VIRTUAL TABLE {index} USING fts5({column}, content='{table}', "
            f"content_rowid='{rowid}', prefix='2 3', "
            "tokenize='unicode61 remove_diacritics 2')"
        )
        add = (
            f"INSERT INTO {index}(rowid, {column}) "  # noqa: S608 - constants above
            f"VALUES (new.{rowid}, {new});"
        )
        remove = (
            f"INSERT INTO {index}({index}, rowid, {column}) "  # noqa: S608 - constants above
            f"VALUES ('delete', old.{rowid}, {old});"
        )
        done_new, done_old, changed = "1", "1", f"({old}) IS NOT ({new})"
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
    indexes = (*_INDEXES, ATTACHMENT_INDEX)
    return [f"INSERT INTO {i[0]}({i[0]}) VALUES ('optimize')" for i in indexes]  # noqa: S608


@dataclass(frozen=True, slots=True)
class Searched:
    """Where a search looks: columns, and what turns a condition on them into one on
    conversations. ``number`` is that of the conversation."""

    number: InstrumentedAttribute[int]
    title: InstrumentedAttribute[str]
    message: InstrumentedAttribute[str]
    file: tuple[InstrumentedAttribute[str], InstrumentedAttribute[str]]
    in_messages: Callable[[ColumnElement[bool]], ColumnElement[bool]]
    in_files: Callable[[ColumnElement[bool]], ColumnElement[bool]]


def matches(dialect: str, query: str, places: Searched) -> ColumnElement[bool]:
    """The condition that a conversation is found by ``query``; see the module."""
    words = _words(query)
    if dialect == SQLITE and words and not any(unicodedata.category(c) == "Lo" for c in query):
        titles, messages, files = (_hits(index, words) for index in _SEARCHED)
        position: ColumnElement[int] = literal_column("messages.position")
        number: ColumnElement[int] = literal_column("attachments.number")
        return or_(
            places.number.in_(titles),
            places.in_messages(position.in_(messages)),
            places.in_files(number.in_(files)),
        )
    parts = words if dialect != SQLITE and words else [clean(query.strip()[:_MAX_QUERY])]

    def holds(*columns: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        return and_(*(or_(*(c.icontains(p, autoescape=True) for c in columns)) for p in parts))

    return or_(
        holds(places.title),
        places.in_messages(holds(places.message)),
        places.in_files(holds(*places.file)),
    )


def _hits(index: str, words: Sequence[str]) -> TextClause:
    match = bindparam("match", fts_query(words), String)
    found = text(f"SELECT rowid FROM {index} WHERE {index} MATCH :match")  # noqa: S608 - constants
    return found.bindparams(match)


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
