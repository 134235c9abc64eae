"""Pull the plug many times: is any message lost?

``python run.py bench crash`` asks for long answers, kills the app with SIGKILL
at a random moment of the streaming, starts it again on the same data and looks
whether prompt and partial answer are there. Lost: a prompt whose answer had
begun to show, or more than the last two seconds of an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from pathlib import Path

from tests.chat_client import ChatTab
from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import Server, start

TOKENS_PER_SECOND = 100
GRACE_SECONDS = 2.0
"""An answer is stored once a second; a second more for a busy machine."""


async def crash_once(server: Server, seconds: float, number: int) -> tuple[str, str, str]:
    """Ask, wait, kill; thread, prompt and the answer that the tab had shown."""
    prompt = f"Question {number}: explain how tides come about, in detail please."
    async with ChatTab(server.url) as tab:
        await tab.send(prompt, "cloud")
        await tab.until(lambda: bool(tab.thread and any(a["output"] for a in tab.answers())))
        await asyncio.sleep(seconds)
        server.kill()
        return tab.thread, prompt, tab.answers()[-1]["output"]


async def lost(server: Server, thread: str, prompt: str, shown: str) -> str | None:
    """What a restarted app has lost of a conversation; ``None`` for nothing."""
    async with ChatTab(server.url, thread=thread) as tab:
        await tab.until(lambda: tab.resumed is not None)
        messages = [m["output"] for m in tab.messages.values() if "message" in m["type"]]
    if not messages or messages[0] != prompt:
        return "the prompt"
    missing = len(shown.split()) - len([*messages, ""][1].split())
    if missing > GRACE_SECONDS * TOKENS_PER_SECOND:
        return f"{missing} words of the answer"
    return None


async def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    words = tuple(f"word{i} " for i in range(100_000))
    losses = 0
    with tempfile.TemporaryDirectory() as folder:
        async with FakeOpenAI(Script(pieces=words, delay=1 / TOKENS_PER_SECOND)) as cloud:
            settings = {"NEARSIDE_CLOUD_URL": cloud.url, "NEARSIDE_CLOUD_API_KEY": "sk-x"}
            data = Path(folder) / "data"
            server = start(data, **settings)
            await server.started()
            try:
                for number in range(options.times):
                    seconds = chance.uniform(0.0, 4.0)
                    thread, prompt, shown = await crash_once(server, seconds, number)
                    server = start(data, **settings)
                    await server.started()
                    loss = await lost(server, thread, prompt, shown)
                    losses += loss is not None
                    print(f"{number + 1:3}  killed after {seconds:.1f} s: lost {loss or 'nothing'}")
            finally:
                await server.end()
    print(f"{losses} of {options.times} crashes lost a message")
    raise SystemExit(losses > 0)


if __name__ == "__main__":
    asyncio.run(main())
