"""The body of a chat request, fitted to what a server accepts. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.backends.openai_stream import well_formed
from services.domain import GenerationOptions, Message
from services.window import essential, estimate_tokens, fit

_REMEDIES: Mapping[str, str | None] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
    "stream_options": None,
    "temperature": None,
    "top_p": None,
    "seed": None,
    "stop": None,
}
"""What to do when a server does not know a parameter: another name, or without it."""

_NAMES_BY_HOST: Mapping[str, Mapping[str, str | None]] = {
    "api.openai.com": {"max_tokens": "max_completion_tokens"},
}
"""Where the usual names are known to be outdated from the start."""

_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size)|maximum context|prompt is too long|input is too long"
    r"|too many (?:input )?tokens|reduce the length",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"(?:context (?:length|window|size) (?:is|of)|n_ctx\W+)\s*\(?(\d{3,8})", re.IGNORECASE
)


class Dialect:
    """Which parameters a server knows, learnt from its refusals, and its window.

    ``window`` is in tokens, prompt and answer together; ``None`` as long as
    nobody has said.
    """

    def __init__(self, host: str, window: int | None) -> None:
        self.window = window
        self._names: dict[str, str | None] = dict(_NAMES_BY_HOST.get(host, {}))

    def body(
        self, model: str, messages: Sequence[Message], options: GenerationOptions
    ) -> dict[str, Any]:
        """The parameters of a streaming request."""
        longest = options.max_tokens
        if longest is not None and self.window is not None:
            longest = min(longest, self.window // 2)
        wanted = {
            "stream_options": {"include_usage": True},
            "max_tokens": longest,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "seed": options.seed,
            "stop": list(options.stop) or None,
        }
        named = {self._names.get(name, name): value for name, value in wanted.items()}
        return {
            "model": model,
            "messages": [
                {"role": message.role.value, "content": well_formed(message.content)}
                for message in messages
            ],
            "stream": True,
            **{name: value for name, value in named.items() if name and value is not None},
        }

    def learn(self, body: Mapping[str, Any], error: Mapping[str, Any]) -> bool:
        """Whether the refusal names a parameter of ``body`` that can be done without."""
        rejected = _rejected(body, error)
        if rejected is None:
            return False
        wanted = next((n for n, name in self._names.items() if name == rejected), rejected)
        # A second refusal, under the other name: the parameter goes.
        self._names[wanted] = None if wanted in self._names else _REMEDIES[rejected]
        return True

    def budget(self, options: GenerationOptions) -> int | None:
        """Tokens for the prompt; ``None`` when the window is unknown."""
        if self.window is None:
            return None
        answer = self.window // 4 if options.max_tokens is None else options.max_tokens
        return max(1, self.window - min(answer, self.window // 2))

    def learn_window(self, error: Mapping[str, Any]) -> None:
        """Remember the window's size where a refusal tells it."""
        if told := _LIMIT.search(_text(error)):
            self.window = min(int(told[1]), self.window or int(told[1]))


def is_too_long(error: Mapping[str, Any]) -> bool:
    """Whether an error object says that the conversation exceeds the window."""
    return error.get("code") == "context_length_exceeded" or bool(_TOO_LONG.search(_text(error)))


def fitted(
    messages: Sequence[Message], budget: int | None, context: int | None = None
) -> tuple[tuple[Message, ...], int]:
    """What of a conversation to send, and how many turns fell out.

    ``budget`` is what the server takes, ``context`` what the person wants it to
    read, both in tokens.
    """
    if context is not None:
        wanted = max(context, sum(map(estimate_tokens, essential(messages))))
        budget = wanted if budget is None else min(budget, wanted)
    if budget is None:
        return tuple(messages), 0
    return fit(messages, budget, estimate_tokens)


def half_of(messages: Sequence[Message]) -> int:
    """Half of what ``messages`` take, by the same estimate: the next thing to try."""
    return sum(map(estimate_tokens, messages)) // 2


def _rejected(body: Mapping[str, Any], error: Mapping[str, Any]) -> str | None:
    """The parameter that an error object is about: by its field, else as first named."""
    parameter = str(error.get("param") or "").removeprefix("body.").split(".")[0]
    if parameter in _REMEDIES and parameter in body:
        return parameter
    text = _text(error)
    named = [
        (found.start(), name)
        for name in _REMEDIES
        if name in body and (found := re.search(rf"\b{name}\b", text))
    ]
    return min(named)[1] if named else None


def _text(error: Mapping[str, Any]) -> str:
    return f"{error.get('message') or ''} {error.get('type') or ''} {error.get('n_ctx') or ''}"
