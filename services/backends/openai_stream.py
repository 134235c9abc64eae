"""OpenAI's stream of an answer: from bytes to text. No connection is known here.

Written on the bytes rather than on the client library's objects: that makes it
several times faster, and whatever a server sends is met by our own rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from services.domain import FinishReason, Usage

DONE = object()
"""The event ``[DONE]``."""

_LONGEST_LINE = 16 * 1024 * 1024
_REASONS = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}


class NotAStream(Exception):
    """What came is not a chat stream. Holds nothing of what came."""


class ErrorInStream(Exception):
    """The server reported an error in the stream; ``body`` is its error object."""

    def __init__(self, body: object) -> None:
        super().__init__()
        self.body = body


class EventReader:
    """Splits bytes into events, wherever they were cut.

    Every ``data:`` line is an event of its own: servers put a whole JSON
    object on one line, and some forget the blank line after it.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Any]:
        """The events that ``data`` completes: parsed JSON, or :data:`DONE`.

        Raises:
            NotAStream: an event is not JSON, or a line never ends.
        """
        if b"\n" not in data:
            self._parts.append(data)
            self._size += len(data)
            if self._size > _LONGEST_LINE:
                raise NotAStream
            return
        *lines, rest = b"".join((*self._parts, data)).split(b"\n")
        self._parts, self._size = [rest], len(rest)
        for line in lines:
            if line.startswith(b"data:"):
                yield _parsed(line[5:].strip())

    def end(self) -> Iterator[Any]:
        """The event of a last line that no line end follows."""
        return self.feed(b"\n")


def _parsed(data: bytes) -> Any:
    if data == b"[DONE]":
        return DONE
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise NotAStream from None


class Answer:
    """What the events so far add up to.

    ``recognised`` tells that at least one event was part of a chat stream,
    ``finish`` why the model stopped, once it did.
    """

    def __init__(self) -> None:
        self.recognised = False
        self.finish: FinishReason | None = None
        self.model: str | None = None
        self.usage: Usage | None = None
        self._half = ""

    def take(self, event: Any) -> str:
        """The text that an event adds, often none.

        Reasoning is not part of the answer; a refusal is. Tolerant of what
        servers add or leave out, such as chunks without choices.

        Raises:
            ErrorInStream: the event is an error object.
            NotAStream: the event has another form than a chunk.
        """
        try:
            return self._take(event)
        except (AttributeError, TypeError, KeyError, IndexError):
            raise NotAStream from None

    def _take(self, event: Any) -> str:
        if error := event.get("error") or (event.get("object") == "error" and event):
            raise ErrorInStream(error)
        if usage := event.get("usage"):
            self.usage = _usage(usage) or self.usage
        if self.model is None and (model := event.get("model")):
            self.model = str(model)
        choices = event.get("choices")
        if choices is not None:
            self.recognised = True
        if not choices:
            return ""
        choice = choices[0]
        if reason := choice.get("finish_reason"):
            self.finish = _REASONS.get(reason, FinishReason.STOP)
        delta = choice.get("delta") or choice.get("message")
        if not delta:
            return ""
        text = delta.get("content") or delta.get("refusal")
        if not text:
            return ""
        if not isinstance(text, str):
            text = "".join(part["text"] for part in text if part.get("type") == "text")
        return text if text.isascii() and not self._half else self._whole(text)

    def _whole(self, text: str) -> str:
        """``text`` without lone surrogates.

        JSON writes some characters as two escapes; a server may cut between
        them, so a first half waits for its second.
        """
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return well_formed(text)


def well_formed(text: str) -> str:
    """``text`` as Unicode: pairs of surrogates joined, lone ones replaced by U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _usage(usage: Mapping[str, Any]) -> Usage | None:
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if isinstance(prompt, int) and isinstance(completion, int):
        return Usage(prompt, completion)
    return None
