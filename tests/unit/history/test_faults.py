"""What the store says when the disk or another program is in the way."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.errors import (
    SettingsError,
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageLocked,
    StorageReadOnly,
)
from services.history import engine
from services.history.engine import connect
from services.history.faults import translate
from services.history.store import SqlConversationStore, opened
from services.settings import Settings
from tests.unit.history.builders import exchange, prompt

_ROOT = Path(__file__).parents[3]
_NOBODY = 65534


@contextmanager
def _without_rights(folder: Path) -> Iterator[None]:
    """Act as an ordinary user, to whom file permissions apply."""
    if os.geteuid() != 0:
        yield
        return
    parents = [p for p in folder.parents if p.stat().st_mode & 0o005 != 0o005]
    modes = {parent: parent.stat().st_mode for parent in parents}
    for parent in parents:
        parent.chmod(0o755)
    for path in (folder, *folder.iterdir()):
        os.chown(path, _NOBODY, -1)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        for parent, mode in modes.items():
            parent.chmod(mode & 0o7777)


async def _with_history(settings: Settings) -> Path:
    async with opened(settings) as store:
        await exchange(store, "c1", "a secret sentence")
    return settings.data_dir / "history.db"


@pytest.mark.parametrize("content", [b"not a database at all " * 100, b"SQLite format 3\0" * 300])
async def test_a_file_that_is_no_database_is_corrupt(settings: Settings, content: bytes) -> None:
    """A foreign or overwritten file is named damaged, and is not touched."""
    settings.data_dir.mkdir()
    path = settings.data_dir / "history.db"
    path.write_bytes(content)
    with pytest.raises(StorageCorrupt):
        async with opened(settings):
            pass
    assert path.read_bytes() == content


async def test_damaged_pages_are_corrupt(settings: Settings) -> None:
    """Damage in the middle of the file is told when it is read."""
    path = await _with_history(settings)
    content = bytearray(path.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 64] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(StorageCorrupt):
        async with opened(settings) as store:
            await store.messages("c1")


async def test_a_read_only_file_can_be_read_but_not_written(settings: Settings) -> None:
    """Opening or writing says that the file is read-only, and says so in words."""
    path = await _with_history(settings)
    path.chmod(0o400)
    settings.data_dir.chmod(0o500)
    try:
        with _without_rights(settings.data_dir), pytest.raises(StorageReadOnly) as raised:
            async with opened(settings) as store:
                await store.add_prompt(prompt("m2"), user_id="local", title="T")
    finally:
        settings.data_dir.chmod(0o700)
    assert "schreibgeschützt" in raised.value.sentence("de")


async def test_a_folder_without_rights_is_read_only(tmp_path: Path) -> None:
    """A folder in which nothing can be created gives the same clear error."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    folder = closed / "data"
    settings = Settings(folder, f"sqlite+aiosqlite:///{folder / 'history.db'}")
    with _without_rights(closed), pytest.raises(StorageReadOnly):
        async with opened(settings):
            pass


async def test_a_folder_in_the_place_of_the_file(settings: Settings) -> None:
    """Something else of that name is reported, not removed."""
    (settings.data_dir / "history.db").mkdir(parents=True)
    with pytest.raises(StorageCorrupt):
        async with opened(settings):
            pass
    assert (settings.data_dir / "history.db").is_dir()


async def _impatient(store: SqlConversationStore) -> None:
    """Let the store wait 20 ms for a lock instead of five seconds."""
    await store.database.engine.dispose()

    def hurry(connection: sqlite3.Connection, _record: object) -> None:
        connection.cursor().execute("PRAGMA busy_timeout = 20")

    event.listen(store.database.engine.sync_engine, "connect", hurry)


async def test_a_lock_of_another_program_is_told(store: SqlConversationStore) -> None:
    """A write fails as locked, reading goes on, and later writes succeed."""
    await exchange(store, "c1")
    await _impatient(store)
    assert store.database.path is not None
    with closing(sqlite3.connect(store.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageLocked):
            await store.add_prompt(prompt("m2"), user_id="local", title="T")
        assert len(await store.messages("c1")) == 2
        other.execute("ROLLBACK")
    await store.add_prompt(prompt("m2"), user_id="local", title="T")
    assert len(await store.messages("c1")) == 3


async def test_a_short_lock_is_waited_for(store: SqlConversationStore) -> None:
    """The busy timeout is five seconds on every connection."""
    timeout = "PRAGMA busy_timeout"
    found = await store.database.read(lambda session: session.scalar(text(timeout)))
    assert found == engine.BUSY_SECONDS * 1000 == 5000


async def test_commits_wait_for_the_disk(store: SqlConversationStore) -> None:
    """Every connection runs with the settings that the promises rest on."""
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    for name, value in wanted.items():
        query = f"PRAGMA {name}"
        found = await store.database.read(lambda s, query=query: s.scalar(text(query)))  # type: ignore[misc]
        assert found == value, name


async def test_a_full_database_is_told_and_keeps_what_it_has(
    store: SqlConversationStore,
) -> None:
    """A write that does not fit fails as a whole; smaller ones still succeed."""
    await exchange(store, "c1")
    await store.database.engine.dispose()

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.cursor().execute("PRAGMA max_page_count = 70")

    event.listen(store.database.engine.sync_engine, "connect", limit)
    with pytest.raises(StorageFull):
        await store.add_prompt(prompt("m2", "x" * 1_000_000), user_id="local", title="T")
    await store.add_prompt(prompt("m3", "short"), user_id="local", title="T")
    assert [m.id for m in await store.messages("c1")] == ["c1-q1", "c1-a1", "m3"]


_FULL_DISK = """
import asyncio, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from services.domain import Role, StoredMessage
from services.errors import StorageError
from services.history.store import open_store
from services.settings import Settings

async def main():
    folder = Path(sys.argv[1])
    url = f"sqlite+aiosqlite:///{folder / 'history.db'}"
    store = await open_store(Settings(data_dir=folder, database_url=url))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
    message = StoredMessage("m1", "c1", Role.USER, "x" * 2_000_000, datetime.now(UTC))
    try:
        await store.add_prompt(message, user_id="local", title="T")
    except StorageError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.add_prompt(message, user_id="local", title="T")
    print(len(await store.messages("c1")))
    await store.aclose()

asyncio.run(main())
"""


def test_a_file_that_cannot_grow_is_an_error_of_the_store(settings: Settings) -> None:
    """When the system refuses to let the file grow, the same prompt succeeds later."""
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(settings.data_dir)],
        capture_output=True,
        text=True,
        cwd=_ROOT,
        check=True,
        timeout=60,
    )
    first, second = done.stdout.splitlines()
    assert "history" in first
    assert "xxx" not in done.stdout + done.stderr
    assert second == "1"


async def test_no_error_repeats_what_was_written(store: SqlConversationStore) -> None:
    """The driver's error with its values is neither shown nor chained."""
    await store.database.write(lambda session: session.execute(text("DROP TABLE messages")))
    with pytest.raises(StorageError) as raised:
        await store.add_prompt(prompt("m1", "canary-4711"), user_id="local", title="T")
    seen: BaseException | None = raised.value
    while seen is not None:
        assert "canary-4711" not in repr(seen) + str(seen)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


async def test_a_store_that_was_damaged_while_open_can_be_closed(settings: Settings) -> None:
    """Closing never fails, whatever happened to the file."""
    async with opened(settings) as store:
        await exchange(store, "c1")
        await store.drop_after("c1", "c1-q1")
        await store.database.write(
            lambda session: session.execute(text("DROP TABLE message_search"))
        )


def test_a_database_needs_a_file(tmp_path: Path) -> None:
    """A history in memory would be lost, so it is refused with the variable's name."""
    for url in ("sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"):
        with pytest.raises(SettingsError, match="NEARSIDE_DATABASE_URL"):
            connect(url, tmp_path)


class _ServerError(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DBAPIError("s", {}, _ServerError("53100")), StorageFull),
        (DBAPIError("s", {}, _ServerError("25006")), StorageReadOnly),
        (DBAPIError("s", {}, _ServerError("40P01")), StorageLocked),
        (DBAPIError("s", {}, _ServerError("XX001")), StorageCorrupt),
        (DBAPIError("s", {}, _ServerError("00000")), StorageError),
        (PoolTimeout(), StorageLocked),
        (sqlite3.ProgrammingError("no code"), StorageError),
        (OSError(28, "no space"), StorageFull),
        (PermissionError(13, "denied"), StorageReadOnly),
        (ConnectionRefusedError(111, "refused"), StorageError),
    ],
)
def test_every_kind_of_error_has_its_class(error: Exception, expected: type[StorageError]) -> None:
    """Errors of servers, pools and files become the classes that a person is told."""
    assert type(translate(error, None)) is expected
