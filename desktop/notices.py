"""The system's notice that an answer is ready, for somebody who looks elsewhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from services.texts import say

if TYPE_CHECKING:
    from desktop_notifier import DesktopNotifier


class Notices:
    """Notices in ``language``; a click on one calls ``front``.

    They say that there is an answer, never what it says: systems keep notices, and
    show them on locked screens. Where the system has no notices the library tells
    the log, and the mark in the window's title is all there is.
    """

    def __init__(self, language: str, icon: Path, front: Callable[[], None]) -> None:
        self._language = language
        self._icon = icon
        self._front = front
        self._loop: asyncio.AbstractEventLoop | None = None
        self._notifier: DesktopNotifier | None = None

    def answer_ready(self) -> None:
        """Show the notice, from any thread."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="notices", daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._send(), self._loop)

    async def _send(self) -> None:
        # Here, so that a start need not wait for it.
        from desktop_notifier import DEFAULT_SOUND, DesktopNotifier, Icon

        if self._notifier is None:
            self._notifier = DesktopNotifier("Nearside", Icon(path=self._icon))
        await self._notifier.send(
            title="Nearside",
            message=say("window.answer_ready", self._language),
            sound=DEFAULT_SOUND,
            on_clicked=self._front,
        )
