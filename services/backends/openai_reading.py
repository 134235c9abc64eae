"""Reads one response of an OpenAI-compatible server, whatever state it is in."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import httpx2

from services.backends.openai_errors import Faults
from services.backends.openai_stream import DONE, Answer, ErrorInStream, EventReader, NotAStream
from services.errors import (
    BackendError,
    BackendProtocolError,
    BackendTimeout,
    BackendUnavailable,
)

_USAGE_SECONDS = 5.0
"""How long the figures may take that follow the end of an answer."""
_DRAIN_SECONDS = 0.1
"""How long the end of a finished response may take; in time, its connection is kept."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds: to connect, until the first sign of an answer, and between two signs.

    A sign is an event of the stream, thinking included; a comment that keeps
    the connection open is none before the first token.
    """

    connect: float = 5.0
    first_token: float = 60.0
    between_tokens: float = 60.0


class Reading:
    """The texts of one response, and in ``answer`` what else it told.

    ``deadline`` is the event loop's time by which the first event must be here.
    """

    def __init__(
        self, response: httpx2.Response, faults: Faults, timeouts: Timeouts, deadline: float
    ) -> None:
        self.answer = Answer()
        self._response = response
        self._faults = faults
        self._timeouts = timeouts
        self._deadline = deadline
        self._begun = False
        self._end: float | None = None

    async def texts(self) -> AsyncGenerator[str, None]:
        """The pieces of the answer; returns when it is complete.

        Raises:
            BackendError: it broke off, stalled, reported an error or is no
                answer; what came before has been yielded.
        """
        kind = self._response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/html":
            raise self._fault(BackendProtocolError, "html")
        async with aclosing(self._response.aiter_bytes()) as arriving:
            pieces = self._whole(arriving) if kind == "application/json" else self._stream(arriving)
            async with aclosing(pieces) as texts:
                async for text in texts:
                    yield text

    async def _stream(self, arriving: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
        reader, answer, start = EventReader(), self.answer, b""
        try:
            while (data := await self._next(arriving)) is not None:
                if not start:
                    start = data = data.removeprefix(_BYTE_ORDER_MARK)
                for event in reader.feed(data):
                    if event is DONE:
                        await self._drain(arriving)
                        return
                    if text := answer.take(event):
                        yield text
                    self._begun = True
            for event in reader.end():
                if event is DONE:
                    return
                if text := answer.take(event):
                    yield text
        except (ErrorInStream, NotAStream) as fault:
            if not answer.finish:
                raise self._translated(fault) from None
        if answer.finish:
            return
        if answer.recognised:
            raise self._fault(BackendUnavailable, "cut_off")
        name = "html" if start.lstrip().startswith(b"<") else "malformed"
        raise self._fault(BackendProtocolError, name)

    async def _whole(self, arriving: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
        """The answer of a server that does not stream: one JSON object."""
        parts = []
        while (data := await self._next(arriving)) is not None:
            parts.append(data)
        try:
            event: Any = json.loads(b"".join(parts))
            text = self.answer.take(event)
        except (ErrorInStream, NotAStream) as fault:
            raise self._translated(fault) from None
        except (ValueError, RecursionError):
            raise self._fault(BackendProtocolError, "malformed") from None
        if not self.answer.recognised:
            raise self._fault(BackendProtocolError, "malformed")
        if text:
            yield text

    async def _next(self, arriving: AsyncIterator[bytes]) -> bytes | None:
        """The next bytes; ``None`` at the end, and when only the figures are missing."""
        try:
            async with asyncio.timeout(self._patience()):
                return await anext(arriving, None)
        except TimeoutError:
            if self.answer.finish:
                return None
            if self._begun:
                seconds = self._timeouts.between_tokens
                raise self._fault(BackendTimeout, "stalled", seconds=f"{seconds:g}") from None
            seconds = self._timeouts.first_token
            raise self._fault(BackendTimeout, "silent", seconds=f"{seconds:g}") from None
        except (httpx2.RequestError, ssl.SSLError) as error:
            if self.answer.finish:
                return None
            if isinstance(error, httpx2.DecodingError):
                raise self._fault(BackendProtocolError, "malformed") from None
            raise self._fault(BackendUnavailable, "cut_off") from None

    def _patience(self) -> float:
        """Seconds that the next bytes may take."""
        now = asyncio.get_running_loop().time()
        if self.answer.finish:
            self._end = self._end or now + min(_USAGE_SECONDS, self._timeouts.between_tokens)
            return self._end - now
        return self._timeouts.between_tokens if self._begun else self._deadline - now

    async def _drain(self, arriving: AsyncIterator[bytes]) -> None:
        """Read to the very end after ``[DONE]``, so that the connection can be kept."""
        with suppress(TimeoutError, httpx2.RequestError, ssl.SSLError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                async for _ in arriving:
                    pass

    def _translated(self, fault: ErrorInStream | NotAStream) -> BackendError:
        if isinstance(fault, ErrorInStream):
            return self._faults.in_stream(fault.body)
        return self._fault(BackendProtocolError, "malformed")

    def _fault(self, kind: type[BackendError], name: str, **values: str) -> BackendError:
        return self._faults.make(kind, name, **values)
