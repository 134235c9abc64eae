"""The services as the chat has them, for a notebook.

Rules, prices and what was learned from ratings are the person's own. Nothing is
stored of what is asked in a notebook, so without a cloud the services get a history
file that goes with them. With a cloud they use the person's: what leaves is listed on
the page "What left this computer" and counts towards the budget, as it does in the chat.
"""

from __future__ import annotations

import contextlib
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from services.bootstrap import Services, open_services, scorer
from services.routing.calibration import Scored
from services.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Nearside:
    """What the cells work with. ``settings`` are the person's; ``score`` is the
    complexity score as shipped, for the class of the local model in use."""

    settings: Settings
    services: Services
    score: Scored
    _stack: AsyncExitStack

    @property
    def cloud(self) -> str | None:
        """The host of the cloud that is set up."""
        return self.settings.cloud.host if self.settings.cloud else None

    @property
    def sentence(self) -> str:
        """Which models are in use, in words."""
        local = self.services.local.status().model or self.settings.local_model
        share = f"{self.settings.cloud_share:.0%}"
        if self.settings.cloud is None:
            return f"Local model: {local}. No cloud is set up, so nothing can leave."
        cloud = f"{self.settings.cloud.model} at {self.cloud}"
        return f"Local model: {local}. Cloud: {cloud}, for {share} of the reference mix."

    async def aclose(self) -> None:
        """End the local model and close everything."""
        await self._stack.aclose()


def settings_here() -> Settings:
    """The settings from the environment, and from ``.env`` beside ``run.py``.

    Raises:
        SettingsError: a value that cannot be used; names variable and remedy.
    """
    with contextlib.chdir(ROOT):
        return load_settings()


async def open_nearside(settings: Settings | None = None) -> Nearside:
    """Build the services for ``settings`` (default: :func:`settings_here`) and load the models.

    Raises:
        SettingsError: a value that cannot be used; names variable and remedy.
        StorageError: not even a temporary history can be made.
    """
    settings = settings or settings_here()
    async with AsyncExitStack() as stack:
        used = settings
        if settings.cloud is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="nearside-"))
            used = replace(settings, database_url=f"sqlite+aiosqlite:///{folder}/history.db")
        services = await open_services(used)
        stack.push_async_callback(services.aclose)
        await services.warm_up()
        return Nearside(settings, services, scorer(settings), stack.pop_all())
