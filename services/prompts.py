"""A person's turn on its way in: what is asked, and how it may be answered."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace

from services.attachment import Attachment
from services.domain import GenerationOptions, Message, Mode, PrivatePolicy
from services.errors import InvalidMessage
from services.files.joining import joined

MAX_PROMPT_CHARACTERS = 1_000_000
"""Longest message that is taken. A million characters is a thick book; beyond
that a paste went wrong, and no model's window comes near it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A person's turn, and how it may be answered.

    ``released`` is the digest of the messages that the person has seen and
    agreed to send (see :meth:`services.conversation.ConversationService.preview`). A ``temporary``
    prompt is never stored. ``files`` are those that are new with it.
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
    files: tuple[Attachment, ...] = ()


def checked(text: str, files: tuple[Attachment, ...] = ()) -> str:
    """``text`` ready to be stored and sent with ``files``.

    Raises:
        InvalidMessage: empty and without files, or longer than
            ``MAX_PROMPT_CHARACTERS`` with them.
    """
    whole = joined(text, files)[0]
    if len(whole) > MAX_PROMPT_CHARACTERS:
        key = "error.files_too_long" if files else "error.message_too_long"
        raise InvalidMessage(key, limit=f"{MAX_PROMPT_CHARACTERS:,}")
    if not cleaned(whole).strip():
        raise InvalidMessage()
    return cleaned(text)


def cleaned(text: str) -> str:
    """``text`` without lone surrogates and NUL, which neither stores nor models take."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


def checked_turns(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The turns of a caller's conversation; only the newest must say something."""
    *earlier, newest = messages
    kept = [replace(m, content=checked(m.content)) for m in earlier if m.content.strip()]
    return (*kept, replace(newest, content=checked(newest.content)))


def digest(messages: tuple[Message, ...]) -> str:
    """A fingerprint of exactly these messages (SHA-256 of their JSON, hex)."""
    plain = [[message.role, message.content] for message in messages]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()
