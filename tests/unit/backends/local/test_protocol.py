"""The frames between the application and the worker."""

from __future__ import annotations

import pytest

from services.backends.local import protocol
from services.domain import FinishReason, GenerationOptions, Message, Role

FRAMES: list[protocol.Frame] = [
    protocol.Load("builtin", "/a folder/ü", "/downloads", verified=True),
    protocol.Load("phi-4-mini", None, "/downloads"),
    protocol.Generate(
        3, (("system", "x"), ("user", "a\nb\r\n\x00 🎉 \ud800")), 5, 0.5, 0.9, ("\n",), 1, 900
    ),
    protocol.Cancel(3),
    protocol.Ready("builtin", 2048, "onnx"),
    protocol.Failed(None, "BackendUnavailable", "error.local_model_damaged", {"file": "x"}),
    protocol.Beat(3),
    protocol.Piece(3, "Grüße\n🎉"),
    protocol.Done(3, "stop", 10, 20, 1, -0.25),
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_a_frame_survives_the_pipe(frame: protocol.Frame) -> None:
    """What is decoded equals what was encoded, whatever characters it holds."""
    line = protocol.encode(frame)
    assert line.count(b"\n") == 1
    assert protocol.decode(line) == frame


@pytest.mark.parametrize("cut", range(1, 40))
def test_lines_are_put_together_from_any_pieces(cut: int) -> None:
    """It does not matter where the pipe cuts the stream."""
    stream = b"".join(protocol.encode(frame) for frame in FRAMES)
    buffer = protocol.LineBuffer()
    lines = [
        line for at in range(0, len(stream), cut) for line in buffer.feed(stream[at : at + cut])
    ]
    assert [protocol.decode(line) for line in lines] == FRAMES


@pytest.mark.parametrize(
    "line",
    [b"", b"secret prompt", b"[]", b"3", b'{"type":"nothing"}', b'{"type":"piece","secret":1}'],
)
def test_anything_else_is_refused_without_being_repeated(line: bytes) -> None:
    """The error must not carry the line, which may hold a prompt."""
    with pytest.raises(protocol.ProtocolError) as caught:
        protocol.decode(line)
    assert "secret" not in repr(caught.value)
    assert caught.value.__suppress_context__


def test_a_prompt_takes_its_options_along() -> None:
    """The worker gets the messages and what the caller asked for."""
    messages = (Message(Role.SYSTEM, "s"), Message(Role.USER, "u"))
    options = GenerationOptions(max_tokens=7, temperature=0.0, top_p=0.5, stop=("x",), seed=1)
    frame = protocol.Generate.of(4, messages, options)
    assert frame.conversation() == messages
    assert (frame.max_tokens, frame.temperature, frame.top_p) == (7, 0.0, 0.5)
    assert (frame.stop, frame.seed) == (("x",), 1)


def test_the_end_speaks_the_words_of_the_domain() -> None:
    """The worker's reason is one of ours."""
    assert protocol.Done(1, "length", 1, 1).finish_reason is FinishReason.LENGTH
