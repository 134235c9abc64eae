"""Every notebook executed once for all tests, as somebody would meet it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from services.bootstrap import open_services
from services.domain import Mode
from services.prompts import Prompt
from services.settings import load_settings
from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI
from tests.notebooks.running import Ran, run
from tests.serving import serving

SECRET = "My password for the bank is Zitronenfalter77."
ASKED = ((SECRET, Mode.AUTO), ("Hello!", Mode.AUTO), ("Tell me how tides come about.", Mode.CLOUD))
CLOUD = {"NEARSIDE_CLOUD_API_KEY": "sk-made-up-for-tests", "NEARSIDE_CLOUD_MODEL": "gpt-4o-mini"}


@dataclass(frozen=True)
class WithCloud:
    """A notebook that ran with a cloud and a history, and what the cloud was asked."""

    ran: Ran
    asked: list[str]
    data_dir: Path


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Jupyter's own files away from the account's, on this side of the kernel too."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("DATA", "RUNTIME", "CONFIG"):
            patch.setenv(f"JUPYTER_{kind}_DIR", str(tmp_path_factory.mktemp("jupyter")))
        yield


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def cloud() -> AsyncIterator[FakeOpenAI]:
    """A cloud of our own that answers slowly enough to be timed."""
    pieces = tuple(f"word{n} " for n in range(40))
    async with FakeOpenAI(Script(pieces=pieces, first_delay=0.05, delay=0.005)) as fake:
        yield fake


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def explored(jupyter: None, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The exploration on a fresh computer: no cloud, no history."""
    return await run("exploration", tmp_path_factory.mktemp("plain") / "data", "exploration")


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def explored_with_cloud(
    jupyter: None, cloud: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory
) -> WithCloud:
    """The exploration beside a cloud, with a history that the services wrote."""
    data_dir = tmp_path_factory.mktemp("cloud") / "data"
    environ = {**CLOUD, "NEARSIDE_CLOUD_URL": cloud.url}
    await _chat(data_dir, environ)
    cloud.requests.clear()
    ran = await run("exploration", data_dir, "exploration_with_cloud", **environ)
    return WithCloud(ran, [str(request.body) for request in cloud.requests], data_dir)


async def _chat(data_dir: Path, environ: dict[str, str]) -> None:
    """Fill the history as the chat does."""
    settings = load_settings({**environ, "NEARSIDE_DATA_DIR": str(data_dir)}, data_dir / "none")
    services = await open_services(settings)
    try:
        for text, mode in ASKED:
            prompt = Prompt(str(uuid.uuid4()), str(uuid.uuid4()), text, "local", mode)
            live = await services.conversations.reply(prompt)
            await asyncio.wait_for(live.wait(), 60)
    finally:
        await services.aclose()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def http_shown(
    jupyter: None, cloud: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory
) -> Ran:
    """The notebook about the HTTP entrance, with a program that runs already."""
    data_dir = tmp_path_factory.mktemp("http") / "data"
    async with serving(data_dir, NEARSIDE_CLOUD_URL=cloud.url, **CLOUD) as server:
        return await run("http_api", data_dir, "http_api", NEARSIDE_ADDRESS=server.url)
