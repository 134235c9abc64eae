"""The built-in guide through the app's own local engine: loading, speed, memory.

``python run.py bench guide`` asks held-out prompts one after the other, each in a
conversation of its own, with either runtime, and compares what the two say.
Targets: load under 1 s, first token under 150 ms, at least 150 tokens/s, engine's
resident memory under 400 MB, equal answers. The load is what :meth:`warm_up` takes,
the start of the engine's process included.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from services.backends.local.engine import LocalEngineBackend
from services.backends.local.model_ref import resolve_model
from services.domain import Finish, GenerationOptions, Message, Role, Token
from services.local_choice import BUILTIN
from training.heldout import cases


@dataclass(frozen=True, slots=True)
class Taken:
    """One answer: its text, its tokens, seconds to the first and to the end."""

    text: str
    tokens: int
    first: float
    whole: float


async def ask(engine: LocalEngineBackend, turns: list[tuple[str, str]], name: str) -> Taken:
    """One greedy answer."""
    messages = [Message(Role(role), content) for role, content in turns]
    options = GenerationOptions(temperature=0.0, conversation=name)
    begun, first, text, tokens = time.perf_counter(), 0.0, "", 0
    async with aclosing(engine.stream(messages, options)) as events:
        async for event in events:
            if isinstance(event, Token):
                first = first or time.perf_counter() - begun
                text += event.text
            elif isinstance(event, Finish) and event.usage is not None:
                tokens = event.usage.completion_tokens
    return Taken(text, tokens, first, time.perf_counter() - begun)


def resident_mb(pid: int) -> float:
    """Memory of a process that is in RAM, in MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def measure(runtime: str, prompts: int) -> list[Taken]:
    """Load the guide with one runtime, ask it, print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        engine = LocalEngineBackend(resolve_model(BUILTIN), Path(folder), runtime=runtime)
        try:
            begun = time.perf_counter()
            await engine.warm_up()
            load = time.perf_counter() - begun
            taken = [
                await ask(engine, case.turns, str(number))
                for number, case in enumerate(cases()[:: max(1, len(cases()) // prompts)])
            ]
            memory = resident_mb(engine.pid) if engine.pid else 0.0
        finally:
            await engine.aclose()
    first = 1000 * statistics.median(t.first for t in taken)
    speeds = [t.tokens / (t.whole - t.first) for t in taken if t.tokens > 10]
    print(
        f"{runtime:8} start and load {load:.2f} s, first token {first:.0f} ms (median of"
        f" {len(taken)}), {statistics.median(speeds):.0f} tokens/s, {memory:.0f} MB resident"
    )
    return taken


async def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=60)
    prompts = parser.parse_args().prompts
    direct = await measure("onnx", prompts)
    foundry = await measure("foundry", prompts)
    same = sum(a.text.strip() == b.text.strip() for a, b in zip(direct, foundry, strict=True))
    print(f"equal answers {same} of {len(direct)}")


if __name__ == "__main__":
    asyncio.run(main())
