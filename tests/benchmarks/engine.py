"""The local engine against the libraries below it, side by side in one run.

``python run.py bench engine --build PYTHON`` makes a model of random weights, of the
make of half a Llama-3.2-1B or (``--shape qwen``) of Qwen2.5-0.5B, in ``build/random-llama``
or ``build/random-qwen`` (``PYTHON`` is one with the packages of ``training/requirements.txt``;
later runs need no ``--build``) and measures:

* a conversation of ten turns, 200 tokens of question and 50 of answer each,
  through the engine and through Foundry Local's ``ChatSession``, by turns. Between
  two turns a person reads the answer for ``--pause`` seconds; once more without;
* decoding against the loop of ONNX Runtime GenAI's examples, by turns;
* how late an event loop is in which the engine loads and answers, and how late
  one with nothing to do is on the same machine meanwhile;
* how soon the engine is free again when an answer is cancelled.

Linux only: it looks into ``/proc``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

from services.backends.local.engine import LocalEngineBackend
from services.backends.local.model_ref import ModelRef
from services.domain import Finish, GenerationOptions, Message, Role, Token
from tests.benchmarks._rivals import (
    BLOCKED_SECONDS,
    Answer,
    Rival,
    Ticker,
    bare_loop,
    chat_session,
    idle_loop,
)

ROOT = Path(__file__).parents[2]
SHAPES = ("llama", "qwen")
"""What ``training.random_model`` can make."""
TURNS = 10
ANSWER_TOKENS = 50
QUESTION_WORDS = 70
"""About 200 tokens of the built-in model's tokenizer."""
WORDS = ("river", "summer", "window", "copper", "garden", "lantern", "harbour", "thunder")
PARTS = ("blocking", "cancelling", "decoding", "hurry", "conversation")
NOTHING = Answer(0, 0, 0, 0, 0)
Chance = random.Random


def question(chance: Chance, words: int = QUESTION_WORDS) -> str:
    """A question that nobody has asked before."""
    return " ".join(chance.choices(WORDS, k=words))


async def answered(
    engine: LocalEngineBackend, messages: Sequence[Message], tokens: int
) -> tuple[str, Answer]:
    """The engine's greedy answer, and how long it took."""
    text, first, work, count = "", 0.0, 0.0, 0
    begun, worked = time.perf_counter(), processor_seconds(engine.pid)
    options = GenerationOptions(max_tokens=tokens, temperature=0.0)
    async with aclosing(engine.stream(messages, options)) as stream:
        async for event in stream:
            if isinstance(event, Token):
                first = first or time.perf_counter() - begun
                work = work or processor_seconds(engine.pid) - worked
                text += event.text
            elif isinstance(event, Finish):
                count = event.usage.completion_tokens
    whole, work_whole = time.perf_counter() - begun, processor_seconds(engine.pid) - worked
    return text, Answer(first, whole, count, work, work_whole)


Turn = tuple[Answer, Answer | None]


async def conversation(
    engine: LocalEngineBackend, session: Rival | None, chance: Chance, pause: float
) -> list[Turn]:
    """The answers by turn: the engine's and the session's."""
    messages: list[Message] = []
    turns: list[Turn] = []
    for number in range(TURNS):
        asked = question(chance)
        messages.append(Message(Role.USER, asked))
        text, ours = await answered(engine, messages, ANSWER_TOKENS)
        messages.append(Message(Role.ASSISTANT, text))
        await asyncio.sleep(pause)
        theirs = await session.ask((asked, ANSWER_TOKENS)) if session else None
        turns.append((ours, theirs))
        print(f"  turn {number + 1}: {ours.first:.1f} s", end="", flush=True)
        print(f", {theirs.first:.1f} s" if theirs else "", flush=True)
    return turns


def report_conversation(name: str, runs: list[list[Turn]]) -> None:
    """Medians over the runs, by turn, by the clock and in processor time."""
    for measure in ("first", "work"):
        ours, theirs = (
            [
                statistics.median(getattr(run[turn][side] or NOTHING, measure) for run in runs)
                for turn in range(TURNS)
            ]
            for side in (0, 1)
        )
        kind = "seconds" if measure == "first" else "seconds of processor time"
        print(f"{name}: {kind} to the first token, turns 1 to {TURNS}")
        print("  engine     ", *(f"{seconds:6.2f}" for seconds in ours))
        if any(theirs):
            print("  ChatSession", *(f"{seconds:6.2f}" for seconds in theirs))
            print(f"  turn {TURNS}: {theirs[-1] / ours[-1]:.1f} times faster (target >= 5)")
        print(f"  turn {TURNS} / turn 1: {ours[-1] / ours[0]:.2f} (target <= 1.3)", flush=True)


async def decoding(directory: Path, data: Path, chance: Chance, rounds: int) -> None:
    """Tokens per second of both, by turns, each time with new processes.

    Two processes with the same model differ by some hundredths for as long as they
    live, probably by where their memory lies; so one pair of processes would not do.
    """
    ours, theirs = [], []
    for number in range(rounds):
        engine = LocalEngineBackend(ModelRef("random", directory), data / f"decoding-{number}")
        async with Rival(bare_loop, directory) as bare:
            for _ in range(2):
                asked = question(chance)
                theirs.append(await bare.ask((asked, 128)))
                ours.append((await answered(engine, [Message(Role.USER, asked)], 128))[1])
        await engine.aclose()
    for name in ("rate", "clock_rate"):
        own, bare_rates = ([getattr(a, name) for a in side] for side in (ours, theirs))
        ratio = statistics.median(a / b for a, b in zip(own, bare_rates, strict=True))
        kind = "processor time" if name == "rate" else "the clock"
        print(f"decoding, a second of {kind}: engine {statistics.median(own):.1f} tokens, ", end="")
        print(f"bare loop {statistics.median(bare_rates):.1f}, ", end="")
        print(f"median ratio {ratio:.2f} (target >= 0.95)")


async def blocking(directory: Path, data: Path, chance: Chance) -> None:
    """How late the loop is while the engine loads, reads and writes."""
    async with Rival(idle_loop) as idle:
        await idle.ask(None)
        async with Ticker() as ticker:
            engine = LocalEngineBackend(ModelRef("random", directory), data)
            for _ in range(3):
                await answered(engine, [Message(Role.USER, question(chance, 200))], 128)
            await engine.aclose()
        alone = await idle.ask(None)
    for name, gaps in (("with the engine", ticker.gaps), ("an idle process", alone)):
        late = sum(gap > BLOCKED_SECONDS for gap in gaps)
        print(f"event loop, {name}: latest {max(gaps) * 1000:.1f} ms, ", end="")
        print(f"{late} of {len(gaps)} ticks over {BLOCKED_SECONDS * 1000:.0f} ms late")


async def cancelling(engine: LocalEngineBackend, chance: Chance, times: int) -> None:
    """Milliseconds from a cancellation to a free engine, while reading and writing.

    A sample counts if the engine was at work and was not restarted for its silence,
    which is told apart, because a machine that is too busy ends in it.
    """
    for doing, words, tokens in (("reading", 600, 1), ("writing", 10, 500)):
        taken, work, restarts = [], [], 0
        for _ in range(times):
            await engine.warm_up()
            pid = engine.pid
            asked = [Message(Role.USER, question(chance, words))]
            task = asyncio.create_task(answered(engine, asked, tokens))
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            if task.done():
                continue
            begun, worked = time.perf_counter(), processor_seconds(pid)
            task.cancel()
            await asyncio.wait([task])
            while engine.busy:  # noqa: ASYNC110 - asked from outside, as the next prompt would
                await asyncio.sleep(0.001)
            if engine.pid == pid:
                taken.append((time.perf_counter() - begun) * 1000)
                work.append((processor_seconds(pid) - worked) * 1000)
            restarts += engine.pid != pid
        if not taken:
            raise RuntimeError(f"no answer could be cancelled while {doing}")
        print(f"cancelled while {doing}: free after {statistics.median(taken):.0f} ms ", end="")
        print(f"(median of {len(taken)}), at most {max(taken):.0f} ms (target <= 200); ", end="")
        print(
            f"processor time {statistics.median(work):.0f} ms, at most {max(work):.0f} ms; ", end=""
        )
        print(f"restarted instead: {restarts}", flush=True)


def resident_mib(pid: int | None) -> int:
    """Memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def processor_seconds(pid: int | None) -> float:
    """Processor time that a process has used; none if it is still to be started."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(options: argparse.Namespace, model: Path, data: Path) -> None:
    """All that was asked for, one after another."""
    chance = random.Random(options.seed)
    wanted = options.only or PARTS
    if "blocking" in wanted:
        await blocking(model, data / "blocking", chance)
    if "decoding" in wanted:
        await decoding(model, data, chance, 4 * options.rounds)
    engine = LocalEngineBackend(ModelRef("random", model), data / "engine")
    await engine.warm_up()
    if "cancelling" in wanted:
        await cancelling(engine, chance, 10 * options.rounds)
    if "hurry" in wanted:
        hasty = [await conversation(engine, None, chance, 0) for _ in range(options.rounds)]
        report_conversation("without a moment to read", hasty)
    if "conversation" in wanted:
        runs = []
        for number in range(options.rounds):
            async with AsyncExitStack() as stack:
                rival = Rival(chat_session, model, data / f"session-{number}")
                session = None if options.alone else await stack.enter_async_context(rival)
                runs.append(await conversation(engine, session, chance, options.pause))
        report_conversation(f"with {options.pause:.0f} s to read an answer", runs)
    print(f"memory of the engine's process: {resident_mib(engine.pid)} MiB")
    await engine.aclose()


async def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=PARTS, action="append", help="may be given repeatedly")
    parser.add_argument("--shape", choices=SHAPES, default="llama", help="of the random model")
    parser.add_argument("--model", type=Path, help="another ONNX Runtime GenAI folder")
    parser.add_argument("--build", metavar="PYTHON", help="make the model with this Python first")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pause", type=float, default=4.0, help="seconds between two turns")
    parser.add_argument("--alone", action="store_true", help="leave out ChatSession, it is slow")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    model = (options.model or ROOT / "build" / f"random-{options.shape}").resolve()
    if options.build:
        command = [options.build, "-m", "training.random_model", str(model)]
        command += ["--shape", options.shape]
        await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=True)
    if not (model / "genai_config.json").is_file():
        parser.error(f"there is no model in {model}; make one with --build PYTHON")
    with tempfile.TemporaryDirectory() as folder:
        await measure(options, model, Path(folder))


if __name__ == "__main__":
    asyncio.run(main())
