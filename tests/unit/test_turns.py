"""Which stored messages a model is given."""

from __future__ import annotations

from datetime import UTC, datetime

from services.domain import Message, Role, StoredMessage
from services.turns import model_turns

NOW = datetime.now(UTC)


def said(name: str, text: str) -> StoredMessage:
    """A person's message."""
    return StoredMessage(name, "c", Role.USER, text, NOW)


def answered(name: str, prompt: str, text: str) -> StoredMessage:
    """An answer to ``prompt``."""
    return StoredMessage(name, "c", Role.ASSISTANT, text, NOW, reply_to=prompt)


def test_prompts_and_answers_alternate_up_to_the_prompt() -> None:
    """The conversation ends with the prompt that is to be answered."""
    stored = [said("1", "a"), answered("2", "1", "b"), said("3", "c"), answered("4", "3", "d")]
    assert model_turns(stored, "3", "S") == (
        Message(Role.SYSTEM, "S"),
        Message(Role.USER, "a"),
        Message(Role.ASSISTANT, "b"),
        Message(Role.USER, "c"),
    )


def test_the_newest_answer_of_a_prompt_counts() -> None:
    """After asking again, the later answer is the one that the model sees."""
    stored = [said("1", "a"), answered("2", "1", "old"), said("3", "c"), answered("4", "1", "new")]
    assert [turn.content for turn in model_turns(stored, "3")] == ["a", "new", "c"]


def test_an_answer_without_text_is_left_out() -> None:
    """A failed answer does not become an empty turn."""
    stored = [said("1", "a"), answered("2", "1", ""), said("3", "c")]
    assert [turn.content for turn in model_turns(stored, "3")] == ["a", "c"]


def test_a_later_prompt_does_not_reach_back() -> None:
    """Answering an earlier prompt again sees nothing of what came after it."""
    stored = [said("1", "a"), answered("2", "1", "b"), said("3", "later")]
    assert [turn.content for turn in model_turns(stored, "1")] == ["a"]
