"""What a backend under test can be made to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from services.backends.openai_compatible import OpenAICompatibleBackend, fixed
from services.departure import Departure
from services.domain import Message, PrivacyVerdict, Role, Site
from services.egress.gate import EgressGate
from services.ports import ChatBackend
from tests.contract.engine_rigs import (
    BuiltinEngineRigMaker,
    ScriptedEngineRigMaker,
    SwitchableRigMaker,
)
from tests.fakes.openai_behaviours import LONG_ANSWER
from tests.fakes.openai_server import FakeOpenAI

BEHAVIOURS: Mapping[str, str] = {
    "answers": "answers with several pieces of text",
    "endless": "begins an answer that does not end by itself",
    "fails_before": "fails before the first piece",
    "fails_inside": "fails after some pieces",
    "unicode_split": "sends characters of several bytes cut into single bytes",
    "empty": "ends an answer without any text",
    "very_long": "answers with 200,000 pieces",
    "small_window": "has room for the system prompt and the newest turn only",
    "shows_messages": "lets the test see what the model was given",
}
"""Everything that a rig is asked to provoke."""


class Rig(Protocol):
    """A backend and the means to make it misbehave."""

    backend: ChatBackend

    async def provoke(self, behaviour: str) -> str | None:
        """Behave so from now on; returns the text that must come, where it is known."""
        ...

    async def freed(self) -> None:
        """Return as soon as the model's side has given up an abandoned answer."""
        ...

    def given(self) -> list[Message]:
        """What the model was given last."""
        ...


class RigMaker(Protocol):
    """Makes rigs of one backend. ``name`` is that of the test's parameter.

    ``cannot`` says, for each of :data:`BEHAVIOURS` that this backend cannot be
    made to show, why: there is then no such test for it.
    """

    name: str
    cannot: Mapping[str, str]

    def __call__(self) -> AbstractAsyncContextManager[Rig]: ...


class OpenAIRig:
    """The OpenAI-compatible backend against the fake endpoint."""

    def __init__(self, server: FakeOpenAI, backend: ChatBackend) -> None:
        self.backend = backend
        self._server = server

    async def provoke(self, behaviour: str) -> str | None:
        script = self._server.script
        script.pieces, script.delay = ("Hello", " wor", "ld"), 0.0
        script.most_messages = 2
        script.behaviour = {
            "fails_before": "status",
            "fails_inside": "cut",
            "unicode_split": "unicode_split",
            "empty": "empty",
            "very_long": "long",
            "small_window": "too_long",
        }.get(behaviour, "stream")
        if behaviour == "endless":
            script.pieces, script.delay = ("on ",) * 100_000, 0.001
        elif behaviour == "unicode_split":
            script.pieces = ("Grüße, ", "日本", "👩‍👩‍👧 ", "𝔘nicode")
        elif behaviour in {"empty", "fails_before"}:
            script.pieces = ()
        elif behaviour == "very_long":
            script.pieces = LONG_ANSWER
        return "".join(script.pieces)

    async def freed(self) -> None:
        await self._server.until(lambda: self._server.abandoned == 1)

    def given(self) -> list[Message]:
        return [
            Message(Role(message["role"]), message["content"])
            for message in self._server.requests[-1].messages
        ]


class OpenAIRigMaker:
    """The backend as it is used for a site: through the gate's client for it."""

    cannot: Mapping[str, str] = {}

    def __init__(self, site: Site) -> None:
        self.name = f"openai-{site}"
        self._site = site

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Rig]:
        async with FakeOpenAI() as server:
            gate = EgressGate(_NothingPrivate(), _NoLedger(), cloud_url=server.url)
            clients = gate.cloud_client
            if self._site is Site.LOCAL:
                clients = fixed(gate.local_client(server.url))
            backend = OpenAICompatibleBackend(self._site, server.url, "fake-model", "key", clients)
            try:
                yield OpenAIRig(server, backend)
            finally:
                await backend.aclose()
                await gate.aclose()


class _NothingPrivate:
    def check(self, messages: Sequence[Message]) -> PrivacyVerdict:
        return PrivacyVerdict()


class _NoLedger:
    async def record(self, departure: Departure) -> None:
        """The gate's own tests look at the ledger."""


BACKENDS: list[RigMaker] = [
    OpenAIRigMaker(Site.CLOUD),
    OpenAIRigMaker(Site.LOCAL),
    ScriptedEngineRigMaker(),
    SwitchableRigMaker(),
    BuiltinEngineRigMaker(),
]
"""The backends that the suite is run on. Add one here and it has to pass."""
