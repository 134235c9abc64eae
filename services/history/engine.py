"""The connection to the database: how it is opened, read and written.

Every operation runs to its end even when the task that asked for it is
cancelled (Stop does that), so that a cancelled task leaves neither half a
transaction nor a broken connection behind.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import aiosqlite
from sqlalchemy import event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from services.errors import NearsideError, SettingsError
from services.history.dialect import SQLITE, dump_json
from services.history.faults import FAULTS, translate

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

BUSY_SECONDS = 5.0
"""How long to wait for another program that holds the database."""

_PRAGMAS = (
    f"busy_timeout = {int(BUSY_SECONDS * 1000)}",
    "journal_mode = WAL",
    # NORMAL would leave the newest transactions to the operating system: a
    # power cut could take a prompt that was already confirmed. FULL waits for
    # the disk at each commit.
    "synchronous = FULL",
    "foreign_keys = ON",
    # Deleted texts are overwritten with zeros, temporary ones stay in memory.
    "secure_delete = ON",
    "temp_store = MEMORY",
)
_READING = (f"busy_timeout = {int(BUSY_SECONDS * 1000)}", "query_only = ON", "temp_store = MEMORY")


class Database:
    """An engine with one writer at a time and any number of readers.

    Raises from every method: :class:`services.errors.StorageError`.
    """

    def __init__(self, engine: AsyncEngine, path: Path | None) -> None:
        self.engine = engine
        self.path = path
        """The SQLite file; ``None`` where the database is a server."""
        self._writer = engine.execution_options(begin="IMMEDIATE")
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the database system."""
        return self.engine.dialect.name

    async def read(self, work: Callable[[AsyncSession], Awaitable[_T]]) -> _T:
        """Run ``work`` on a consistent snapshot."""
        return await self._to_the_end(self._session(self.engine, work))

    async def write(self, work: Callable[[AsyncSession], Awaitable[_T]]) -> _T:
        """Run ``work`` as one transaction; it is on disk when this returns.

        Writers of this program wait for each other in the order in which they
        came, so that SQLite's own lock is never contended from inside.
        """
        return await self._to_the_end(self._exclusively(work))

    async def run(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Run ``work``, which uses the engine itself, while nobody writes."""

        async def exclusively() -> _T:
            async with self._lock:
                try:
                    return await work()
                except FAULTS as error:
                    raise translate(error, self.path) from None

        return await self._to_the_end(exclusively())

    async def aclose(self) -> None:
        """Wait for what runs, then close all connections."""
        while self._running:
            await asyncio.wait(self._running)
        await self.engine.dispose()

    async def _exclusively(self, work: Callable[[AsyncSession], Awaitable[_T]]) -> _T:
        if self.dialect != SQLITE:
            return await self._session(self._writer, work)
        async with self._lock:
            return await self._session(self._writer, work)

    async def _session(
        self, engine: AsyncEngine, work: Callable[[AsyncSession], Awaitable[_T]]
    ) -> _T:
        try:
            async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
                return await work(session)
        except FAULTS as error:
            # "from None": the driver's error quotes the values of the statement.
            raise translate(error, self.path) from None

    async def _to_the_end(self, work: Coroutine[Any, Any, _T]) -> _T:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_report)
            raise


def _report(task: asyncio.Task[Any]) -> None:
    """Log the failure of an operation that nobody waits for any more."""
    if not task.cancelled() and (error := task.exception()):
        name = str(error) if isinstance(error, NearsideError) else type(error).__name__
        _log.warning("A cancelled operation on the history failed: %s", name)


def connect(url: str, private_folder: Path) -> Database:
    """An engine for ``url``; no connection is made yet.

    A SQLite file is created readable by its owner only (600), in a folder that
    is (700) where we make it or where it is ``private_folder``.

    Raises:
        StorageError: file or folder cannot be created.
        SettingsError: a SQLite database without a file, or a missing driver.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != SQLITE:
        try:
            engine = create_async_engine(parsed, json_serializer=dump_json, hide_parameters=True)
        except (ModuleNotFoundError, ArgumentError) as error:
            raise SettingsError(
                name="NEARSIDE_DATABASE_URL",
                value=parsed.render_as_string(),
                allowed=f"a database whose driver is installed ({error})",
            ) from None
        return Database(engine, None)
    if not parsed.database or parsed.database == ":memory:":
        raise SettingsError(
            name="NEARSIDE_DATABASE_URL", value=url, allowed="a file, as in sqlite:///history.db"
        )
    path = Path(parsed.database).absolute()
    try:
        _make_private(path, private_folder)
    except OSError as error:
        raise translate(error, path) from None
    engine = create_async_engine(
        parsed,
        json_serializer=dump_json,
        hide_parameters=True,
        connect_args={"async_creator_fn": _dial},
    )
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return Database(engine, path)


def connect_read_only(url: str) -> Database | None:
    """An engine that cannot write; ``None`` where there is no such SQLite file.

    It creates nothing, and may be used beside a running program: SQLite's readers
    hold up no writer.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != SQLITE:
        engine = create_async_engine(parsed, hide_parameters=True)
        return Database(engine.execution_options(postgresql_readonly=True), None)
    path = Path(parsed.database or "").absolute()
    if not path.is_file():
        return None
    engine = create_async_engine(
        parsed.set(database=f"file:{quote(path.as_posix())}", query={"mode": "ro", "uri": "true"}),
        hide_parameters=True,
        connect_args={"async_creator_fn": _dial},
    )
    event.listen(engine.sync_engine, "connect", _on_connect_read_only)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return Database(engine, path)


def _make_private(path: Path, private_folder: Path) -> None:
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True)
    elif path.parent == private_folder and path.parent.stat().st_mode & 0o077:
        path.parent.chmod(0o700)
    if not path.exists():
        path.touch(mode=0o600)
    elif path.is_file() and path.stat().st_mode & 0o077:
        path.chmod(0o600)


async def _dial(*args: Any, **options: Any) -> aiosqlite.Connection:
    """Open a connection of the driver; where that fails, let its thread end first.

    The driver does not wait for it, and the thread would then report to an
    event loop that may be closed already.
    """
    connection = aiosqlite.connect(*args, **options)
    worker = connection._thread
    worker.daemon = True  # as SQLAlchemy has it: no thread keeps a program alive
    try:
        return await connection
    except BaseException:
        await asyncio.to_thread(worker.join)
        raise


def _on_connect(connection: Any, _record: Any) -> None:
    _prepare(connection, _PRAGMAS)


def _on_connect_read_only(connection: Any, _record: Any) -> None:
    _prepare(connection, _READING)


def _prepare(connection: Any, pragmas: Sequence[str]) -> None:
    # The driver must not open transactions by itself: it would do so late, and
    # never before DDL, so that a migration could not be undone as a whole.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
    finally:
        cursor.close()


def _on_begin(connection: Any) -> None:
    # A writer takes the lock at once: SQLite refuses, without any waiting, to
    # turn a reading transaction into a writing one when another has written.
    if kind := connection.get_execution_options().get("begin", "DEFERRED"):
        connection.exec_driver_sql(f"BEGIN {kind}")
