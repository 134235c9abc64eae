"""A store that forgets with the program: for temporary conversations."""

from __future__ import annotations

from dataclasses import replace

from services.domain import AnswerFacts, AnswerStatus, StoredMessage


class MemoryStore:
    """``ConversationStore`` in memory. Nothing of it touches the disk."""

    def __init__(self) -> None:
        self._conversations: dict[str, dict[str, StoredMessage]] = {}

    async def add_prompt(self, message: StoredMessage, *, user_id: str, title: str) -> None:
        """Keep a person's message; the title is not needed here."""
        self.put(message)

    async def begin_answer(self, answer: StoredMessage) -> None:
        """Keep an answer that starts to stream."""
        self.put(answer)

    async def grow_answer(self, answer_id: str, content: str) -> None:
        """Replace a streaming answer's text."""
        if answer := self.find(answer_id):
            self.put(replace(answer, content=content))

    async def finish_answer(
        self, answer_id: str, content: str, status: AnswerStatus, facts: AnswerFacts
    ) -> None:
        """Keep an answer's end."""
        if answer := self.find(answer_id):
            self.put(replace(answer, content=content, status=status, facts=facts))

    async def messages(self, conversation_id: str) -> list[StoredMessage]:
        """All messages of a conversation in the order in which they came."""
        return list(self._conversations.get(conversation_id, {}).values())

    async def drop_after(self, conversation_id: str, message_id: str) -> None:
        """Forget what came after ``message_id``."""
        kept = self._conversations.get(conversation_id, {})
        ids = list(kept)
        if message_id in kept:
            for later in ids[ids.index(message_id) + 1 :]:
                del kept[later]

    def put(self, message: StoredMessage) -> None:
        """Keep ``message``, in the place of an earlier one with its id."""
        self._conversations.setdefault(message.conversation_id, {})[message.id] = message

    def find(self, message_id: str) -> StoredMessage | None:
        """The message with this id in any conversation."""
        for kept in self._conversations.values():
            if message_id in kept:
                return kept[message_id]
        return None

    def remove(self, message: StoredMessage) -> None:
        """Drop one message."""
        self._conversations.get(message.conversation_id, {}).pop(message.id, None)

    def forget(self, conversation_id: str) -> None:
        """Drop a conversation."""
        self._conversations.pop(conversation_id, None)
