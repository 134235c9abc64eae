"""Exchanging the local model while prompts are answered, on engines with a fake worker."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from services.backends.local.engine import LocalEngineBackend
from services.backends.switchable import SwitchableBackend
from services.domain import BackendStatus, GenerationOptions, Site, Token
from services.errors import BackendRejected, BackendUnavailable
from services.local_choice import LocalChoice
from tests.unit.backends.local.conftest import (
    MakeEngine,
    is_gone,
    make_engine,
    until,
    user,
    whole,
)

__all__ = ["make_engine"]

OLD, NEW, BROKEN = LocalChoice("old"), LocalChoice("new"), LocalChoice("missing")


@dataclass
class Switching:
    """The backend under test and the engines that it has made."""

    make: MakeEngine
    made: list[LocalEngineBackend] = field(default_factory=list)

    def build(self, choice: LocalChoice) -> LocalEngineBackend:
        engine = self.make(choice.model)
        self.made.append(engine)
        return engine

    def backend(self, grace_seconds: float = 30) -> SwitchableBackend:
        return SwitchableBackend(self.build, OLD, grace_seconds)


@pytest.fixture
def switching(make_engine: MakeEngine) -> Switching:
    """Engines whose model's name decides how loading goes."""
    return Switching(make_engine)


async def say(backend: SwitchableBackend, text: str) -> tuple[str, str | None]:
    """An answer and the model that gave it."""
    answer, finish = await whole(backend.stream(user(text), GenerationOptions()))
    return answer, finish.model


async def test_the_new_model_answers_and_the_old_one_is_gone(switching: Switching) -> None:
    """The old process has ended, and its memory is free, before the new one is loaded."""
    backend = switching.backend()
    assert await say(backend, "say:a") == ("a", "old")
    old = switching.made[0].pid
    assert old is not None
    await backend.switch(NEW)
    assert is_gone(old)
    assert backend.choice == NEW
    status = backend.status()
    assert (backend.site, status.state, status.model) == (Site.LOCAL, "ready", "new")
    assert await say(backend, "say:b") == ("b", "new")
    await backend.aclose()
    assert switching.made[1].pid is None


async def test_a_model_that_cannot_be_loaded_leaves_the_old_one(switching: Switching) -> None:
    """The reason is told, and the next prompt is answered as before."""
    backend = switching.backend()
    await say(backend, "say:a")
    with pytest.raises(BackendUnavailable):
        await backend.switch(BROKEN)
    assert backend.choice == OLD
    assert await say(backend, "say:b") == ("b", "old")


async def test_a_running_answer_may_end_and_others_wait(switching: Switching) -> None:
    """Nobody loses a word, and who asks meanwhile hears the new model."""
    backend = switching.backend()
    async with aclosing(backend.stream(user("say:a say:b"), GenerationOptions())) as running:
        first = await anext(running)
        change = asyncio.create_task(backend.switch(NEW))
        await until(lambda: backend.status() == BackendStatus("loading", "new"))
        waiting = asyncio.create_task(say(backend, "say:c"))
        rest = [event async for event in running]
    assert [first, *rest][:2] == [Token("a"), Token("b")]
    await change
    assert await waiting == ("c", "new")


async def test_an_endless_answer_ends_with_one_sentence(switching: Switching) -> None:
    """After the time of grace what has come stays, and the sentence says what happened."""
    backend = switching.backend(grace_seconds=0)
    running = backend.stream(user("endless"), GenerationOptions())
    assert await anext(running) == Token(".")
    change = asyncio.create_task(backend.switch(NEW))
    with pytest.raises(BackendUnavailable, match="was changed while it wrote"):
        async for _ in running:
            pass
    await change
    assert await say(backend, "say:b") == ("b", "new")


async def test_who_still_waits_in_the_queue_hears_the_new_model(switching: Switching) -> None:
    """A prompt that the old model had not begun to answer is put to the new one."""
    backend = switching.backend(grace_seconds=0)
    running = backend.stream(user("endless"), GenerationOptions())
    await anext(running)
    queued = asyncio.create_task(say(backend, "say:x"))
    await until(lambda: switching.made[0].waiting == 1)
    change = asyncio.create_task(backend.switch(NEW))
    with pytest.raises(BackendUnavailable):
        async for _ in running:
            pass
    await change
    assert await queued == ("x", "new")


async def test_an_error_of_the_model_stays_what_it_is(switching: Switching) -> None:
    """Only an exchange is told as one, also after an earlier exchange."""
    backend = switching.backend()
    with pytest.raises(BackendRejected):
        await say(backend, "reject")
    await backend.switch(NEW)
    with pytest.raises(BackendUnavailable, match="stopped unexpectedly"):
        await say(backend, "say:a crash")


async def test_an_exchange_that_is_called_off_leaves_the_old_model(switching: Switching) -> None:
    """Ending the program in the middle leaves no process behind."""
    backend = switching.backend()
    change = asyncio.create_task(backend.switch(LocalChoice("silent")))
    await until(lambda: len(switching.made) == 2 and switching.made[1].pid is not None)
    loading = switching.made[1].pid
    assert loading is not None
    change.cancel()
    with pytest.raises(asyncio.CancelledError):
        await change
    assert is_gone(loading)
    assert await say(backend, "say:b") == ("b", "old")
