"""Engines with a fake worker, and helpers to look at processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest

from services.backends.local.engine import LocalEngineBackend
from services.backends.local.model_ref import ModelRef
from services.domain import Finish, GenerationOptions, Message, Role, StreamEvent, Token

FAKE = (sys.executable, "-m", "tests.unit.backends.local.fake_worker")
MakeEngine = Callable[..., LocalEngineBackend]


@pytest.fixture
async def make_engine(tmp_path: Path) -> AsyncIterator[MakeEngine]:
    """Makes engines with the fake worker (or ``command``) and closes them afterwards."""
    async with AsyncExitStack() as stack:

        def make(name: str = "fine", **options: object) -> LocalEngineBackend:
            model = ModelRef(name, tmp_path)
            arguments = {"command": FAKE, **options}
            engine = LocalEngineBackend(model, tmp_path, **arguments)  # type: ignore[arg-type]
            stack.push_async_callback(engine.aclose)
            return engine

        yield make


def user(text: str) -> tuple[Message, ...]:
    """A conversation of one prompt."""
    return (Message(Role.USER, text),)


def ask(
    engine: LocalEngineBackend, text: str, **options: object
) -> AsyncGenerator[StreamEvent, None]:
    """The stream for one prompt."""
    return engine.stream(user(text), GenerationOptions(**options))  # type: ignore[arg-type]


async def whole(stream: AsyncGenerator[StreamEvent, None]) -> tuple[str, Finish]:
    """The text and the end of a stream."""
    text, finish = "", None
    async with aclosing(stream):
        async for event in stream:
            if isinstance(event, Token):
                text += event.text
            elif isinstance(event, Finish):
                finish = event
    assert finish is not None
    return text, finish


def is_gone(pid: int) -> bool:
    """Whether the process has ended; a zombie that nobody fetched counts as ended."""
    if sys.platform != "linux":
        listed = subprocess.run(["/bin/ps", "-p", str(pid)], capture_output=True, check=False)
        return listed.returncode != 0
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in {"Z", "X"}


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until ``condition`` holds; fails after ``seconds``."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - a process's end sets no event
            await asyncio.sleep(0.005)
