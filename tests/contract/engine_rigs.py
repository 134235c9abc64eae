"""The local engine under the contract: with a scripted model and with the real one."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from services.backends.local.engine import LocalEngineBackend
from services.backends.local.model_ref import BUILTIN_DIRECTORY, ModelRef
from services.backends.switchable import SwitchableBackend
from services.domain import Message, Role
from services.local_choice import LocalChoice
from services.ports import ChatBackend
from tests.contract.scripted_worker import ANSWER
from tests.fakes.openai_behaviours import LONG_ANSWER

WORKER = (sys.executable, "-m", "tests.contract.scripted_worker")


class ScriptedEngineRig:
    """An engine whose worker follows the file ``behaviour``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.engine = LocalEngineBackend(ModelRef("scripted", folder), folder, command=WORKER)
        self.backend: ChatBackend = self.engine

    async def provoke(self, behaviour: str) -> str | None:
        (self._folder / "behaviour").write_text(behaviour, "utf-8")
        if behaviour in {"answers", "shows_messages", "small_window"}:
            return "".join(ANSWER)
        # A worker that dies takes along what it was about to send.
        return "".join(LONG_ANSWER) if behaviour == "very_long" else None

    async def freed(self) -> None:
        async with asyncio.timeout(10):
            while self.engine.busy:  # noqa: ASYNC110 - asked from outside, as a person would
                await asyncio.sleep(0.005)

    def given(self) -> list[Message]:
        said = json.loads((self._folder / "given.json").read_text("utf-8"))
        return [Message(Role(message["role"]), message["content"]) for message in said]


class ScriptedEngineRigMaker:
    """Everything of the engine but the model."""

    name = "engine-scripted"
    cannot: Mapping[str, str] = {
        "unicode_split": "the native library's decoder joins the bytes; tested on the real model",
    }

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[ScriptedEngineRig]:
        with tempfile.TemporaryDirectory() as folder:
            rig = ScriptedEngineRig(Path(folder))
            try:
                yield rig
            finally:
                await rig.backend.aclose()


class SwitchableRigMaker(ScriptedEngineRigMaker):
    """The same engine behind the place where local models are exchanged."""

    name = "switchable-scripted"

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[ScriptedEngineRig]:
        async with super().__call__() as rig:
            rig.backend = SwitchableBackend(lambda choice: rig.engine, LocalChoice())
            yield rig


class BuiltinEngineRig:
    """The engine on the built-in model, which says what it likes."""

    def __init__(self, data_dir: Path) -> None:
        self.backend: ChatBackend = LocalEngineBackend(
            ModelRef("builtin", BUILTIN_DIRECTORY, verified=True), data_dir
        )

    async def provoke(self, behaviour: str) -> str | None:
        assert behaviour == "answers"
        return None

    async def freed(self) -> None:
        raise NotImplementedError("no behaviour of this rig is abandoned")

    def given(self) -> list[Message]:
        raise NotImplementedError("a model does not tell what it was given")


class BuiltinEngineRigMaker:
    """The real thing, as far as a model can be told what to do."""

    name = "engine-builtin"
    cannot: Mapping[str, str] = dict.fromkeys(
        (
            "endless", "fails_before", "fails_inside", "unicode_split", "empty",
            "very_long", "small_window", "shows_messages",
        ),
        "a real model answers as it likes; these are in tests/unit/backends/local/test_builtin.py",
    )  # fmt: skip

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[BuiltinEngineRig]:
        with tempfile.TemporaryDirectory() as folder:
            rig = BuiltinEngineRig(Path(folder))
            try:
                yield rig
            finally:
                await rig.backend.aclose()
