"""A person's turn on its way in: what is asked, and how it may be answered."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace

from services.domain import GenerationOptions, Message, Mode, PrivatePolicy
from services.errors import InvalidMessage

MAX_PROMPT_CHARACTERS = 1_000_000
"""Longest message that is taken. A million characters is a thick book; beyond
that a paste went wrong, and no model's window comes near it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A person's turn, and how it may be answered.

    ``released`` is the digest of the messages that the person has seen and
    agreed to send (see :meth:`services.conversation.ConversationService.preview`). A ``temporary``
    prompt is never stored.
    """

    conversation_id: str
    message_id: str
    text: str
    user_id: str
    mode: Mode = Mode.AUTO
    policy: PrivatePolicy = PrivatePolicy.LOCAL
    system: str | None = None
    temporary: bool = False
    released: str | None = None
    options: GenerationOptions = field(default_factory=GenerationOptions)


def checked(text: str) -> str:
    """``text`` ready to be stored and sent: no lone surrogates, no NUL.

    Raises:
        InvalidMessage: empty, or longer than ``MAX_PROMPT_CHARACTERS``.
    """
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise InvalidMessage("error.message_too_long", limit=f"{MAX_PROMPT_CHARACTERS:,}")
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
    if not text.strip():
        raise InvalidMessage()
    return text


def checked_turns(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The turns of a caller's conversation; only the newest must say something."""
    *earlier, newest = messages
    kept = [replace(m, content=checked(m.content)) for m in earlier if m.content.strip()]
    return (*kept, replace(newest, content=checked(newest.content)))


def digest(messages: tuple[Message, ...]) -> str:
    """A fingerprint of exactly these messages (SHA-256 of their JSON, hex)."""
    plain = [[message.role, message.content] for message in messages]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()
