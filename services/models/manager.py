"""Local models in the running program: what there is, fetching, removing, using."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from services.addresses import near_url
from services.backends.discovery import USUAL, FoundServer, Place
from services.backends.local.foundry_cache import find_downloaded
from services.backends.switchable import SwitchableBackend
from services.discretion import log_kind
from services.domain import BackendStatus
from services.errors import ModelError, NearsideError
from services.local_choice import LocalChoice, forget_folder, known_folders
from services.models.downloads import Catalog, Download, Downloads
from services.models.here import (
    downloads_of,
    give_up_what_is_gone,
    keep,
    present_models,
    remove_model,
    usable_folder,
    usable_name,
)
from services.models.offer import Offer, Present

FRESH_SECONDS = 600.0
"""How long the catalog's answer is shown again without asking anew."""

Find = Callable[[Sequence[Place]], Awaitable[list[FoundServer]]]


@dataclass(frozen=True, slots=True)
class Switch:
    """The exchange of the local model that runs, or how the last one ended."""

    choice: LocalChoice
    running: bool = True
    error: NearsideError | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that is known without asking anybody; ``free`` is in bytes."""

    used: LocalChoice
    status: BackendStatus
    here: list[Present]
    free: int
    download: Download | None
    switch: Switch | None


class LocalModels:
    """Manages the local models of one running program, from one event loop.

    ``find`` asks places for the models of their servers; ``pinned`` is the
    variable that sets the local model, where one does.
    """

    def __init__(
        self,
        data_dir: Path,
        local: SwitchableBackend,
        catalog: Catalog,
        find: Find,
        *,
        pinned: str | None = None,
    ) -> None:
        self._data = data_dir
        self._local = local
        self._catalog = catalog
        self._find = find
        self._downloads = Downloads(catalog)
        self._asking = asyncio.Lock()
        self._offers: tuple[list[Offer], float] | None = None
        self._switch: Switch | None = None
        self._task: asyncio.Task[None] | None = None
        self.pinned = pinned

    async def overview(self) -> Overview:
        """What is here and what is going on."""
        here, free = await asyncio.to_thread(self._on_disk, self._local.choice)
        # Everything below is of one moment: an exchange may have ended meanwhile.
        status, download = self._local.status(), self._downloads.latest
        return Overview(self._local.choice, status, here, free, download, self._switch)

    async def offers(self) -> list[Offer]:
        """What the catalog offers for this computer.

        Raises:
            ModelError: it is out of reach.
        """
        async with self._asking:
            if self._offers is None or time.monotonic() - self._offers[1] > FRESH_SECONDS:
                fresh = await asyncio.to_thread(self._catalog.offers)
                self._offers = (fresh, time.monotonic())
            listed = self._offers[0]
        return await asyncio.to_thread(self._as_here, listed)

    async def servers(self) -> list[FoundServer]:
        """The model servers on the usual ports of this computer."""
        return await self._find(USUAL)

    def download(self, alias: str) -> None:
        """Fetch a model in the background.

        Raises:
            ModelError: another one is being fetched.
        """
        self._downloads.start(alias)

    def cancel(self) -> None:
        """End the download; what has come is kept."""
        self._downloads.cancel()

    async def remove(self, name: str) -> None:
        """Delete a download, or take a folder of the person's own off the list.

        Raises:
            ModelError: it is in use, being fetched, or not here.
        """
        if self._downloads.running and self._downloads.running.lower() == name.lower():
            raise ModelError("error.model_fetched", model=name)
        taken = [self._local.choice]
        if self._switch and self._switch.running:
            taken.append(self._switch.choice)
        await asyncio.to_thread(self._remove, name, taken)

    async def use(self, choice: LocalChoice) -> None:
        """Begin to put the model of ``choice`` in the place of the one in use.

        What can be told at once is an error; how the rest went is in the
        overview. The choice also counts for the next starts.

        Raises:
            ModelError: it is not here, a variable sets the model, the server does
                not answer or is not near, or another exchange runs.
        """
        if self.pinned is not None:
            raise ModelError("error.model_pinned", name=self.pinned)
        if choice.url is None:
            name = await asyncio.to_thread(usable_name, self._data, choice.model)
            choice = LocalChoice(name)
        else:
            choice = await self._reachable(choice.url, choice.model)
        if self._switch and self._switch.running:
            raise ModelError("error.model_switching")
        self._switch = Switch(choice)
        self._task = asyncio.create_task(self._exchange(choice))

    async def use_folder(self, folder: str) -> None:
        """:meth:`use` for a folder of the person's own.

        Raises:
            ModelError: as there, or there is no model in the folder.
        """
        await self.use(LocalChoice(await asyncio.to_thread(usable_folder, folder)))

    async def aclose(self) -> None:
        """Cancel what runs; a download goes on when it is started again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._downloads.aclose()

    async def _reachable(self, url: str, model: str) -> LocalChoice:
        near = near_url(url)
        if near is None:
            raise ModelError("error.server_address")
        found = await self._find([Place("", near)])
        if not found:
            raise ModelError("error.server_silent", url=near)
        models = found[0].models
        if not models:
            raise ModelError("error.server_empty", url=near)
        if model and model not in models:
            raise ModelError("error.server_model", url=near, model=model)
        return LocalChoice(model or models[0], near)

    async def _exchange(self, choice: LocalChoice) -> None:
        error: NearsideError | None = None
        try:
            await self._local.switch(choice)
            await asyncio.to_thread(keep, self._data, choice)
        except NearsideError as failure:
            error = failure
        except Exception as failure:
            log_kind(failure)
            error = NearsideError()
        self._switch = Switch(choice, running=False, error=error)

    def _on_disk(self, used: LocalChoice) -> tuple[list[Present], int]:
        folder = downloads_of(self._data)
        while not folder.exists():
            folder = folder.parent
        chosen = used.model if used.url is None else ""
        return present_models(self._data, chosen), shutil.disk_usage(folder).free

    def _as_here(self, offers: list[Offer]) -> list[Offer]:
        downloads = downloads_of(self._data)
        return [
            replace(offer, here=find_downloaded(offer.alias, downloads) is not None)
            for offer in offers
        ]

    def _remove(self, name: str, taken: Sequence[LocalChoice]) -> None:
        downloads = downloads_of(self._data)
        folder = find_downloaded(name, downloads)
        for choice in taken:
            same_files = folder is not None and folder == find_downloaded(choice.model, downloads)
            if choice.url is None and (choice.model.lower() == name.lower() or same_files):
                raise ModelError("error.model_used", model=name)
        try:
            if name in known_folders(self._data):
                forget_folder(self._data, name)
                return
        except OSError as error:
            raise ModelError(
                "error.model_choice", folder=str(self._data), reason=error.strerror or ""
            ) from None
        remove_model(self._data, name)
        give_up_what_is_gone(self._data)
