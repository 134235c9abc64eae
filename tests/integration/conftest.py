"""A running program with a fake cloud, shared by the integration tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.chat_client import ChatTab
from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import Server, serving


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def shared_cloud() -> AsyncIterator[FakeOpenAI]:
    """A fake cloud endpoint for the whole run."""
    async with FakeOpenAI() as fake:
        yield fake


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def shared_server(
    shared_cloud: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """One program for all tests that leave it as they found it."""
    data_dir = tmp_path_factory.mktemp("shared") / "data"
    async with serving(
        data_dir,
        NEARSIDE_CLOUD_URL=shared_cloud.url,
        NEARSIDE_CLOUD_API_KEY="sk-made-up-for-tests",
        NEARSIDE_CLOUD_MODEL="gpt-4o-mini",
    ) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def cloud(shared_cloud: FakeOpenAI) -> FakeOpenAI:
    """The fake cloud with a fresh script and an empty list of requests."""
    shared_cloud.script = Script()
    shared_cloud.requests.clear()
    return shared_cloud


@pytest_asyncio.fixture(loop_scope="session")
async def tab(shared_server: Server, cloud: FakeOpenAI) -> AsyncIterator[ChatTab]:
    """A tab with an empty conversation."""
    async with ChatTab(shared_server.url) as opened:
        yield opened
