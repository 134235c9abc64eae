"""The body of a request, fitted to the server."""

from __future__ import annotations

from typing import Any

import pytest

from services.backends.openai_request import Dialect, fitted, is_too_long
from services.domain import GenerationOptions, Message, Role

HELLO = (Message(Role.USER, "hello"),)


def names(dialect: Dialect, options: GenerationOptions) -> set[str]:
    return set(dialect.body("m", HELLO, options)) - {"model", "messages", "stream"}


def test_only_what_was_asked_for_is_sent() -> None:
    """Without options the server's own defaults hold."""
    assert Dialect("host", None).body("m", HELLO, GenerationOptions(conversation="c")) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_every_option_has_its_parameter() -> None:
    """All options travel, zero included; our own keys do not."""
    options = GenerationOptions(5, 0.0, 0.9, ("END",), 7, "key", True)
    body = Dialect("host", None).body("m", HELLO, options)
    assert {k: body[k] for k in ("max_tokens", "temperature", "top_p", "stop", "seed")} == {
        "max_tokens": 5,
        "temperature": 0.0,
        "top_p": 0.9,
        "stop": ["END"],
        "seed": 7,
    }
    assert "key" not in str(body)


@pytest.mark.parametrize(
    ("budget", "context", "kept"),
    [(None, None, 3), (None, 1000, 3), (None, 200, 1), (1000, 200, 1), (200, 1000, 1)],
)
def test_a_person_can_have_less_read(budget: int | None, context: int | None, kept: int) -> None:
    """The smaller of the server's and the person's limit holds; turns fall out whole."""
    old, reply = Message(Role.USER, "x" * 2000), Message(Role.ASSISTANT, "y")
    assert fitted((old, reply, *HELLO), budget, context) == ((old, reply, *HELLO)[-kept:], 3 - kept)


def test_a_short_look_back_never_cuts_the_newest_turn() -> None:
    """However little is to be read, what the person has just said is sent whole."""
    long = Message(Role.USER, "x" * 9000)
    assert fitted((*HELLO, long), None, 100) == ((long,), 1)


def test_openai_itself_is_asked_by_the_new_name() -> None:
    """OpenAI's newer models know only ``max_completion_tokens``."""
    assert "max_completion_tokens" in names(
        Dialect("api.openai.com", None), GenerationOptions(max_tokens=5)
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"param": "max_tokens"}, "max_completion_tokens"),
        ({"param": "body.max_tokens"}, "max_completion_tokens"),
        (
            {"message": "Use 'max_completion_tokens' instead of max_tokens."},
            "max_completion_tokens",
        ),
    ],
)
def test_a_refused_parameter_goes_by_its_other_name(error: dict[str, Any], expected: str) -> None:
    """A refusal by field or in words is understood and remembered."""
    dialect, options = Dialect("host", None), GenerationOptions(max_tokens=5)
    assert dialect.learn(dialect.body("m", HELLO, options), error)
    assert names(dialect, options) == {expected, "stream_options"}


@pytest.mark.parametrize("host", ["host", "api.openai.com"])
def test_a_parameter_refused_by_both_names_is_left_out(host: str) -> None:
    """There is no endless change of names."""
    dialect, options = Dialect(host, None), GenerationOptions(max_tokens=5)
    refused = 0
    while limit := names(dialect, options) - {"stream_options"}:
        assert dialect.learn(dialect.body("m", HELLO, options), {"param": limit.pop()})
        refused += 1
        assert refused <= 2
    assert refused in {1, 2}


@pytest.mark.parametrize("name", ["stream_options", "temperature", "top_p", "seed", "stop"])
def test_what_has_no_other_name_is_left_out(name: str) -> None:
    """Each of these can be done without."""
    dialect = Dialect("host", None)
    options = GenerationOptions(temperature=1.0, top_p=0.5, seed=1, stop=("x",))
    assert dialect.learn(dialect.body("m", HELLO, options), {"param": name})
    assert name not in names(dialect, options)


@pytest.mark.parametrize(
    "error", [{}, {"param": "messages"}, {"param": "seed"}, {"message": "nonstop"}]
)
def test_other_refusals_teach_nothing(error: dict[str, Any]) -> None:
    """A refusal of something that we did not send, or cannot do without."""
    dialect, options = Dialect("host", None), GenerationOptions()
    assert not dialect.learn(dialect.body("m", HELLO, options), error)


def test_lone_surrogates_are_replaced() -> None:
    """What is no Unicode text could not be encoded."""
    body = Dialect("h", None).body("m", [Message(Role.USER, "a\udc00")], GenerationOptions())
    assert body["messages"][0]["content"] == "a\ufffd"


def test_a_window_leaves_room_for_the_answer() -> None:
    """A quarter is kept for the answer, or what was asked for, but never over half."""
    dialect = Dialect("host", 1000)
    assert dialect.budget(GenerationOptions()) == 750
    assert dialect.budget(GenerationOptions(max_tokens=100)) == 900
    assert dialect.budget(GenerationOptions(max_tokens=5000)) == 500
    assert dialect.body("m", HELLO, GenerationOptions(max_tokens=5000))["max_tokens"] == 500
    assert Dialect("host", None).budget(GenerationOptions()) is None


@pytest.mark.parametrize(
    ("error", "window"),
    [
        ({"message": "This model's maximum context length is 8192 tokens. However, you"}, 8192),
        ({"message": "request exceeds", "type": "exceed_context_size_error", "n_ctx": 4096}, None),
        ({"message": "the request exceeds the available context size (2048 tokens)"}, None),
    ],
)
def test_a_refusal_may_tell_the_window(error: dict[str, Any], window: int | None) -> None:
    """All are understood as too long; a stated window is remembered."""
    assert is_too_long(error)
    dialect = Dialect("host", None)
    dialect.learn_window(error)
    assert dialect.window == window


@pytest.mark.parametrize(
    "error",
    [
        {"code": "context_length_exceeded"},
        {"message": "Please reduce the length of the messages."},
        {"message": "prompt is too long: 210000 tokens > 200000 maximum"},
    ],
)
def test_other_ways_to_say_too_long(error: dict[str, Any]) -> None:
    """By code or in words."""
    assert is_too_long(error)


def test_not_too_long() -> None:
    """An ordinary refusal is none about length."""
    assert not is_too_long({"message": "Invalid value for 'model'.", "code": "invalid"})
