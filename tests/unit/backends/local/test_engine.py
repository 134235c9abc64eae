"""The engine with a worker that does what it is told."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from services.backends.local.backoff import Backoff
from services.backends.local.engine import LocalEngineBackend
from services.backends.local.supervisor import Patience
from services.domain import BackendStatus, Finish, FinishReason, Site, Token, Usage, Waiting
from services.errors import (
    BackendBusy,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
)
from tests.unit.backends.local.conftest import MakeEngine, ask, is_gone, until, whole


async def test_an_answer_streams_and_ends_in_one_finish(make_engine: MakeEngine) -> None:
    """Tokens in order, then the figures."""
    engine = make_engine()
    text, finish = await whole(ask(engine, "say:Grüße say:🎉"))
    assert text == "Grüße🎉"
    assert finish == Finish(FinishReason.STOP, "fine", Usage(1, 2))
    assert engine.site is Site.LOCAL


async def test_an_answer_may_be_empty(make_engine: MakeEngine) -> None:
    """No token at all is legal."""
    text, finish = await whole(ask(make_engine(), ""))
    assert (text, finish.usage.completion_tokens) == ("", 0)


async def test_no_process_runs_before_the_first_prompt(make_engine: MakeEngine) -> None:
    """The engine costs nothing until it is needed, and is ready on demand."""
    engine = make_engine()
    assert engine.pid is None
    assert engine.context_window is None
    assert engine.status() == BackendStatus("ready", "fine", queue=0)


async def test_it_can_be_loaded_beforehand(make_engine: MakeEngine) -> None:
    """``warm_up`` starts the process and learns the window; it says so meanwhile."""
    engine = make_engine()
    warming = asyncio.create_task(engine.warm_up())
    await until(lambda: engine.status().state == "loading")
    await warming
    assert engine.status() == BackendStatus("ready", "fine", runtime="fake", queue=0)
    assert engine.context_window == 2048
    assert engine.pid is not None


async def test_one_process_serves_many_prompts(make_engine: MakeEngine) -> None:
    """It is not started again for each."""
    engine = make_engine()
    first, _ = await whole(ask(engine, "pid"))
    second, _ = await whole(ask(engine, "pid"))
    assert first == second == str(engine.pid)


async def test_prompts_at_once_are_answered_in_order_and_not_mixed(
    make_engine: MakeEngine,
) -> None:
    """Each conversation gets its own tokens, first come, first served."""
    engine, finished = make_engine(), list[int]()

    async def converse(number: int) -> str:
        text, _ = await whole(ask(engine, f"say:{number} " * 3))
        finished.append(number)
        return text

    texts = await asyncio.gather(*(converse(number) for number in range(8)))
    assert texts == [str(number) * 3 for number in range(8)]
    assert finished == list(range(8))


async def test_who_waits_is_told_the_place(make_engine: MakeEngine) -> None:
    """Places count down before the first token; conversations take turns."""
    engine = make_engine()
    running = ask(engine, "endless", conversation="a")
    await anext(running)

    async def events(conversation: str) -> list[object]:
        return [event async for event in ask(engine, "say:x", conversation=conversation)]

    waiting = []
    for place, conversation in enumerate(("b", "b", "c"), 1):
        waiting.append(asyncio.create_task(events(conversation)))
        await until(lambda place=place: engine.waiting == place)  # type: ignore[misc]
    assert engine.status().queue == 4
    await running.aclose()
    first, second, other = await asyncio.gather(*waiting)
    assert first[:-1] == [Waiting(1), Waiting(0), Token("x")]
    assert second[:-1] == [Waiting(ahead) for ahead in (2, 3, 2, 1, 0)] + [Token("x")]
    assert other[:-1] == [Waiting(ahead) for ahead in (2, 1, 0)] + [Token("x")]


async def test_a_full_queue_refuses_at_once(make_engine: MakeEngine) -> None:
    """One answers, two wait, the next hears that it is busy."""
    engine = make_engine(waiting_limit=2)
    running = ask(engine, "endless")
    await anext(running)
    waiting = [asyncio.create_task(whole(ask(engine, "say:x"))) for _ in range(2)]
    await until(lambda: engine.waiting == 2)
    with pytest.raises(BackendBusy):
        await anext(ask(engine, "say:y"))
    await running.aclose()
    assert [text for text, _ in await asyncio.gather(*waiting)] == ["x", "x"]


async def test_stopping_frees_the_engine_for_the_next(make_engine: MakeEngine) -> None:
    """The process goes on; the stopped answer sends nothing into the next one."""
    engine = make_engine()
    async with aclosing(ask(engine, "endless")) as stream:
        assert isinstance(await anext(stream), Token)
        pid = engine.pid
    text, _ = await whole(ask(engine, "say:next"))
    assert text == "next"
    assert engine.pid == pid


async def test_a_prompt_that_gives_up_in_the_queue_is_never_asked(
    make_engine: MakeEngine,
) -> None:
    """Cancelling while waiting leaves the queue in order."""
    engine = make_engine()
    running = ask(engine, "endless")
    await anext(running)
    given_up = asyncio.create_task(whole(ask(engine, "crash")))
    patient = asyncio.create_task(whole(ask(engine, "say:x")))
    await until(lambda: engine.waiting == 2)
    given_up.cancel()
    await until(lambda: engine.waiting == 1)
    await running.aclose()
    text, _ = await patient
    assert text == "x"


async def test_a_deaf_worker_is_replaced(make_engine: MakeEngine) -> None:
    """If a cancellation is not heard in time, the process is ended."""
    engine = make_engine(patience=Patience(cancel=0.05))
    stream = ask(engine, "say:x hang")
    await anext(stream)
    pid = engine.pid
    await stream.aclose()
    text, _ = await whole(ask(engine, "pid"))
    assert text == str(engine.pid) != str(pid)


async def test_a_silent_worker_is_given_up(make_engine: MakeEngine) -> None:
    """An answer that stalls ends in an error, and the next one works."""
    engine = make_engine(patience=Patience(silence=0.2))
    await engine.warm_up()
    stream = ask(engine, "say:x hang")
    assert await anext(stream) == Token("x")
    with pytest.raises(BackendTimeout) as caught:
        await anext(stream)
    assert caught.value.text_key == "error.local_silent"
    assert (await whole(ask(engine, "say:y")))[0] == "y"


@pytest.mark.parametrize("fault", ["crash", "garbage"])
async def test_a_crash_keeps_what_was_streamed_and_the_next_prompt_works(
    make_engine: MakeEngine, fault: str
) -> None:
    """Tokens first, then one error; the process is started anew."""
    engine = make_engine()
    stream = ask(engine, f"say:a say:b {fault} hang")
    assert await anext(stream) == Token("a")
    assert await anext(stream) == Token("b")
    with pytest.raises(BackendUnavailable) as caught:
        await anext(stream)
    assert caught.value.text_key == "error.local_crashed"
    assert (engine.status().state, engine.status().detail) == ("ready", None)
    assert (await whole(ask(engine, "say:c")))[0] == "c"


async def test_those_who_wait_are_not_hurt_by_a_crash(make_engine: MakeEngine) -> None:
    """Only the answer that was being written is lost."""
    engine = make_engine()
    running = ask(engine, "say:a crash")
    await anext(running)
    waiting = asyncio.create_task(whole(ask(engine, "say:x")))
    await until(lambda: engine.waiting == 1)
    with pytest.raises(BackendUnavailable):
        await anext(running)
    assert (await waiting)[0] == "x"


async def test_a_worker_that_keeps_crashing_gets_a_rest(make_engine: MakeEngine) -> None:
    """After repeated crashes prompts are refused at once, with the time to wait."""
    engine = make_engine("crashes", backoff=Backoff(first=60.0, longest=60.0))
    for _ in range(2):
        with pytest.raises(BackendUnavailable) as caught:
            await whole(ask(engine, "say:x"))
        assert caught.value.text_key == "error.local_crashed"
    with pytest.raises(BackendUnavailable) as caught:
        await whole(ask(engine, "say:x"))
    assert caught.value.text_key == "error.local_resting"
    assert engine.pid is None
    assert engine.status() == BackendStatus("down", "crashes", "error.local_crashed", queue=0)


async def test_a_short_rest_is_waited_for(make_engine: MakeEngine) -> None:
    """A pause that is soon over does not refuse the prompt."""
    engine = make_engine(backoff=Backoff(first=0.05, longest=0.05))
    for _ in range(3):
        with pytest.raises(BackendUnavailable):
            await whole(ask(engine, "crash"))
    assert (await whole(ask(engine, "say:x")))[0] == "x"


async def test_a_model_that_cannot_be_loaded_says_why(make_engine: MakeEngine) -> None:
    """The worker's reason reaches the person, each time anew, and the status."""
    engine = make_engine("missing")
    for _ in range(3):
        with pytest.raises(BackendUnavailable) as caught:
            await whole(ask(engine, "say:x"))
        assert caught.value.text_key == "error.local_model_missing"
    expected = BackendStatus("down", "missing", "error.local_model_missing", queue=0)
    assert engine.status() == expected


async def test_loading_that_takes_for_ever_is_given_up(make_engine: MakeEngine) -> None:
    """A prompt is not held for longer than the patience for loading."""
    engine = make_engine("silent", patience=Patience(load=0.05))
    with pytest.raises(BackendTimeout) as caught:
        await whole(ask(engine, "say:x"))
    assert caught.value.text_key == "error.local_load_timeout"


async def test_giving_up_while_loading_does_not_stop_the_loading(
    make_engine: MakeEngine,
) -> None:
    """The next prompt finds the model loaded by the process that was started first."""
    engine = make_engine()
    first = asyncio.create_task(whole(ask(engine, "say:x")))
    await until(lambda: engine.pid is not None)
    pid = engine.pid
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await whole(ask(engine, "pid")))[0] == str(pid)


async def test_a_rejected_prompt_hurts_nobody(make_engine: MakeEngine) -> None:
    """The worker's class of error is kept, and the process too."""
    engine = make_engine()
    with pytest.raises(BackendRejected) as caught:
        await whole(ask(engine, "reject"))
    assert caught.value.text_key == "error.local_too_long"
    assert engine.status().state == "ready"
    assert (await whole(ask(engine, "say:x")))[0] == "x"


async def test_an_unused_model_is_unloaded_and_comes_back(make_engine: MakeEngine) -> None:
    """Memory is given back after the idle time; the next prompt loads again."""
    engine = make_engine(patience=Patience(idle=0.05))
    pid, _ = await whole(ask(engine, "pid"))
    await until(lambda: is_gone(int(pid)))
    assert engine.pid is None
    assert engine.status() == BackendStatus("ready", "fine", queue=0)
    assert (await whole(ask(engine, "say:x")))[0] == "x"


async def test_a_long_answer_is_not_idle(make_engine: MakeEngine) -> None:
    """The idle time counts from the end of the last answer."""
    engine = make_engine(patience=Patience(idle=0.02))
    async with aclosing(ask(engine, "endless")) as stream:
        await anext(stream)
        pid = engine.pid
        for _ in range(5):
            await asyncio.sleep(0.01)
            assert isinstance(await anext(stream), Token)
        assert engine.pid == pid


async def test_closing_ends_the_process_and_the_answer(make_engine: MakeEngine) -> None:
    """Nothing is left behind, and who listens is told."""
    engine = make_engine()
    stream = ask(engine, "say:x hang")
    await anext(stream)
    pid = engine.pid
    assert pid is not None
    await engine.aclose()
    assert is_gone(pid)
    with pytest.raises(BackendUnavailable) as caught:
        await anext(stream)
    assert caught.value.text_key == "error.local_stopped"


async def test_closing_refuses_those_who_wait(make_engine: MakeEngine) -> None:
    """No process is started for a prompt that was still in the queue."""
    engine = make_engine()
    running = ask(engine, "endless")
    await anext(running)
    waiting = asyncio.create_task(whole(ask(engine, "say:x")))
    await until(lambda: engine.waiting == 1)
    await engine.aclose()
    await running.aclose()
    with pytest.raises(BackendUnavailable) as caught:
        await waiting
    assert caught.value.text_key == "error.local_stopped"
    assert engine.pid is None


async def test_closing_while_loading_ends_the_process(make_engine: MakeEngine) -> None:
    """Even before it has said anything."""
    engine = make_engine("silent")
    asking = asyncio.create_task(whole(ask(engine, "say:x")))
    await until(lambda: engine.pid is not None)
    pid = engine.pid
    assert pid is not None
    await engine.aclose()
    assert is_gone(pid)
    with pytest.raises(BackendUnavailable):
        await asking


async def test_the_worker_knows_no_secret(make_engine: MakeEngine) -> None:
    """Keys of the application are not in the process's environment."""
    engine = make_engine(environ={"OPENAI_API_KEY": "made-up", "PATH": "/bin"})
    text, _ = await whole(ask(engine, "env:OPENAI_API_KEY env:ORT_DISABLE_TELEMETRY"))
    assert text == "unset1"


async def test_a_worker_that_cannot_be_started_is_reported(make_engine: MakeEngine) -> None:
    """A missing interpreter is an error like a crash, not a hang."""
    engine: LocalEngineBackend = make_engine(command=("/no/such/python",))
    with pytest.raises(BackendUnavailable):
        await whole(ask(engine, "say:x"))
