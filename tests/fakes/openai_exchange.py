"""One request to the fake endpoint and what goes back, down to the byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tests.fakes.openai_wire import frame

JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"


class ClientGone(Exception):
    """The client closed its connection before the answer was complete."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body; empty if there is none."""
        loaded: dict[str, Any] = json.loads(self.raw) if self.raw else {}
        return loaded

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation in the body."""
        found: list[dict[str, Any]] = self.body.get("messages", [])
        return found


class Reader(asyncio.StreamReader):
    """A reader that tells when the client has closed its side."""

    def __init__(self) -> None:
        super().__init__()
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()


class Exchange:
    """Writes one response. The connection stays open unless :meth:`cut` is called."""

    def __init__(self, received: Received, reader: Reader, writer: asyncio.StreamWriter) -> None:
        self.received = received
        self._reader = reader
        self._writer = writer

    async def json(
        self, status: int, body: object, headers: Mapping[str, str] | None = None
    ) -> None:
        """A whole JSON response."""
        await self.whole(
            status, json.dumps(body).encode(), {"Content-Type": JSON, **(headers or {})}
        )

    async def whole(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """A whole response of any kind."""
        self._head(status, {**headers, "Content-Length": str(len(body))})
        self._writer.write(body)
        await self.flush()

    async def start(self, content_type: str = SSE) -> None:
        """The head of a stream of events; chunked."""
        self._head(200, {"Content-Type": content_type, "Transfer-Encoding": "chunked"})

    async def start_until_closed(self) -> None:
        """The head of a stream whose end is the end of the connection."""
        self._head(200, {"Content-Type": SSE, "Connection": "close"})

    async def send(self, data: bytes) -> None:
        """One chunk of the stream."""
        self._writer.write(frame(data))
        await self.flush()

    async def send_raw(self, data: bytes) -> None:
        """Bytes that are framed already, or need no frame."""
        self._writer.write(data)
        await self.flush()

    async def end(self) -> None:
        """The proper end of a chunked stream."""
        self._writer.write(b"0\r\n\r\n")
        await self.flush()

    async def flush(self) -> None:
        if self._reader.gone.is_set():
            raise ClientGone
        await self._writer.drain()

    async def pause(self, seconds: float | None) -> None:
        """Wait, or for ever with ``None``, but not longer than the client does."""
        if seconds == 0:
            return
        try:
            await asyncio.wait_for(self._reader.gone.wait(), seconds)
        except TimeoutError:
            return
        raise ClientGone

    def cut(self) -> None:
        """Close the connection at once."""
        self._writer.close()

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
