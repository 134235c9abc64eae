"""Migrations and their backups, on real files."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from services.domain import Route
from services.errors import StorageError
from services.history.backup import MAX_AGE, back_up, backups, prune
from services.history.engine import connect
from services.history.ledger import LedgerReader
from services.history.library import Library
from services.history.migrations import upgrade
from services.history.store import opened
from services.history.tables import Base
from services.settings import Settings
from tests.unit.history.builders import exchange, facts


def _file(settings: Settings) -> Path:
    return settings.data_dir / "history.db"


async def test_an_older_ledger_keeps_its_rows(settings: Settings) -> None:
    """Rows from before the ledger kept texts are there, with the route that they tell."""
    database = connect(settings.database_url, settings.data_dir)
    await upgrade(database, "0002")
    await database.aclose()
    with closing(sqlite3.connect(_file(settings))) as connection:
        connection.executescript(
            "INSERT INTO departures(at, destination, size, sha256, allowed, replaced, released)"
            " VALUES (1, 'a', 10, 'x', 1, 0, 0), (2, 'b', 20, 'y', 1, 3, 0),"
            " (3, 'c', 30, 'z', 0, 1, 0), (4, 'd', 40, 'w', 1, 0, 1);"
        )
    async with opened(settings) as store:
        ledger = LedgerReader(store.database)
        rows = [entry.departure for entry in await ledger.page(10)]
    assert [(row.destination, row.size, row.route) for row in rows] == [
        ("d", 40, Route.CLOUD),
        ("c", 30, Route.REFUSED),
        ("b", 20, Route.CLOUD_REDACTED),
        ("a", 10, Route.CLOUD),
    ]
    assert {(row.text, row.model) for row in rows} == {(None, None)}
    assert [row.released for row in rows] == [True, False, False, False]


async def test_an_older_answer_keeps_its_figures(settings: Settings) -> None:
    """How sure the model was is unknown for answers from before, and kept for new ones."""
    database = connect(settings.database_url, settings.data_dir)
    await upgrade(database, "0003")
    await database.aclose()
    with closing(sqlite3.connect(_file(settings))) as connection:
        connection.executescript(
            "INSERT INTO users(id, metadata, created_at) VALUES ('local', '{}', 1);"
            "INSERT INTO conversations(id, user_id, title, title_is_custom, created_at, updated_at,"
            " metadata, tags) VALUES ('c1', 'local', 'Trees', 0, 1, 1, '{}', '[]');"
            "INSERT INTO messages(id, conversation_id, role, status, created_at, favorite, content,"
            " route, model, reasons) VALUES"
            " ('a', 'c1', 'assistant', 'complete', 1, 0, 'A plant.', 'local', 'builtin', '[]');"
        )
    async with opened(settings) as store:
        _, answered = await exchange(store, "c1")
        found = {message.id: message.facts for message in await store.messages("c1")}
    old, new = found["a"], found[answered]
    assert old is not None
    assert (old.route, old.model, old.confidence) == (Route.LOCAL, "builtin", None)
    assert new == facts()


async def _at_first_revision(settings: Settings) -> None:
    """A database as the first revision left it, with one conversation."""
    database = connect(settings.database_url, settings.data_dir)
    await upgrade(database, "0001")
    await database.aclose()
    with closing(sqlite3.connect(_file(settings))) as connection:
        connection.executescript(
            "INSERT INTO users(id, metadata, created_at) VALUES ('local', '{}', 1);"
            "INSERT INTO conversations(id, user_id, title, title_is_custom, created_at, updated_at,"
            " metadata, tags) VALUES ('old', 'local', 'Ältere Müllabfuhr', 0, 1, 1, '{}', '[]');"
            "INSERT INTO messages(id, conversation_id, role, status, created_at, favorite, content)"
            " VALUES ('m', 'old', 'user', 'complete', 1, 0, 'what about recycling');"
        )


async def test_a_fresh_database_has_the_tables_of_the_code(settings: Settings) -> None:
    """Migrations and tables say the same; nothing is forgotten in either."""

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    async with opened(settings) as store:
        async with store.database.engine.connect() as connection:
            found = await connection.run_sync(differences)
        assert [d for d in found if "_search" not in str(d)] == []
    assert backups(_file(settings)) == []


async def test_an_older_database_is_copied_and_upgraded(settings: Settings) -> None:
    """Old conversations are found afterwards, and the copy is as the file was."""
    await _at_first_revision(settings)
    async with opened(settings) as store:
        library = Library(store.database)
        for query in ("recycl", "mull"):
            page = await library.conversations(search=query)
            assert [entry.id for entry in page.entries] == ["old"]
    (backup,) = backups(_file(settings))
    assert "-0001-" in backup.name
    assert backup.stat().st_mode & 0o777 == 0o600
    assert backup.parent.stat().st_mode & 0o777 == 0o700
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert copy.execute("SELECT content FROM messages").fetchall() == [
            ("what about recycling",)
        ]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_current_database_is_not_copied(settings: Settings) -> None:
    """A start without a migration makes no backup and changes nothing."""
    async with opened(settings) as store:
        await exchange(store, "c1")
    async with opened(settings) as store:
        assert len(await store.messages("c1")) == 2
    assert backups(_file(settings)) == []


async def test_a_backup_holds_what_is_only_in_the_log(settings: Settings) -> None:
    """The copy of an open database contains its newest transaction."""
    async with opened(settings) as store:
        await exchange(store, "c1", "only in the log")
        backup = await back_up(_file(settings), "0002")
    with closing(sqlite3.connect(backup)) as copy:
        texts = copy.execute("SELECT content FROM messages ORDER BY position").fetchall()
    assert texts[0] == ("only in the log",)


async def test_three_backups_are_kept_and_none_for_ever(settings: Settings) -> None:
    """The oldest copies go, and so does every copy older than its time."""
    async with opened(settings):
        made = [await back_up(_file(settings), "0002") for _ in range(5)]
    assert backups(_file(settings)) == made[2:]
    old = time.time() - MAX_AGE - 60
    os.utime(made[3], (old, old))
    await prune(_file(settings))
    assert backups(_file(settings)) == [made[2], made[4]]


async def test_a_newer_database_is_left_alone(settings: Settings) -> None:
    """A file of a newer program gives one clear sentence and stays as it is."""
    async with opened(settings):
        pass
    with closing(sqlite3.connect(_file(settings))) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = _file(settings).read_bytes()
    with pytest.raises(StorageError, match="newer version"):
        async with opened(settings):
            pass
    assert _file(settings).read_bytes() == before
    assert backups(_file(settings)) == []


async def test_a_migration_that_fails_changes_nothing(settings: Settings) -> None:
    """A migration is one transaction: the old version can still be used."""
    await _at_first_revision(settings)
    with closing(sqlite3.connect(_file(settings))) as connection:
        # The second index of the migration cannot be created over this.
        connection.execute("CREATE TABLE message_search (x)")
        before = connection.execute("SELECT name FROM sqlite_schema ORDER BY 1").fetchall()
    with pytest.raises(StorageError):
        async with opened(settings):
            pass
    with closing(sqlite3.connect(_file(settings))) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema ORDER BY 1").fetchall() == before
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert version == ("0001",)


async def test_a_folder_with_special_characters_can_be_used(tmp_path: Path) -> None:
    """Blanks, percent signs and umlauts in the path do no harm."""
    folder = tmp_path / "Müll 100% #1"
    settings = Settings(folder, f"sqlite+aiosqlite:///{folder / 'history.db'}")
    async with opened(settings) as store:
        await exchange(store, "c1")
    assert (folder / "history.db").is_file()
