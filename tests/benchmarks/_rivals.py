"""What the local engine is measured against, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from services.backends.local.cores import physical_cores

TICK_SECONDS = 0.002
BLOCKED_SECONDS = 0.02
_END_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """Seconds to the first piece and to the end, and the number of tokens.

    ``work`` and ``work_whole`` are the same in processor time: on a busy machine
    that says what an answer costs, while the clock says who else is there.
    """

    first: float
    whole: float
    tokens: int
    work: float
    work_whole: float

    @property
    def rate(self) -> float:
        """Tokens per second of processor time after the first one."""
        return (self.tokens - 1) / (self.work_whole - self.work)

    @property
    def clock_rate(self) -> float:
        """Tokens per second by the clock after the first one."""
        return (self.tokens - 1) / (self.whole - self.first)


class Rival:
    """A process that runs ``serve(connection, *arguments)``, for ``async with``."""

    def __init__(self, serve: Callable[..., None], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, *arguments), daemon=True)

    async def __aenter__(self) -> Self:
        self._process.start()
        await asyncio.to_thread(self._connection.recv)  # it says that it is ready
        return self

    async def __aexit__(self, *reason: object) -> None:
        self._connection.close()
        await asyncio.to_thread(self._process.join, _END_SECONDS)
        if self._process.exitcode is None:
            self._process.kill()

    async def ask(self, request: Any) -> Any:
        """Its reply to ``request``, waited for in a thread."""
        self._connection.send(request)
        return await asyncio.to_thread(self._connection.recv)


def chat_session(connection: Connection, directory: Path, app_data: Path) -> None:
    """One conversation of Foundry Local's ``ChatSession``; requests are (text, tokens)."""
    from foundry_local_sdk import ChatSession, MessageItem, Request, RequestOptions, SearchOptions

    from services.backends.local.foundry_runtime import FoundryRuntime

    runtime = FoundryRuntime(directory, app_data)
    with ChatSession(runtime._model) as session:
        session.set_streaming(True)
        connection.send(None)
        for text, tokens in _requests(connection):
            with Request() as request:
                request.add_item(MessageItem.user(text))
                search = SearchOptions(do_sample=False, max_output_tokens=tokens)
                request.set_options(RequestOptions(search=search))
                begun, worked, first, work = time.perf_counter(), time.process_time(), 0.0, 0.0
                with session.process_streaming_request(request) as stream:
                    for _ in stream:
                        first = first or time.perf_counter() - begun
                        work = work or time.process_time() - worked
                    with stream.final_response as final:
                        count = final.get_usage().completion_tokens
                connection.send(_answer(begun, worked, first, work, count))


def bare_loop(connection: Connection, directory: Path) -> None:
    """The loop of ONNX Runtime GenAI's own examples; requests are (text, tokens).

    It computes with as many threads as the engine.
    """
    import onnxruntime_genai as og  # type: ignore[import-untyped]

    configured = og.Config(str(directory))
    session = {"intra_op_num_threads": physical_cores()}
    configured.overlay(json.dumps({"model": {"decoder": {"session_options": session}}}))
    model = og.Model(configured)
    tokenizer = og.Tokenizer(model)
    connection.send(None)
    for text, tokens in _requests(connection):
        prompt = tokenizer.encode(f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n")
        parameters = og.GeneratorParams(model)
        parameters.set_search_options(do_sample=False, max_length=len(prompt) + tokens)
        generator, stream = og.Generator(model, parameters), tokenizer.create_stream()
        begun, worked, first, work, count = time.perf_counter(), time.process_time(), 0.0, 0.0, 0
        generator.append_tokens(prompt)
        while not generator.is_done():
            generator.generate_next_token()
            stream.decode(generator.get_next_tokens()[0])
            first = first or time.perf_counter() - begun
            work = work or time.process_time() - worked
            count += 1
        connection.send(_answer(begun, worked, first, work, count))


def idle_loop(connection: Connection) -> None:
    """An event loop with nothing to do: what the machine alone delays.

    The first request begins a measurement, the second ends it.
    """

    async def serve() -> None:
        while True:
            await asyncio.to_thread(connection.recv)
            connection.send(None)
            async with Ticker() as ticker:
                await asyncio.to_thread(connection.recv)
            connection.send(ticker.gaps)

    connection.send(None)
    try:
        asyncio.run(serve())
    except EOFError:
        return


class Ticker:
    """Wakes every few milliseconds; ``gaps`` are the seconds that it came too late."""

    def __init__(self) -> None:
        self.gaps: list[float] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *reason: object) -> None:
        self._task.cancel()

    async def _tick(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.perf_counter()
            self.gaps.append(now - last - TICK_SECONDS)
            last = now


def _answer(begun: float, worked: float, first: float, work: float, count: int) -> Answer:
    whole, work_whole = time.perf_counter() - begun, time.process_time() - worked
    return Answer(first, whole, count, work, work_whole)


def _requests(connection: Connection) -> Any:
    while True:
        try:
            yield connection.recv()
        except EOFError:
            return
