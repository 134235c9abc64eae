"""A fake OpenAI endpoint: a real HTTP server on 127.0.0.1.

In a test::

    async with FakeOpenAI() as server:
        server.script.behaviour = "busy"
        ... # ask server.url; look at server.requests

By hand or for a benchmark::

    python -m tests.fakes.openai_server --port 8081 --tokens 500 --delay-ms 2

Written on bare asyncio streams, because it must be faster than the clients
that are measured against it, and able to break HTTP where a test wants that.
"""

from __future__ import annotations

import argparse
import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from tests.fakes.openai_behaviours import BEHAVIOURS, Script
from tests.fakes.openai_exchange import ClientGone, Exchange, Reader, Received

PATIENCE = 10.0
"""Seconds after which :meth:`FakeOpenAI.until` gives up: the test has failed."""


class _NotHttp(Exception):
    """The client speaks something else, such as TLS."""


class FakeOpenAI:
    """The server. ``requests`` are all that arrived, oldest first.

    ``abandoned`` counts answers whose client went away before their end;
    ``connections`` all connections that were opened.
    """

    def __init__(self, script: Script | None = None, port: int = 0) -> None:
        self.script = script or Script()
        self.requests: list[Received] = []
        self.connections = 0
        self.abandoned = 0
        self._port = port
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The base URL to give to a client."""
        return f"{self.origin}/v1"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        # A connection accepted a moment ago becomes a task within two turns of the loop; else
        # its socket would be left to the collector, which tells some later test of it.
        for _ in range(3):
            await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds; it is looked at after every exchange."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(condition)

    def _connection(self) -> asyncio.StreamReaderProtocol:
        self.connections += 1
        reader = Reader()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return asyncio.StreamReaderProtocol(reader, connected)

    async def _serve(self, reader: Reader, writer: asyncio.StreamWriter) -> None:
        """All exchanges of one connection."""
        try:
            while not writer.is_closing():
                received = await _receive(reader)
                self.requests.append(received)
                try:
                    await self._answer(Exchange(received, reader, writer))
                except (ClientGone, ConnectionError):
                    self.abandoned += 1
                    return
                finally:
                    async with self._changed:
                        self._changed.notify_all()
        except _NotHttp:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, exchange: Exchange) -> None:
        async with self._changed:
            self._changed.notify_all()
        path = exchange.received.path.partition("?")[0]
        if path.endswith("/models"):
            model = {"id": self.script.model, "object": "model", "owned_by": "fake"}
            await exchange.json(200, {"object": "list", "data": [model]})
        elif path.endswith("/chat/completions"):
            await BEHAVIOURS[self.script.behaviour](exchange, self.script)
        else:
            await BEHAVIOURS["wrong_path"](exchange, self.script)


async def _receive(reader: Reader) -> Received:
    first = await reader.readexactly(1)
    if not first.isalpha():
        raise _NotHttp
    head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request_line, *lines = head.strip().split("\r\n")
    method, path, _ = request_line.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body)


@contextmanager
def running_in_thread(script: Script | None = None) -> Iterator[FakeOpenAI]:
    """The server in a thread and loop of its own, for tests that are not async."""
    loop = asyncio.new_event_loop()
    server = FakeOpenAI(script)
    thread = threading.Thread(target=loop.run_forever, name="fake-openai", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(PATIENCE)
        yield server
        leaving = server.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(leaving, loop).result(PATIENCE)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


async def _run(script: Script, port: int) -> None:
    async with FakeOpenAI(script, port) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0, help="0: any free one, printed at the start")
    parser.add_argument("--tokens", type=int, default=100, help="pieces of each answer")
    parser.add_argument("--delay-ms", type=float, default=0.0, help="pause before each piece")
    parser.add_argument("--first-delay-ms", type=float, default=0.0)
    parser.add_argument("--behaviour", choices=sorted(BEHAVIOURS), default="stream")
    options = parser.parse_args()
    script = Script(
        behaviour=options.behaviour,
        pieces=tuple(f"token{i % 10} " for i in range(options.tokens)),
        delay=options.delay_ms / 1000,
        first_delay=options.first_delay_ms / 1000,
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(script, options.port))


if __name__ == "__main__":
    main()
