"""Files that were attached in a tab and wait for their message.

In memory alone, so that what is attached and never sent, or sent in a temporary
conversation, touches no disk.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.attachment import Attachment
from services.errors import FileError
from services.files.limits import MAX_FILES

_MOST = 2 * MAX_FILES
"""Files that wait in one tab; those that were taken off again are not reported."""


class Uploads:
    """What waits, by tab; the oldest of a tab go when there are too many."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[str, Attachment]] = {}

    def keep(self, tab: str, file: Attachment) -> None:
        """Let ``file`` wait in ``tab``."""
        waiting = self._waiting.setdefault(tab, {})
        waiting[file.id] = file
        while len(waiting) > _MOST:
            del waiting[next(iter(waiting))]

    def take(self, tab: str, ids: Sequence[str]) -> tuple[Attachment, ...]:
        """The files of a message that is sent now; nothing waits in the tab any more.

        Raises:
            FileError: they are too many, or one of them is not there.
        """
        waiting = self._waiting.pop(tab, {}) if ids else {}
        if len(ids) > MAX_FILES:
            raise FileError("error.files_too_many", limit=MAX_FILES)
        if not waiting.keys() >= set(ids):
            raise FileError("error.file_gone")
        return tuple(waiting[name] for name in ids)

    def forget(self, tab: str) -> None:
        """Drop what waits in a tab that has gone."""
        self._waiting.pop(tab, None)
