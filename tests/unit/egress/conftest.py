"""What the gate's tests share: a check that knows its canaries, a ledger in memory."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest

from services.departure import Departure
from services.domain import Finding, Message, PrivacyVerdict
from services.errors import StorageFull
from tests.fakes.openai_server import FakeOpenAI

CANARY = "canary-7f3a"


class CanaryCheck:
    """Finds the canary. ``mode`` makes it break, hang or fail instead."""

    def __init__(self) -> None:
        self.mode = "works"
        self.seen: list[tuple[Message, ...]] = []
        self.release = threading.Event()

    def check(self, messages: Sequence[Message]) -> PrivacyVerdict:
        self.seen.append(tuple(messages))
        if self.mode == "breaks":
            raise RuntimeError(f"cannot judge {messages}")
        if self.mode == "says nothing":
            return cast(PrivacyVerdict, None)
        if self.mode == "hangs":
            self.release.wait(10)
        return PrivacyVerdict(
            tuple(
                Finding("secret", found, found + len(CANARY), i)
                for i, message in enumerate(messages)
                if (found := message.content.find(CANARY)) >= 0
            ),
            failed=self.mode == "fails",
        )


class MemoryLedger:
    """Keeps the rows; a full disk when ``full``."""

    def __init__(self) -> None:
        self.full = False
        self.rows: list[Departure] = []

    async def record(self, departure: Departure) -> None:
        if self.full:
            raise StorageFull()
        self.rows.append(departure)


@pytest.fixture
def check() -> CanaryCheck:
    return CanaryCheck()


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
async def server() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as fake:
        yield fake
