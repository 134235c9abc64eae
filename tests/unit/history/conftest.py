"""What the tests of the history share: a store on a real file, and messages."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.history.store import SqlConversationStore, opened
from services.settings import Settings

with warnings.catch_warnings():
    # Importing Chainlit warns of deprecated code in packages that it brings along.
    warnings.simplefilter("ignore")
    importlib.import_module("chainlit.data.base")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose database is a file in a folder that does not exist yet."""
    folder = tmp_path / "data"
    return Settings(data_dir=folder, database_url=f"sqlite+aiosqlite:///{folder / 'history.db'}")


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[SqlConversationStore]:
    """An open store, closed after the test."""
    async with opened(settings) as store:
        yield store
