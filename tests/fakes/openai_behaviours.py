"""What the fake endpoint can do to a client, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.openai_exchange import SSE, Exchange
from tests.fakes.openai_wire import DONE, MODEL, chunk, completion, error, event, frames, usage_of

LONG_ANSWER = tuple(f"w{i % 97} " for i in range(200_000))


@dataclass
class Script:
    """What the fake answers, and how. Tests change it at any time.

    Times are in seconds; ``delay`` is between pieces. Without a delay,
    ``events_per_frame`` events share one HTTP chunk. ``rejects`` are request
    parameters that it does not know; ``most_messages`` is how many fit the
    model of ``too_long``; ``events`` is the raw stream of ``raw``, of the
    media type ``content_type``, after which it goes silent with ``hang_after``.
    """

    behaviour: str = "stream"
    pieces: Sequence[str] = ("Hello", " world", "!")
    model: str = MODEL
    first_delay: float = 0.0
    delay: float = 0.0
    events_per_frame: int = 1
    send_usage: bool = True
    retry_after: str = "7"
    rejects: tuple[str, ...] = ()
    most_messages: int = 2
    too_long_message: str = "This model's maximum context length was exceeded."
    status: int = 500
    error_code: str | None = None
    redirect_to: str = ""
    events: Sequence[bytes] = field(default_factory=tuple)
    content_type: str = SSE
    hang_after: bool = False


Behaviour = Callable[[Exchange, Script], Awaitable[None]]


async def stream(exchange: Exchange, script: Script) -> None:
    """A proper answer, streamed or whole as the request asks."""
    body = exchange.received.body
    usage = usage_of(exchange.received.messages, script.pieces)
    for name in script.rejects:
        if name in body:
            message = f"Unsupported parameter: '{name}' is not supported with this model."
            return await exchange.json(400, error(message, "unsupported_parameter", name))
    await exchange.pause(script.first_delay)
    if not body.get("stream"):
        return await exchange.json(200, completion("".join(script.pieces), usage, script.model))
    await exchange.start()
    await exchange.send(event(chunk({"role": "assistant", "content": ""}, model=script.model)))
    await _pieces(exchange, script)
    await exchange.send(event(chunk({}, finish="stop", model=script.model)))
    if script.send_usage and (body.get("stream_options") or {}).get("include_usage"):
        await exchange.send(event(chunk(usage=usage, model=script.model)))
    await exchange.send(DONE)
    await exchange.end()
    return None


async def _pieces(exchange: Exchange, script: Script) -> None:
    if script.delay == 0:
        for block in frames(tuple(script.pieces), script.model, script.events_per_frame):
            await exchange.send_raw(block)
        return
    for piece in script.pieces:
        await exchange.pause(script.delay)
        await exchange.send(event(chunk({"content": piece}, model=script.model)))


async def ignores_stream(exchange: Exchange, script: Script) -> None:
    """A whole answer although a stream was asked for."""
    usage = usage_of(exchange.received.messages, script.pieces)
    await exchange.json(200, completion("".join(script.pieces), usage, script.model))


async def status(exchange: Exchange, script: Script) -> None:
    """An error with ``status`` and ``error_code``."""
    await exchange.json(script.status, error("It did not work.", script.error_code))


async def unauthorized(exchange: Exchange, script: Script) -> None:
    """401, and like OpenAI it quotes the key."""
    key = exchange.received.headers.get("authorization", "")
    await exchange.json(401, error(f"Incorrect API key provided: {key}.", "invalid_api_key"))


async def unknown_model(exchange: Exchange, script: Script) -> None:
    """404 for the model."""
    name = exchange.received.body.get("model")
    message = f"The model `{name}` does not exist or you do not have access to it."
    await exchange.json(404, error(message, "model_not_found"))


async def wrong_path(exchange: Exchange, script: Script) -> None:
    """404 of a server that knows no such path."""
    await exchange.whole(404, b"404 page not found", {"Content-Type": "text/plain"})


async def busy(exchange: Exchange, script: Script) -> None:
    """429 with Retry-After."""
    headers = {"Retry-After": script.retry_after}
    await exchange.json(429, error("Rate limit reached.", "rate_limit_exceeded"), headers)


async def html(exchange: Exchange, script: Script) -> None:
    """A web page with status 200."""
    page = b"<!DOCTYPE html>\n<html><title>Welcome</title></html>"
    await exchange.whole(200, page, {"Content-Type": "text/html"})


async def redirect(exchange: Exchange, script: Script) -> None:
    """307 to ``redirect_to``."""
    await exchange.whole(307, b"", {"Location": script.redirect_to})


async def hang(exchange: Exchange, script: Script) -> None:
    """Takes the request and never answers."""
    await exchange.pause(None)


async def hang_in_stream(exchange: Exchange, script: Script) -> None:
    """Sends the pieces and then nothing more."""
    await exchange.start()
    await _pieces(exchange, script)
    await exchange.pause(None)


async def drop(exchange: Exchange, script: Script) -> None:
    """Closes the connection without any answer."""
    exchange.cut()


async def cut(exchange: Exchange, script: Script) -> None:
    """Closes the connection within the stream."""
    await exchange.start()
    await _pieces(exchange, script)
    exchange.cut()


async def cut_quietly(exchange: Exchange, script: Script) -> None:
    """Ends the connection properly, but before the answer is complete."""
    await exchange.start_until_closed()
    for piece in script.pieces:
        await exchange.send_raw(event(chunk({"content": piece})))
    exchange.cut()


async def raw(exchange: Exchange, script: Script) -> None:
    """The bytes of ``events``, each in an HTTP chunk of its own."""
    await exchange.start(script.content_type)
    for data in script.events:
        await exchange.pause(script.delay)
        await exchange.send(data)
    if script.hang_after:
        await exchange.pause(None)
    await exchange.end()


async def malformed(exchange: Exchange, script: Script) -> None:
    """The pieces and then a line that is no JSON."""
    await exchange.start()
    await _pieces(exchange, script)
    await exchange.send(b'data: {"choices": [{"delta": {"cont\n\n')
    await exchange.end()


async def error_in_stream(exchange: Exchange, script: Script) -> None:
    """The pieces and then an error object."""
    await exchange.start()
    await _pieces(exchange, script)
    await exchange.send(event(error("The server had an error.", script.error_code)))
    await exchange.end()


async def empty(exchange: Exchange, script: Script) -> None:
    """An answer without text."""
    await stream(exchange, _with(script, pieces=()))


async def unicode_split(exchange: Exchange, script: Script) -> None:
    """Every byte of the stream in a chunk of its own, so that no character is whole."""
    await exchange.start()
    for piece in script.pieces:
        for byte in event(chunk({"content": piece})):
            await exchange.send(bytes([byte]))
    await exchange.send(event(chunk({}, finish="stop")) + DONE)
    await exchange.end()


async def long(exchange: Exchange, script: Script) -> None:
    """An answer of 200,000 pieces, in the lumps that a proxy makes of them."""
    await stream(exchange, _with(script, pieces=LONG_ANSWER, events_per_frame=100))


async def too_long(exchange: Exchange, script: Script) -> None:
    """Refuses conversations of more than ``most_messages`` messages."""
    if len(exchange.received.messages) > script.most_messages:
        body = error(script.too_long_message, "context_length_exceeded", "messages")
        return await exchange.json(400, body)
    return await stream(exchange, script)


def _with(script: Script, **changes: Any) -> Script:
    return Script(**{**vars(script), **changes})


BEHAVIOURS: Mapping[str, Behaviour] = {
    behaviour.__name__: behaviour
    for behaviour in (
        *(stream, ignores_stream, status, unauthorized, unknown_model, wrong_path, busy, html),
        *(redirect, hang, hang_in_stream, drop, cut, cut_quietly, raw, malformed),
        *(error_in_stream, empty, unicode_split, long, too_long),
    )
}
