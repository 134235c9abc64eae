"""The migrations themselves, by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from services.errors import StorageError
from services.history.backup import back_up
from services.history.engine import Database


async def run(database: Database, target: str) -> None:
    """What :func:`services.history.migrations.upgrade` says."""

    async def work() -> None:
        async with database.engine.connect() as connection:
            current = await connection.run_sync(_revision)
        scripts = ScriptDirectory(str(Path(__file__).parent))
        wanted = scripts.get_current_head() if target == "head" else target
        if current == wanted:
            return
        if current is not None:
            if current not in {script.revision for script in scripts.walk_revisions()}:
                raise StorageError("error.storage_newer")
            if database.path:
                await back_up(database.path, current)
        writer = database.engine.execution_options(begin="IMMEDIATE")
        async with writer.begin() as connection:
            await connection.run_sync(_run, target)

    await database.run(work)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _run(connection: Connection, target: str) -> None:
    config = Config()
    # Alembic keeps its options in a ConfigParser, to which "%" is special.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, target)
