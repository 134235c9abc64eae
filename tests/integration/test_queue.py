"""Several conversations before one local engine, through the real program."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from tests.chat_client import PATIENCE, ChatTab
from tests.serving import Server

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


@contextmanager
def held_engine(server: Server) -> Iterator[None]:
    """The engine's process does nothing meanwhile, as if its answer were very long."""
    pid = server.process.pid
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [int(c) for task in tasks for c in (task / "children").read_text("utf-8").split()]
    engines = [c for c in children if b"local.worker" in Path(f"/proc/{c}/cmdline").read_bytes()]
    assert len(engines) == 1
    os.kill(engines[0], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(engines[0], signal.SIGCONT)


async def queued(tab: ChatTab, count: int) -> None:
    """Wait until the engine has ``count`` prompts in hand."""
    async with asyncio.timeout(PATIENCE):
        while (await tab.http.get("/api/health")).json()["local"]["queue"] != count:  # noqa: ASYNC110 - asked from outside
            await asyncio.sleep(0.02)


async def shows(tab: ChatTab, notice: str) -> None:
    """Wait until ``notice`` stands where the answer will."""
    await tab.until(lambda: notice in [answer["output"] for answer in tab.answers()])


async def test_who_waits_for_the_local_model_sees_the_place(shared_server: Server) -> None:
    """Two conversations wait for a third; the answer takes the place of the notice."""
    async with AsyncExitStack() as stack:
        running, first, second = [
            await stack.enter_async_context(ChatTab(shared_server.url, language=language))
            for language in ("en-US", "en-US", "de-DE")
        ]
        await running.ask("Hello!", "local")  # the engine runs from here on
        with held_engine(shared_server):
            await running.send("Hello!", "local")
            await queued(running, 1)
            await first.send("Hello!", "local")
            await shows(first, "Waiting, 1 answer before yours …")
            await second.send("Hello!", "local")
            await shows(second, "Wartet, 2 Antworten vor Ihrer …")
            await first.stop()
            await shows(second, "Wartet, 1 Antwort vor Ihrer …")
        assert (await first.finished())["output"] == ""
        answer = await second.finished()
        line = second.line(answer)
        assert line is not None
        assert (line["status"], line["route"]) == ("complete", "local")
        assert answer["output"]
        assert "vor Ihrer" not in answer["output"]
