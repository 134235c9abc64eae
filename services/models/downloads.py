"""The download that runs in the background, whoever watches it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from services.discretion import log_kind
from services.errors import ModelError, NearsideError
from services.models.foundry import Cancellation
from services.models.meter import Progress
from services.models.offer import Offer


class Catalog(Protocol):
    """What :class:`services.models.foundry.FoundryCatalog` does, in blocking calls."""

    def offers(self) -> list[Offer]: ...

    def download(
        self, alias: str, tell: Callable[[Progress], None], cancellation: Cancellation | None = None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Download:
    """The running download of ``alias``, or how the last one ended.

    ``error`` is why it ended early; a cancellation is told by it as well.
    """

    alias: str
    running: bool = True
    progress: Progress | None = None
    error: NearsideError | None = None


class Downloads:
    """At most one download at a time. To be used from one event loop."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._task: asyncio.Task[None] | None = None
        self._cancellation = Cancellation()
        self.latest: Download | None = None

    @property
    def running(self) -> str | None:
        """The alias that is being fetched."""
        return self.latest.alias if self.latest and self.latest.running else None

    def start(self, alias: str) -> None:
        """Fetch ``alias``; nothing happens where that is being done already.

        Raises:
            ModelError: another model is being fetched.
        """
        if self.running and self.running.lower() == alias.lower():
            return
        if self.running:
            raise ModelError("error.download_running", model=self.running)
        self.latest = Download(alias)
        self._cancellation = Cancellation()
        self._task = asyncio.create_task(self._run(alias, self._cancellation))

    def cancel(self) -> None:
        """End the running download; what has come is kept."""
        if self.running:
            self._cancellation.cancel()

    async def aclose(self) -> None:
        """End the running download and wait until its process is gone."""
        self.cancel()
        if self._task is not None:
            await self._task

    async def _run(self, alias: str, cancellation: Cancellation) -> None:
        # A thread, as the catalog's calls block; the loop only reads what it leaves here.
        def tell(progress: Progress) -> None:
            self.latest = Download(alias, progress=progress)

        error: NearsideError | None = None
        try:
            await asyncio.to_thread(self._catalog.download, alias, tell, cancellation)
        except ModelError as failure:
            error = failure
            if cancellation.asked:  # however the process put it
                error = ModelError("error.download_cancelled", model=alias)
        except Exception as failure:
            log_kind(failure)
            error = ModelError("error.download_failed", model=alias)
        self.latest = replace(self.latest or Download(alias), running=False, error=error)
