"""The cloud backend and the gate together: what is private does not get out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from services.backends.openai_compatible import OpenAICompatibleBackend
from services.domain import GenerationOptions, Message, Role, Site
from services.egress.gate import EgressGate
from services.errors import EgressDenied
from tests.fakes.openai_server import FakeOpenAI
from tests.unit.egress.conftest import CANARY, CanaryCheck, MemoryLedger


@pytest.fixture
async def server() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
async def backend(
    server: FakeOpenAI, ledger: MemoryLedger
) -> AsyncIterator[OpenAICompatibleBackend]:
    gate = EgressGate(CanaryCheck(), ledger, cloud_url=server.url)
    made = OpenAICompatibleBackend(Site.CLOUD, server.url, "fake-model", "key", gate.cloud_client)
    yield made
    await made.aclose()
    await gate.aclose()


async def ask(backend: OpenAICompatibleBackend, *texts: str, released: bool = False) -> None:
    turns = [
        Message(Role.USER if i % 2 == 0 else Role.ASSISTANT, text) for i, text in enumerate(texts)
    ]
    async with aclosing(backend.stream(turns, GenerationOptions(released=released))) as events:
        async for _ in events:
            pass


@pytest.mark.parametrize(
    "turns", [(CANARY,), (CANARY, "ok", "and now?"), ("hi", f"you said {CANARY}", "and now?")]
)
async def test_a_private_turn_does_not_leave(
    backend: OpenAICompatibleBackend, server: FakeOpenAI, turns: tuple[str, ...]
) -> None:
    """Wherever it stands in the conversation, the gate's denial reaches the caller as it is."""
    with pytest.raises(EgressDenied):
        await ask(backend, *turns)
    assert server.requests == []
    assert backend.status().state == "ready"


async def test_a_released_turn_leaves_once(
    backend: OpenAICompatibleBackend, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """The released request is sent and recorded as such; the next one is held again."""
    await ask(backend, CANARY, released=True)
    with pytest.raises(EgressDenied):
        await ask(backend, CANARY)
    assert len(server.requests) == 1
    assert [(row.allowed, row.released) for row in ledger.rows] == [(True, True), (False, False)]


async def test_every_attempt_is_recorded(
    backend: OpenAICompatibleBackend, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """A request that is sent a second time without a parameter has left twice."""
    server.script.rejects = ("stream_options",)
    await ask(backend, "hello")
    assert [row.allowed for row in ledger.rows] == [True, True]
    assert [row.size for row in ledger.rows] == [len(r.raw) for r in server.requests]
