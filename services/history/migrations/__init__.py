"""Bringing a database to this program's version, after a backup of its file."""

from __future__ import annotations

import logging

from services.history.engine import Database


async def upgrade(database: Database, target: str = "head") -> None:
    """Run the missing migrations, all in one transaction.

    An existing SQLite file is copied first; see :mod:`services.history.backup`.

    Raises:
        StorageError: the database is of a newer program, or a migration failed;
            the database is then unchanged.
    """
    # Alembic announces each of its parts when it is imported.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from services.history.migrations.runner import run

    await run(database, target)
