"""What every backend keeps to; see :class:`services.ports.ChatBackend`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import pytest

from services.domain import Finish, GenerationOptions, Message, Role, StreamEvent, Token
from services.errors import BackendError
from services.ports import ChatBackend
from tests.contract.rigs import BACKENDS, BEHAVIOURS, Rig, RigMaker

PROMPT = (Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Say hello, please."))
SHORT = GenerationOptions(max_tokens=32, temperature=0.0)
OPEN = GenerationOptions(temperature=0.0)


async def ask(
    backend: ChatBackend,
    messages: Sequence[Message] = PROMPT,
    options: GenerationOptions = SHORT,
) -> list[StreamEvent]:
    async with aclosing(backend.stream(messages, options)) as events:
        return [event async for event in events]


async def ask_into(seen: list[StreamEvent], backend: ChatBackend) -> None:
    """Like :func:`ask`, but what came before an error is kept."""
    async with aclosing(backend.stream(PROMPT, OPEN)) as events:
        async for event in events:
            seen.append(event)


def text_of(events: Sequence[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token))


async def first_tokens(events: AsyncIterator[StreamEvent], number: int) -> list[StreamEvent]:
    return [await anext(events) for _ in range(number)]


@pytest.mark.parametrize("maker", BACKENDS, ids=lambda maker: str(maker.name))
def test_what_cannot_be_tested_is_explained(maker: RigMaker) -> None:
    """Each exception names a known behaviour and its reason."""
    assert set(maker.cannot) <= set(BEHAVIOURS)
    assert all(len(reason) > 10 for reason in maker.cannot.values())


@pytest.mark.provokes("answers")
async def test_tokens_then_exactly_one_finish(rig: Rig) -> None:
    """An answer is non-empty pieces of text in order, then one Finish with its figures."""
    expected = await rig.provoke("answers")
    *tokens, finish = await ask(rig.backend)
    assert tokens
    assert all(isinstance(token, Token) and token.text for token in tokens)
    assert expected is None or text_of(tokens) == expected
    assert isinstance(finish, Finish)
    assert finish.model
    assert finish.usage.prompt_tokens > 0
    assert finish.usage.completion_tokens > 0
    assert finish.dropped_turns == 0


@pytest.mark.provokes("answers")
async def test_the_conversation_is_left_as_it_was(rig: Rig) -> None:
    """A backend changes neither the messages nor the list that holds them."""
    await rig.provoke("answers")
    messages = [*PROMPT, Message(Role.ASSISTANT, "Hello."), Message(Role.USER, "Again \ud800!")]
    before = list(messages)
    await ask(rig.backend, messages)
    assert messages == before


@pytest.mark.provokes("shows_messages")
async def test_the_model_is_given_the_conversation(rig: Rig) -> None:
    """All turns arrive in order and as they were, but for what is no Unicode text."""
    await rig.provoke("shows_messages")
    messages = [*PROMPT, Message(Role.ASSISTANT, "Grüße 👋"), Message(Role.USER, "a\ud800b\n c")]
    await ask(rig.backend, messages)
    assert rig.given() == [*messages[:-1], Message(Role.USER, "a\ufffdb\n c")]


@pytest.mark.provokes("endless", "answers")
async def test_closing_the_stream_frees_the_model(rig: Rig) -> None:
    """After ``aclose`` nobody works on the answer, and the next prompt is answered."""
    await rig.provoke("endless")
    events = rig.backend.stream(PROMPT, OPEN)
    await first_tokens(events, 3)
    await events.aclose()
    await rig.freed()
    await rig.provoke("answers")
    assert isinstance((await ask(rig.backend))[-1], Finish)


@pytest.mark.provokes("endless")
async def test_cancelling_the_task_frees_the_model(rig: Rig) -> None:
    """A task that is cancelled in mid-answer, as by Stop, leaves nothing running."""
    await rig.provoke("endless")
    begun = asyncio.Event()

    async def consume() -> None:
        async with aclosing(rig.backend.stream(PROMPT, OPEN)) as events:
            async for _ in events:
                begun.set()

    task = asyncio.create_task(consume())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await rig.freed()


@pytest.mark.provokes("answers")
async def test_a_stream_that_was_never_read_is_closed_quietly(rig: Rig) -> None:
    """Asking happens on the first read, so closing before it is harmless."""
    await rig.provoke("answers")
    await rig.backend.stream(PROMPT, SHORT).aclose()


@pytest.mark.provokes("fails_before", "answers")
async def test_an_error_before_the_first_token(rig: Rig) -> None:
    """It is one of ours, says a sentence in both languages, and is not the end."""
    await rig.provoke("fails_before")
    with pytest.raises(BackendError) as caught:
        await ask(rig.backend)
    assert caught.value.sentence("en") != caught.value.sentence("de")
    await rig.provoke("answers")
    assert isinstance((await ask(rig.backend))[-1], Finish)


@pytest.mark.provokes("fails_inside", "answers")
async def test_an_error_between_tokens(rig: Rig) -> None:
    """What came before the error is given out first, and there is no Finish."""
    expected = await rig.provoke("fails_inside")
    seen: list[StreamEvent] = []
    with pytest.raises(BackendError):
        await ask_into(seen, rig.backend)
    assert seen
    assert all(isinstance(event, Token) for event in seen)
    assert expected is None or text_of(seen) == expected
    await rig.provoke("answers")
    assert isinstance((await ask(rig.backend))[-1], Finish)


@pytest.mark.provokes("unicode_split")
async def test_characters_are_never_torn(rig: Rig) -> None:
    """A character that arrives in pieces is given out whole, in one token."""
    expected = await rig.provoke("unicode_split")
    events = await ask(rig.backend)
    for token in events[:-1]:
        assert isinstance(token, Token)
        token.text.encode("utf-8")
        assert "\ufffd" not in token.text
    assert expected is None or text_of(events) == expected


@pytest.mark.provokes("empty")
async def test_an_empty_answer(rig: Rig) -> None:
    """An answer without text is a lone Finish."""
    await rig.provoke("empty")
    [finish] = await ask(rig.backend)
    assert isinstance(finish, Finish)


@pytest.mark.provokes("very_long")
async def test_a_very_long_answer(rig: Rig) -> None:
    """Nothing of 200,000 pieces is lost."""
    expected = await rig.provoke("very_long")
    events = await ask(rig.backend, options=OPEN)
    assert isinstance(events[-1], Finish)
    assert expected is None or text_of(events) == expected


@pytest.mark.provokes("answers")
async def test_two_answers_at_once(rig: Rig) -> None:
    """Two conversations stream side by side without mixing."""
    expected = await rig.provoke("answers")
    one, two = await asyncio.gather(ask(rig.backend), ask(rig.backend))
    assert text_of(one) == text_of(two)
    assert expected is None or text_of(one) == expected
    assert [isinstance(event, Finish) for event in one].count(True) == 1
    assert [isinstance(event, Finish) for event in two].count(True) == 1


@pytest.mark.provokes("small_window", "shows_messages")
async def test_a_long_conversation_is_fitted(rig: Rig) -> None:
    """The oldest turns go, system prompt and newest turn stay, and there is no error."""
    await rig.provoke("small_window")
    turns = [
        Message(Role.USER if i % 2 == 0 else Role.ASSISTANT, f"turn {i} " * 20) for i in range(40)
    ]
    newest = Message(Role.USER, "and now?")
    *_, finish = await ask(rig.backend, [PROMPT[0], *turns, newest])
    assert isinstance(finish, Finish)
    assert finish.dropped_turns == 40
    assert rig.given() == [PROMPT[0], newest]


@pytest.mark.provokes("answers")
async def test_the_state_is_told_from_memory(rig: Rig) -> None:
    """The state is there at once, and ready after an answer."""
    await rig.provoke("answers")
    await ask(rig.backend)
    start = time.process_time()
    states = {rig.backend.status().state for _ in range(100)}
    assert states == {"ready"}
    assert time.process_time() - start < 1.0
