"""What the app adds to the bare openai client, on the same endpoint in one run.

``python run.py bench streaming`` starts a fake endpoint and the app, each in a
process of its own, and asks both ways by turns: through ``openai.AsyncOpenAI``
alone, and through the whole app over a browser's socket protocol (history,
router, gate and interface included). Targets: median time to first token at most
40 ms more; throughput at least 0.8 of the client's.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openai import AsyncOpenAI

from tests.chat_client import ChatTab
from tests.serving import serving

QUESTION = "Explain how tides come about, in detail please."
FIRST_TOKEN_TARGET_MS = 40.0
THROUGHPUT_TARGET = 0.8


@dataclass(frozen=True, slots=True)
class Taken:
    """One answer: seconds to its first piece and to its end."""

    first: float
    whole: float


@contextmanager
def endpoint(tokens: int, delay_ms: float = 0.0) -> Iterator[str]:
    """The fake endpoint in its own process; its base URL."""
    command = [sys.executable, "-m", "tests.fakes.openai_server", "--port", "0"]
    command += ["--tokens", str(tokens), "--delay-ms", str(delay_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def bare(client: AsyncOpenAI) -> Taken:
    """One answer through the openai client alone."""
    begun, first = time.perf_counter(), 0.0
    stream = await client.chat.completions.create(
        model="fake",
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in stream:
        if not first and chunk.choices and chunk.choices[0].delta.content:
            first = time.perf_counter() - begun
    return Taken(first, time.perf_counter() - begun)


async def through_app(tab: ChatTab) -> Taken:
    """One answer through the whole app, in a tab of its own conversation."""
    known = {answer["id"] for answer in tab.answers()}

    def fresh() -> list[str]:
        return [a["output"] for a in tab.answers() if a["id"] not in known]

    begun = time.perf_counter()
    await tab.send(QUESTION, "cloud")
    await tab.until(lambda: any(fresh()))
    first = time.perf_counter() - begun
    await tab.until(lambda: len(tab.elements) > len(known), 300)
    return Taken(first, time.perf_counter() - begun)


async def first_token(url: str, folder: Path, rounds: int) -> tuple[float, float]:
    """Median milliseconds to the first token: bare, through the app; by turns."""
    client = AsyncOpenAI(base_url=url, api_key="sk-x")
    direct, app = [], []
    async with serving(folder, NEARSIDE_CLOUD_URL=url, NEARSIDE_CLOUD_API_KEY="sk-x") as server:
        async with ChatTab(server.url) as warm:
            await through_app(warm)
        await bare(client)
        for _ in range(rounds):
            direct.append((await bare(client)).first * 1000)
            async with ChatTab(server.url) as tab:
                app.append((await through_app(tab)).first * 1000)
    await client.close()
    return statistics.median(direct), statistics.median(app)


async def throughput(
    url: str, folder: Path, conversations: int, tokens: int, rounds: int
) -> tuple[float, float]:
    """Median tokens/s of ``conversations`` at once: bare, through the app; by turns."""
    client = AsyncOpenAI(base_url=url, api_key="sk-x", timeout=300)
    direct, app = [], []

    async def rate(ask: Callable[[int], Awaitable[Taken]]) -> float:
        begun = time.perf_counter()
        await asyncio.gather(*(ask(number) for number in range(conversations)))
        return conversations * tokens / (time.perf_counter() - begun)

    async with serving(folder, NEARSIDE_CLOUD_URL=url, NEARSIDE_CLOUD_API_KEY="sk-x") as server:
        for _ in range(rounds):
            direct.append(await rate(lambda number: bare(client)))
            tabs = [await ChatTab(server.url).__aenter__() for _ in range(conversations)]
            app.append(await rate(lambda number: through_app(tabs[number])))  # noqa: B023
            for tab in tabs:
                await tab.__aexit__()
    await client.close()
    return statistics.median(direct), statistics.median(app)


async def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30, help="prompts for the first token")
    parser.add_argument("--tokens", type=int, default=4000, help="length of an answer, 1 at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with endpoint(20, 5) as url:
            direct, app = await first_token(url, Path(folder) / "first", options.rounds)
        print(
            f"first token, 1 conversation:   bare {direct:6.1f} ms   app {app:6.1f} ms   ", end=""
        )
        print(f"added {app - direct:5.1f} ms (target < {FIRST_TOKEN_TARGET_MS:.0f})")
        for conversations, tokens in ((1, options.tokens), (50, options.tokens // 10)):
            with endpoint(tokens) as url:
                where = Path(folder) / f"rate-{conversations}"
                direct, app = await throughput(url, where, conversations, tokens, 3)
            print(f"throughput, {conversations:2} at once:  bare {direct:7.0f} tokens/s   ", end="")
            print(f"app {app:7.0f} tokens/s   ratio {app / direct:.2f}", end="")
            print(f" (target >= {THROUGHPUT_TARGET})")


if __name__ == "__main__":
    asyncio.run(main())
