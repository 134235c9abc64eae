"""From the bytes of a stream to text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.backends.openai_stream import (
    DONE,
    Answer,
    ErrorInStream,
    EventReader,
    NotAStream,
    well_formed,
)
from services.domain import FinishReason, Usage


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


def read(data: bytes, size: int = 0) -> list[Any]:
    reader = EventReader()
    size = size or len(data)
    events = [e for i in range(0, len(data), size) for e in reader.feed(data[i : i + size])]
    return [*events, *reader.end()]


def text_of(*events: Any) -> str:
    answer = Answer()
    return "".join(answer.take(event) for event in events)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 7])
@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\n"])
def test_events_are_found_wherever_the_bytes_are_cut(end: bytes, size: int) -> None:
    """Any cutting and any kind of line end gives the same events."""
    lines = [
        b": a comment",
        b"event: message",
        'data: {"a": "ü👩"}'.encode(),
        b"id: 1",
        b'data:{"b": 2}',
        b"data: [DONE]",
    ]
    data = end.join(lines) + end
    assert read(data, size) == [{"a": "ü👩"}, {"b": 2}, DONE]


def test_the_last_line_needs_no_end() -> None:
    """A stream that ends without a line end is read to its end."""
    assert read(b'data: {"a": 1}') == [{"a": 1}]


@pytest.mark.parametrize("data", [b"{", b"\xff", b"no", b"[" * 100_000, b""])
def test_an_event_that_is_not_json_is_a_fault(data: bytes) -> None:
    """Malformed JSON, foreign bytes and bottomless nesting are faults, not crashes."""
    with pytest.raises(NotAStream):
        read(b"data: " + data + b"\n")


def test_events_before_a_fault_are_given_out() -> None:
    """What could be read is not lost with what could not."""
    reader = EventReader()
    events = reader.feed(b'data: {"a": 1}\ndata: {"a\n')
    assert next(events) == {"a": 1}
    with pytest.raises(NotAStream):
        next(events)


def test_a_line_without_an_end_is_given_up() -> None:
    """Memory is not filled by a server that never ends a line."""
    with pytest.raises(NotAStream):
        read(b"x" * 20 * 1024 * 1024, 1024 * 1024)


def test_text_and_figures_add_up() -> None:
    """Text, model, end and usage are taken from the chunks that carry them."""
    answer = Answer()
    events = [
        {"model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]},
        {"model": "m-1", **delta(role="assistant", content="")},
        delta(content="a"),
        delta(content=None),
        {"choices": [{"delta": {"content": "b"}, "finish_reason": "length"}]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
    ]
    assert "".join(answer.take(event) for event in events) == "ab"
    assert answer.model == "m-1"
    assert answer.finish is FinishReason.LENGTH
    assert answer.usage == Usage(3, 2)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("tool_calls", FinishReason.STOP),
        ("eos", FinishReason.STOP),
    ],
)
def test_reasons_to_stop(word: str, reason: FinishReason) -> None:
    """Words that we do not know are an ordinary end."""
    answer = Answer()
    answer.take({"choices": [{"delta": {}, "finish_reason": word}]})
    assert answer.finish is reason


def test_reasoning_is_not_part_of_the_answer() -> None:
    """Deltas of thinking, by either name, add no text."""
    events = [delta(reasoning_content="hm"), delta(reasoning="hm"), delta(content="42")]
    assert text_of(*events) == "42"


def test_a_refusal_is_shown() -> None:
    """What a model says instead of an answer is text to read."""
    assert text_of(delta(refusal="I cannot"), delta(refusal=" help.")) == "I cannot help."


def test_content_in_parts() -> None:
    """Servers that send a list of parts are understood; parts of thinking are not text."""
    parts = [{"type": "text", "text": "a"}, {"type": "thinking"}, {"type": "text", "text": "b"}]
    assert text_of(delta(content=parts)) == "ab"


def test_a_character_cut_between_its_escapes() -> None:
    """A pair of surrogates in two chunks is one character; a lone one is replaced."""
    first, second = json.loads('["\\ud83d", "\\ude00"]')
    answer = Answer()
    assert answer.take(delta(content=f"x{first}")) == "x"
    assert answer.take(delta(content=f"{second}y")) == "😀y"
    assert answer.take(delta(content=f"{second}z")) == "\ufffdz"
    assert answer.take(delta(content=first)) == ""
    assert answer.take(delta(content="a")) == "\ufffda"


@pytest.mark.parametrize(
    "error", [{"error": {"message": "m"}}, {"error": "m"}, {"object": "error", "message": "m"}]
)
def test_an_error_object_is_an_error(error: Any) -> None:
    """The shapes in which servers report an error within a stream."""
    with pytest.raises(ErrorInStream):
        text_of(error)


@pytest.mark.parametrize(
    "event",
    [
        None,
        1,
        "x",
        [],
        {"choices": 1},
        {"choices": ["x"]},
        {"choices": {"a": 1}},
        {"choices": [{"delta": "x"}]},
        {"choices": [{"delta": {"content": 7}}]},
        {"choices": [{"delta": {"content": [1]}}]},
        {"usage": "many"},
    ],
)
def test_an_event_of_another_form_is_a_fault(event: Any) -> None:
    """JSON that is no chunk is a fault, not a crash."""
    with pytest.raises(NotAStream):
        text_of(event)


def test_usage_of_another_form_is_not_believed() -> None:
    """Figures that are no numbers count as missing."""
    answer = Answer()
    answer.take({"choices": [], "usage": {"prompt_tokens": None}})
    assert answer.usage is None


def test_well_formed() -> None:
    """Lone surrogates are replaced, pairs joined, all else kept."""
    assert well_formed("a\ud800b") == "a\ufffdb"
    assert well_formed("\ud83d\ude00") == "😀"
    assert well_formed("Grüße 😀\0") == "Grüße 😀\0"
