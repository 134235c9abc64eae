"""OpenAI's wire format as the fake endpoint speaks it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

MODEL = "fake-model"
DONE = b"data: [DONE]\n\n"
_CREATED = 1_700_000_000
_FRAMES_PER_WRITE = 64


def event(data: object) -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return b"data: " + text.encode("utf-8", "surrogatepass") + b"\n\n"


def chunk(
    delta: Mapping[str, Any] | None = None,
    *,
    finish: str | None = None,
    usage: Mapping[str, int] | None = None,
    model: str = MODEL,
    **extra: Any,
) -> dict[str, Any]:
    """One ``chat.completion.chunk``; without ``delta`` and ``finish`` it has no choices."""
    choices = []
    if delta is not None or finish is not None:
        choices = [
            {"index": 0, "delta": dict(delta or {}), "logprobs": None, "finish_reason": finish}
        ]
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": model,
        "choices": choices,
        "usage": dict(usage) if usage else None,
        **extra,
    }


def completion(text: str, usage: Mapping[str, int], model: str = MODEL) -> dict[str, Any]:
    """A whole ``chat.completion``."""
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": _CREATED,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
        "usage": dict(usage),
    }


def error(message: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    """An error body of OpenAI's."""
    return {
        "error": {
            "message": message,
            "type": "invalid_request_error",
            "param": param,
            "code": code,
        }
    }


def usage_of(prompt: Iterable[Mapping[str, Any]], pieces: Sequence[str]) -> dict[str, int]:
    """Usage as the fake counts: words of the prompt, pieces of the answer."""
    words = sum(len(str(message.get("content") or "").split()) for message in prompt)
    return {
        "prompt_tokens": words,
        "completion_tokens": len(pieces),
        "total_tokens": words + len(pieces),
    }


def frame(data: bytes) -> bytes:
    """``data`` as one chunk of HTTP/1.1's chunked encoding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


@lru_cache(maxsize=8)
def frames(pieces: tuple[str, ...], model: str, events_per_frame: int = 1) -> tuple[bytes, ...]:
    """The pieces as HTTP chunks, joined for few writes.

    Kept, so that a benchmark measures the client and not this server.
    """
    events = [event(chunk({"content": piece}, model=model)) for piece in pieces]
    made = [frame(block) for block in _joined(events, events_per_frame)]
    return tuple(_joined(made, _FRAMES_PER_WRITE))


def _joined(parts: Sequence[bytes], size: int) -> list[bytes]:
    return [b"".join(parts[i : i + size]) for i in range(0, len(parts), size)]
