"""Every string of a request, laid out for the privacy check. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from services.domain import Message, Role
from services.redaction import PLACEHOLDER

_PROTOCOL = frozenset(
    {"messages", "role", "content", "type", "text", "system", "developer", "user", "assistant"}
    | {"model", "stream", "stream_options", "include_usage", "max_tokens", "seed", "stop"}
    | {"max_completion_tokens", "temperature", "top_p"}
    | {"chat", "completions", "models", "openai", "deployments", "api-version"}
)
"""Words of the wire format itself. Only a string that is exactly one of them
is left out, so nothing private can hide here."""

_LONG_NUMBER = 9
"""Numbers of at least this many characters are read as text as well: a card or
a telephone number may stand in JSON without quotes."""

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}


class Unreadable(ValueError):
    """A body that is not JSON, or too deeply nested to be looked through."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What a request says: every string in it, in order, each with its speaker.

    Turns keep their role, as an answer is judged as an answer; every other
    string, system prompts included, counts as written by the person. ``model``
    is the one that is asked, where that is a public name.
    """

    messages: tuple[Message, ...]
    model: str | None = None

    @property
    def placeholders(self) -> int:
        """How many placeholders stand in it."""
        return sum(len(PLACEHOLDER.findall(message.content)) for message in self.messages)


def read_payload(body: bytes, url_parts: Collection[str], public: Collection[str]) -> Payload:
    """Every string of a JSON body, keys and values, and of the URL's own parts.

    Words of the wire format and strings that are exactly one of ``public`` are
    left out, and so is what is empty.

    Raises:
        Unreadable: the body is neither empty nor JSON.
    """
    try:
        # Pairs instead of a dict: of two equal keys both would travel.
        value: Any = (
            json.loads(body.decode("utf-8"), object_pairs_hook=_Pairs, parse_constant=_no_constant)
            if body
            else None
        )
        found = [*((part, Role.USER) for part in url_parts), *_strings(value, Role.USER)]
    except (ValueError, RecursionError):
        # The decoder's message quotes the body; it must not travel on.
        raise Unreadable("not JSON") from None
    return Payload(
        tuple(
            Message(role, text)
            for text, role in found
            if text.strip() and text not in _PROTOCOL and text not in public
        ),
        _model(value, public),
    )


def _model(value: Any, public: Collection[str]) -> str | None:
    pairs = value if isinstance(value, _Pairs) else ()
    names = [inner for key, inner in pairs if key == "model" and isinstance(inner, str)]
    return names[-1] if names and names[-1] in public else None


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all its pairs."""


def _no_constant(name: str) -> None:
    raise Unreadable(name)


def _strings(value: Any, role: Role) -> Iterator[tuple[str, Role]]:
    if isinstance(value, str):
        yield value, role
    elif isinstance(value, _Pairs):
        for key, inner in value:
            if key == "role" and isinstance(inner, str):
                role = _ROLES.get(inner, Role.USER)
        for key, inner in value:
            yield key, Role.USER
            yield from _strings(inner, role)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, role)
    elif isinstance(value, int | float) and len(repr(value)) >= _LONG_NUMBER:
        yield repr(value), Role.USER
