"""From stored messages to what a model is given."""

from __future__ import annotations

from collections.abc import Iterable

from services.domain import Message, Role, StoredMessage
from services.files.joining import joined


def model_turns(
    stored: Iterable[StoredMessage], prompt_id: str, system: str | None = None
) -> tuple[Message, ...]:
    """The conversation up to and including the prompt ``prompt_id``.

    Each earlier prompt is followed by its newest answer that has any text: when
    a prompt was answered twice (locally, then in the cloud), the second answer
    is the one that the conversation went on with. Answers to ``prompt_id``
    itself are left out, as it is about to be answered again. Attached files are part
    of their prompt's text.
    """
    messages = list(stored)
    answers = {
        message.reply_to: message
        for message in messages
        if message.role is Role.ASSISTANT and message.content
    }
    turns = [Message(Role.SYSTEM, system)] if system else []
    for message in messages:
        if message.role is not Role.USER:
            continue
        turns.append(Message(Role.USER, *joined(message.content, message.files)))
        if message.id == prompt_id:
            break
        if answer := answers.get(message.id):
            turns.append(Message(Role.ASSISTANT, answer.content))
    return tuple(turns)
