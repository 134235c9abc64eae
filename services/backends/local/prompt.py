"""Messages made safe for a model's chat template."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from services.domain import Message, Role

_ZERO_WIDTH = "\u200b"


def special_tokens(directory: Path) -> tuple[str, ...]:
    """The texts that the model's tokenizer reads as control tokens, longest first."""
    try:
        added = json.loads((directory / "tokenizer.json").read_text("utf-8"))["added_tokens"]
        found = {str(token["content"]) for token in added if token.get("special")}
    except (OSError, ValueError, KeyError, TypeError):
        # A tokenizer in another format; the template's own words are still known.
        found = {"<|im_start|>", "<|im_end|>", "<|endoftext|>"}
    return tuple(sorted((text for text in found if len(text) > 1), key=len, reverse=True))


def clean(text: str, specials: Iterable[str]) -> str:
    """``text`` that can neither break the template nor speak as another role.

    NUL ends a C string and would cut the prompt off; lone surrogates are not
    Unicode text; a control token such as ``<|im_end|>`` typed by a person would
    end the turn. The last gets an invisible space, so that it reads the same.
    """
    text = text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for special in specials:
        text = text.replace(special, special[0] + _ZERO_WIDTH + special[1:])
    return text


def as_json(messages: Sequence[Message], specials: Iterable[str]) -> str:
    """The messages as the JSON that a chat template takes."""
    specials = tuple(specials)
    return json.dumps(
        [
            {"role": str(message.role), "content": clean(message.content, specials)}
            for message in messages
        ],
        ensure_ascii=False,
    )


def without_system(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The same conversation for a template that knows no system role.

    The system prompt goes before the first user turn, and neighbouring turns
    of one role are joined, because such templates also insist on alternation.
    """
    system = "\n\n".join(m.content for m in messages if m.role is Role.SYSTEM)
    joined: list[Message] = []
    for message in messages:
        if message.role is Role.SYSTEM:
            continue
        if system and message.role is Role.USER:
            message, system = Message(Role.USER, f"{system}\n\n{message.content}"), ""
        if joined and joined[-1].role is message.role:
            message = Message(message.role, f"{joined.pop().content}\n\n{message.content}")
        joined.append(message)
    return tuple(joined)
