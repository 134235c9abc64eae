"""What fits a model's window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import Message, Role
from services.window import ELLIPSIS, essential, estimate_tokens, fit, shorten, was_shortened

SYSTEM = Message(Role.SYSTEM, "s" * 10)


def characters(message: Message) -> int:
    """One token a character: easy to reckon with."""
    return len(message.content)


def user(text: str) -> Message:
    return Message(Role.USER, text)


def assistant(text: str) -> Message:
    return Message(Role.ASSISTANT, text)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((), ()),
        ((SYSTEM,), (SYSTEM,)),
        ((user("a"), SYSTEM, assistant("b"), user("c")), (SYSTEM, user("c"))),
    ],
)
def test_system_prompts_and_the_newest_turn_are_essential(
    messages: tuple[Message, ...], expected: tuple[Message, ...]
) -> None:
    """They are what a model is given in any case, in their order."""
    assert essential(messages) == expected


def test_everything_stays_when_it_fits() -> None:
    """A conversation within the budget is returned as it is, nothing dropped."""
    messages = (SYSTEM, user("aa"), assistant("bb"), user("cc"))
    assert fit(messages, 16, characters) == (messages, 0)


def test_a_conversation_may_begin_with_an_answer_when_nothing_is_dropped() -> None:
    """A greeting before the first question is kept as long as all fits."""
    messages = (assistant("hello"), user("cc"))
    assert fit(messages, 7, characters) == (messages, 0)


def test_the_oldest_turns_go_first() -> None:
    """System prompt and newest turns stay; the oldest pair is left out."""
    messages = (SYSTEM, user("a" * 5), assistant("b" * 5), user("c" * 5), assistant("d"), user("e"))
    kept, dropped = fit(messages, 22, characters)
    assert kept == (SYSTEM, user("c" * 5), assistant("d"), user("e"))
    assert dropped == 2


def test_no_answer_without_its_question() -> None:
    """When only the answer of a pair would fit, the pair is left out whole."""
    messages = (user("a" * 50), assistant("b"), user("c"))
    assert fit(messages, 10, characters) == ((user("c"),), 2)


def test_system_prompts_keep_their_place() -> None:
    """A system prompt in mid-conversation stays between the turns that remain."""
    late = Message(Role.SYSTEM, "late")
    messages = (user("a" * 50), user("b"), late, user("c"))
    assert fit(messages, 10, characters) == ((user("b"), late, user("c")), 1)


def test_a_newest_message_beyond_the_window_loses_its_middle() -> None:
    """Beginning and end of a huge newest message stay, and it fits."""
    text = "start" + "x" * 1000 + "end"
    kept, dropped = fit((SYSTEM, user("old"), user(text)), 100, characters)
    assert kept[0] == SYSTEM
    assert dropped == 1
    newest = kept[1].content
    assert newest.startswith("start")
    assert newest.endswith("end")
    assert ELLIPSIS in newest
    assert sum(map(characters, kept)) <= 100
    assert len(newest) > 60


def test_a_huge_system_prompt_leaves_room_for_the_question() -> None:
    """A system prompt over half of the window is shortened, the question stays whole."""
    kept, _ = fit((Message(Role.SYSTEM, "s" * 1000), user("question?")), 100, characters)
    assert kept[1] == user("question?")
    assert sum(map(characters, kept)) <= 100


def test_turns_beyond_the_budget_are_not_counted() -> None:
    """Counting stops at the first old turn that does not fit."""
    counted: list[str] = []

    def count(message: Message) -> int:
        counted.append(message.content)
        return len(message.content)

    fit([user(str(i) * 10) for i in range(9)], 25, count)
    assert counted == ["8" * 10, "7" * 10, "6" * 10]


def test_only_system_prompts() -> None:
    """Without any turn there is nothing to drop."""
    assert fit((SYSTEM,), 1, characters) == ((SYSTEM,), 0)


@pytest.mark.parametrize(("text", "tokens"), [("", 4), ("a", 5), ("abcd", 5), ("abcde", 6)])
def test_the_estimate(text: str, tokens: int) -> None:
    """Four characters a token, rounded up, and four tokens for the template."""
    assert estimate_tokens(user(text)) == tokens


def test_shortening_gets_as_long_as_allowed() -> None:
    """A shortened message uses most of what it may."""
    short = shorten(user("x" * 100_000), 1000, estimate_tokens)
    assert 800 < estimate_tokens(short) <= 1000


@given(
    st.lists(st.builds(Message, st.sampled_from(Role), st.text(max_size=60)), max_size=12),
    st.integers(min_value=60, max_value=300),
)
def test_newest_and_system_always_stay(messages: list[Message], budget: int) -> None:
    """Whatever the conversation: its newest turn is last among the turns kept."""
    kept, dropped = fit(messages, budget, characters)
    turns = [m for m in messages if m.role is not Role.SYSTEM]
    kept_turns = [m for m in kept if m.role is not Role.SYSTEM]
    assert len(kept_turns) + dropped == len(turns)
    assert len([m for m in kept if m.role is Role.SYSTEM]) == len(messages) - len(turns)
    if turns:
        assert kept_turns[-1].role is turns[-1].role
        assert kept_turns[-1].content[:8] == turns[-1].content[:8]


def test_a_shortened_message_is_told() -> None:
    """Leaving out whole turns shortens nothing; cutting the newest one does."""
    talk = (SYSTEM, user("a" * 50), assistant("b" * 50), user("c" * 50))
    assert not was_shortened(talk, fit(talk, 60, characters)[0])
    assert was_shortened(talk, fit(talk, 40, characters)[0])
