"""Opens the history, or what stands in for one that cannot be opened."""

from __future__ import annotations

import logging
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from services.errors import StorageError
from services.history.store import SqlConversationStore, open_store
from services.settings import Settings
from services.texts import say

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the history could not be opened, and the file that is used in its place.

    Without a file the conversations of this run vanish with it.
    """

    error: StorageError
    file: Path | None

    def sentence(self, language: str) -> str:
        """What a person is told."""
        sentence = self.error.sentence(language)
        if self.file is None:
            return say("interface.history_unavailable", language, sentence=sentence)
        file = str(self.file)
        return say("interface.history_elsewhere", language, sentence=sentence, file=file)


async def open_history(
    settings: Settings, stack: AsyncExitStack
) -> tuple[SqlConversationStore, Trouble | None]:
    """The history; where it cannot be opened, one beside it, else one for this run only."""
    try:
        store, trouble = await open_store(settings), None
    except StorageError as error:
        log.warning("%s", error)
        beside = settings.data_dir / "history-fallback.db"
        try:
            store = await open_store(_at(settings, beside))
            trouble = Trouble(error, beside)
        except StorageError:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nearside-")))
            store = await open_store(replace(_at(settings, folder / "history.db"), data_dir=folder))
            trouble = Trouble(error, None)
    stack.push_async_callback(store.aclose)
    return store, trouble


def _at(settings: Settings, path: Path) -> Settings:
    return replace(settings, database_url=f"sqlite+aiosqlite:///{path}")
