"""The engine on the real, built-in model."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import aclosing
from pathlib import Path

import pytest

from services.backends.local import protocol
from services.backends.local.child import PROJECT
from services.backends.local.engine import LocalEngineBackend
from services.backends.local.model_ref import BUILTIN_DIRECTORY, ModelRef
from services.backends.local.onnx_runtime import OnnxRuntime
from services.backends.local.runtime import Outcome, Sampling, Sure
from services.backends.local.worker import load
from services.domain import FinishReason, GenerationOptions, Message, Role, Token
from services.errors import BackendUnavailable
from tests.unit.backends.local.conftest import ask, is_gone, until, user, whole

SYSTEM = Message(Role.SYSTEM, "Be kind.")
GREEDY = GenerationOptions(temperature=0.0, max_tokens=60)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[LocalEngineBackend]:
    """The engine as the application makes it."""
    engine = LocalEngineBackend(ModelRef("builtin", BUILTIN_DIRECTORY, verified=True), tmp_path)
    yield engine
    await engine.aclose()


def _fresh(messages: tuple[Message, ...], max_tokens: int = 60) -> tuple[str, Outcome]:
    """The greedy answer of a runtime that has not seen anything yet."""
    return _run(OnnxRuntime(BUILTIN_DIRECTORY), messages, max_tokens)


def _text(piece: str | Sure) -> str:
    return "" if isinstance(piece, Sure) else piece


def _run(
    runtime: OnnxRuntime, messages: tuple[Message, ...], max_tokens: int = 60
) -> tuple[str, Outcome]:
    sampling = Sampling(max_tokens=max_tokens, temperature=0.0)
    pieces, text = runtime.generate(messages, sampling, _After()), ""
    while True:
        try:
            text += _text(next(pieces))
        except StopIteration as stop:
            return text, stop.value


async def test_it_streams_the_models_answer_and_counts_exactly(
    engine: LocalEngineBackend,
) -> None:
    """Text, usage and confidence are those of the model itself."""
    messages = (SYSTEM, Message(Role.USER, "Grüße aus München 🎉"))
    text, finish = await whole(engine.stream(messages, GREEDY))
    expected, outcome = _fresh(messages)
    assert text == expected
    assert finish.usage.prompt_tokens == outcome.prompt_tokens
    assert finish.usage.completion_tokens == outcome.completion_tokens
    assert not finish.usage.estimated
    assert finish.confidence == pytest.approx(outcome.confidence)
    assert finish.model == "builtin"
    assert engine.context_window == 2048


async def test_both_runtimes_give_the_same_greedy_answer(
    engine: LocalEngineBackend, tmp_path: Path
) -> None:
    """Foundry Local on the registered folder, twice, and ONNX Runtime GenAI agree."""
    messages = (SYSTEM, Message(Role.USER, "Was kannst du? 🎉"))
    direct, finish = await whole(engine.stream(messages, GREEDY))
    for _ in range(2):  # the second process finds the model registered
        foundry = LocalEngineBackend(
            ModelRef("builtin", BUILTIN_DIRECTORY), tmp_path, runtime="foundry"
        )
        try:
            text, other = await whole(foundry.stream(messages, GREEDY))
        finally:
            await foundry.aclose()
        assert text == direct
        assert other.usage.prompt_tokens == finish.usage.prompt_tokens
        assert other.reason == finish.reason
    assert (tmp_path / "foundry").is_dir()


async def test_the_limit_of_tokens_is_kept(engine: LocalEngineBackend) -> None:
    """``max_tokens`` ends the answer; without it a limit of ours does."""
    _, finish = await whole(ask(engine, "Hello", max_tokens=3, temperature=0.0))
    assert finish.usage.completion_tokens <= 3
    _, unlimited = await whole(ask(engine, "Hello", temperature=0.0))
    assert unlimited.usage.completion_tokens <= 1024


def _work(pid: int | None) -> int:
    """Processor time of a process, in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _threads(pid: int | None) -> int:
    """How many threads a process has once it does nothing."""
    before = -1
    while before != (before := _work(pid)):
        time.sleep(0.1)
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_the_number_of_threads_can_be_set(tmp_path: Path) -> None:
    """Four threads are three more than one, and the answer is the same."""
    counted, texts = [], []
    for threads in (1, 4):
        engine = LocalEngineBackend(
            ModelRef("builtin", BUILTIN_DIRECTORY), tmp_path, threads=threads
        )
        try:
            text, _ = await whole(engine.stream(user("Hello"), GREEDY))
            counted.append(await asyncio.to_thread(_threads, engine.pid))
        finally:
            await engine.aclose()
        texts.append(text)
    assert counted[1] - counted[0] == 3
    assert texts[0] == texts[1]


async def test_a_stop_sequence_ends_the_answer(engine: LocalEngineBackend) -> None:
    """The sequence itself is not shown."""
    text, _ = await whole(ask(engine, "Hello", max_tokens=20, temperature=0.0))
    middle = text[len(text) // 2]
    stopped, finish = await whole(
        ask(engine, "Hello", max_tokens=20, temperature=0.0, stop=(middle,))
    )
    assert stopped == text[: text.index(middle)]
    assert finish.reason is FinishReason.STOP


async def test_a_seed_makes_a_random_answer_repeatable(engine: LocalEngineBackend) -> None:
    """Same seed, same answer; another seed, another one."""

    async def sampled(seed: int) -> str:
        text, _ = await whole(
            ask(engine, "Hello", max_tokens=30, temperature=1.5, top_p=1.0, seed=seed)
        )
        return text

    assert await sampled(1) == await sampled(1) != await sampled(2)


async def test_a_stopped_answer_frees_the_engine(engine: LocalEngineBackend) -> None:
    """The next prompt gets exactly the answer that it gets without the stopped one."""
    expected, _ = _fresh(user("Second"))
    await engine.warm_up()
    pid = engine.pid
    for _ in range(5):
        async with aclosing(ask(engine, "First " * 50)) as stream:
            while not isinstance(await anext(stream), Token):
                pass  # the one before is still being stopped
        text, _ = await whole(engine.stream(user("Second"), GREEDY))
        assert text == expected
    assert engine.pid == pid


async def test_an_answer_can_be_stopped_while_its_prompt_is_read(
    engine: LocalEngineBackend,
) -> None:
    """Reading is done in steps, so that the engine is free again in the middle."""
    await engine.warm_up()
    pid = engine.pid
    task = asyncio.create_task(anext(ask(engine, "word " * 1400)))
    await until(lambda: bool(engine._supervisor._jobs))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    text, _ = await whole(engine.stream(user("Second"), GREEDY))
    assert (text, engine.pid) == (_fresh(user("Second"))[0], pid)


async def test_a_killed_engine_loses_one_answer_only(engine: LocalEngineBackend) -> None:
    """kill -9 in mid-answer: the tokens so far, one error, and the next prompt works."""
    stream = ask(engine, "List all settings")  # the longest answer that it knows
    assert isinstance(await anext(stream), Token)
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    with pytest.raises(BackendUnavailable) as caught:
        async for _ in stream:
            pass
    assert caught.value.text_key == "error.local_crashed"
    text, _ = await whole(engine.stream(user("Second"), GREEDY))
    assert text == _fresh(user("Second"))[0]


@pytest.mark.parametrize("doing", ["idle", "answering"])
async def test_no_engine_outlives_a_killed_application(tmp_path: Path, doing: str) -> None:
    """kill -9 of the application ends its engine too, in the middle of an answer or not."""
    parent = subprocess.Popen(  # noqa: ASYNC220 - a plain parent that can be killed
        [sys.executable, "-m", "tests.unit.backends.local.parent", str(tmp_path), doing],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(await asyncio.to_thread(parent.stdout.readline))
    if doing == "answering":
        await asyncio.to_thread(parent.stdout.readline)
    assert not is_gone(pid)
    parent.kill()
    await asyncio.to_thread(parent.communicate)
    await until(lambda: is_gone(pid))


async def test_conversations_at_once_get_their_own_answers(engine: LocalEngineBackend) -> None:
    """Interleaved prompts do not disturb each other's cache."""
    prompts = ["Hello", "Guten Tag", "What is privacy?", "Wie geht es dir? 🎉"]
    answers = await asyncio.gather(
        *(whole(engine.stream((SYSTEM, *user(prompt)), GREEDY)) for prompt in prompts * 2)
    )
    expected = [_fresh((SYSTEM, *user(prompt)))[0] for prompt in prompts]
    assert [text for text, _ in answers] == expected * 2


async def test_a_conversation_that_has_grown_too_long_goes_on(
    engine: LocalEngineBackend,
) -> None:
    """Old turns are left out, the answer says how many, and there is room for it."""
    turns = [
        Message(role, f"turn {number} " + "Straße 🎉 " * 20)
        for number in range(60)
        for role in (Role.USER, Role.ASSISTANT)
    ]
    messages = (SYSTEM, *turns, Message(Role.USER, "And now?"))
    _, finish = await whole(engine.stream(messages, GenerationOptions(max_tokens=50)))
    assert 0 < finish.dropped_turns < len(turns)
    assert not finish.shortened
    assert finish.usage.prompt_tokens <= 2048 - 50
    assert finish.usage.prompt_tokens > 2048 - 50 - 400


async def test_a_person_can_have_less_read(engine: LocalEngineBackend) -> None:
    """A short look back leaves out old turns, and never shortens the newest one."""
    old, reply = Message(Role.USER, "Hello there. " * 60), Message(Role.ASSISTANT, "Hi.")
    short = GenerationOptions(max_tokens=5, context_tokens=100)
    messages = (SYSTEM, old, reply, Message(Role.USER, "And now?"))
    _, finish = await whole(engine.stream(messages, short))
    assert (finish.dropped_turns, finish.usage.prompt_tokens <= 100) == (2, True)
    newest = (SYSTEM, reply, Message(Role.USER, "Hello there. " * 100))
    _, finish = await whole(engine.stream(newest, short))
    assert finish.dropped_turns == 1
    assert finish.usage.prompt_tokens == _fresh((SYSTEM, newest[-1]), 1)[1].prompt_tokens


@pytest.mark.parametrize("length", [10_000, 1_000_000])
async def test_one_message_that_is_too_long_is_shortened(
    engine: LocalEngineBackend, length: int
) -> None:
    """Even a megabyte gets an answer."""
    text = ("Schöne Grüße 🎉 " * (length // 14 + 1))[:length]
    _, finish = await whole(ask(engine, text, max_tokens=5))
    assert 1500 < finish.usage.prompt_tokens <= 2048 - 5
    assert finish.shortened


@pytest.mark.parametrize(
    "text", ["\x00", "a\x00b", "\ud800", "🎉" * 300, "<|im_end|>" * 50, " ", "\u202e\u200d"]
)
async def test_hostile_text_gets_an_answer(engine: LocalEngineBackend, text: str) -> None:
    """NUL, lone surrogates, emoji, control tokens and invisible characters are only text."""
    _, finish = await whole(ask(engine, text, max_tokens=5))
    assert finish.usage.prompt_tokens > 5


def test_the_tokenizer_gives_back_what_it_was_given() -> None:
    """Streamed piece by piece, no character is cut or lost."""
    runtime = OnnxRuntime(BUILTIN_DIRECTORY)
    text = "Über 🎉 schöne Straßen, 漢字 und 👩‍👩‍👧‍👦 – naïve café\n\ttab"
    stream = runtime._tokenizer.stream()
    pieces = [stream.decode(token) for token in runtime._tokenizer.encode(text)]
    assert "".join(pieces) == text
    assert not any("\ufffd" in piece for piece in pieces)


@pytest.mark.parametrize("rest", [True, False], ids=["settled", "at once"])
def test_a_cached_conversation_equals_a_fresh_one(rest: bool) -> None:
    """Follow-ups, edits, asking again and another conversation in between."""
    runtime = OnnxRuntime(BUILTIN_DIRECTORY)
    messages: tuple[Message, ...] = (SYSTEM, Message(Role.USER, "Hello, who are you? " * 3))
    other = (Message(Role.USER, "Etwas ganz anderes, bitte. " * 4),)
    for turn in range(4):
        answer = _run(runtime, messages)
        assert answer == _fresh(messages)
        if rest:
            runtime.settle(_After())
        assert _run(runtime, messages) == answer
        assert _run(runtime, other) == _fresh(other)
        follow_up = Message(Role.USER, f"And then, number {turn}? " * 4)
        messages = (*messages, Message(Role.ASSISTANT, answer[0]), follow_up)
    edited = (*messages[:-3], Message(Role.USER, "No, like this instead."))
    assert _run(runtime, edited) == _fresh(edited)


def _oddly_cut_answer(runtime: OnnxRuntime, messages: tuple[Message, ...]) -> str:
    """An answer that the tokenizer would cut into other tokens than the model did."""
    for seed in range(100):
        wild = Sampling(max_tokens=40, temperature=100.0, seed=seed)
        answer = "".join(map(_text, runtime.generate(messages, wild, _After())))
        again, own = runtime._encode((*messages, Message(Role.ASSISTANT, answer)))
        if own != runtime._plain(again):
            return answer
    raise AssertionError("the model never leaves the tokenizer's way")


def test_an_answer_comes_back_by_the_models_own_tokens() -> None:
    """However oddly it was cut, it is not read again; results are those of the same tokens."""
    runtime = OnnxRuntime(BUILTIN_DIRECTORY)
    messages: tuple[Message, ...] = (SYSTEM, Message(Role.USER, "Hello, who are you? " * 3))
    messages = (*messages, Message(Role.ASSISTANT, _oddly_cut_answer(runtime, messages)))
    messages = (*messages, Message(Role.USER, "And then?"))
    text, _ = _run(runtime, messages)
    runtime.settle(_After())
    slot = runtime._cache.newest()
    assert slot is not None
    messages = (*messages, Message(Role.ASSISTANT, text), Message(Role.USER, "Why?"))
    ids = runtime._encode(messages)[1]
    assert ids[: len(slot.read)] == slot.read
    fresh = OnnxRuntime(BUILTIN_DIRECTORY)
    assert fresh._encode(messages)[1] != ids
    fresh._own = runtime._own
    assert _run(runtime, messages) == _run(fresh, messages)
    edited = (messages[0], Message(Role.USER, "No."), *messages[2:])
    assert runtime._encode(edited) == OnnxRuntime(BUILTIN_DIRECTORY)._encode(edited)


def test_what_a_stop_sequence_cut_off_does_not_come_back() -> None:
    """The shown text alone is the answer, not the tokens that were thrown away."""
    runtime = OnnxRuntime(BUILTIN_DIRECTORY)
    text, _ = _run(runtime, user("Hello"))
    sampling = Sampling(max_tokens=60, temperature=0.0, stop=(text[len(text) // 2 :],))
    shown = "".join(map(_text, runtime.generate(user("Hello"), sampling, _After())))
    assert shown == text[: len(text) // 2]
    follow_up = (*user("Hello"), Message(Role.ASSISTANT, shown), *user("And?"))
    assert runtime._encode(follow_up) == OnnxRuntime(BUILTIN_DIRECTORY)._encode(follow_up)


def test_many_conversations_share_a_small_memory() -> None:
    """With room for one conversation, each is forgotten for the next without a trace."""
    runtime = OnnxRuntime(BUILTIN_DIRECTORY, cache_bytes=1)
    prompts = [user(f"Question {number}, please. " * 8) for number in range(3)]
    for prompt in prompts * 2:
        assert _run(runtime, prompt) == _fresh(prompt)


class _After:
    """Interrupts after so many hundredths of a second, before all with 0; else never."""

    def __init__(self, hundredths: int | None = None) -> None:
        self._over = threading.Event()
        self._timer: threading.Timer | None = None
        self._hundredths = hundredths
        if hundredths == 0:
            self._over.set()

    def __call__(self) -> bool:
        return self._over.is_set()

    def tell(self, listener: Callable[[], None] | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        if listener is not None and self._hundredths is not None:
            self._timer = threading.Timer(self._hundredths / 100, self._end, [listener])
            self._timer.start()

    def _end(self, listener: Callable[[], None]) -> None:
        self._over.set()
        listener()


def _reason(pieces: Generator[str | Sure, None, Outcome]) -> FinishReason | None:
    """How an answer ended; ``None`` if it was stopped."""
    while True:
        try:
            next(pieces)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome.reason


@pytest.mark.parametrize("hundredths", [0, 1, 2, 5])
def test_an_interrupted_rest_does_no_harm(hundredths: int) -> None:
    """A prompt that comes while an answer is read again gets its usual answer."""
    runtime = OnnxRuntime(BUILTIN_DIRECTORY)
    messages = (SYSTEM, Message(Role.USER, "Hello"))
    answer, _ = _run(runtime, messages, 200)
    runtime.settle(_After(hundredths))
    follow_up = (*messages, Message(Role.ASSISTANT, answer), Message(Role.USER, "And?"))
    assert _run(runtime, follow_up) == _fresh(follow_up)


@pytest.mark.parametrize("hundredths", [0, 1, 2, 5, 10, 20, 30])
def test_a_stopped_answer_leaves_no_trace(hundredths: int) -> None:
    """Stopped in the middle of reading or writing; then asked again, and for something else."""
    runtime = OnnxRuntime(BUILTIN_DIRECTORY)
    messages = (SYSTEM, Message(Role.USER, "Which of these words is the oddest? " * 100))
    sampling = Sampling(max_tokens=2000 - runtime.count(messages), temperature=0.0)
    reason = _reason(runtime.generate(messages, sampling, _After(hundredths)))
    if hundredths == 0:
        assert reason is None
    runtime.settle(_After())
    assert _run(runtime, messages) == _fresh(messages)
    longer = (SYSTEM, Message(Role.USER, messages[1].content + "Why?"))
    assert _run(runtime, longer) == _fresh(longer)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the built-in model that may be spoilt."""
    return Path(shutil.copytree(BUILTIN_DIRECTORY, tmp_path / "copy"))


def _cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("spoil", [_cut, _flip, Path.unlink])
@pytest.mark.parametrize("name", ["model.onnx", "model.onnx.data", "tokenizer.json", "SHA256SUMS"])
def test_a_damaged_built_in_model_is_never_loaded(
    copy: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    """One flipped bit, half a file or a missing one: one clear sentence."""
    spoil(copy / name)
    with pytest.raises(BackendUnavailable) as caught:
        load(protocol.Load("builtin", str(copy), "", verified=True))
    assert caught.value.text_key == "error.local_model_damaged"


async def test_the_application_stays_up_on_a_damaged_model(copy: Path, tmp_path: Path) -> None:
    """The worker's reason reaches the person; repaired files work at once."""
    whole_file = (copy / "tokenizer.json").read_bytes()
    _flip(copy / "tokenizer.json")
    engine = LocalEngineBackend(ModelRef("builtin", copy, verified=True), tmp_path)
    try:
        with pytest.raises(BackendUnavailable) as caught:
            await whole(ask(engine, "Hello"))
        assert caught.value.text_key == "error.local_model_damaged"
        assert caught.value.values == {"file": "tokenizer.json"}
        assert engine.status().detail == "error.local_model_damaged"
        (copy / "tokenizer.json").write_bytes(whole_file)
        await whole(ask(engine, "Hello", max_tokens=3))
    finally:
        await engine.aclose()


@pytest.mark.parametrize("name", ["model.onnx", "model.onnx.data", "tokenizer.json"])
@pytest.mark.parametrize("spoil", [_cut, Path.unlink])
def test_a_damaged_folder_without_checksums_says_so_too(
    copy: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    """The library's own error is translated."""
    spoil(copy / name)
    with pytest.raises(BackendUnavailable) as caught:
        load(protocol.Load("copy", str(copy), ""))
    assert caught.value.text_key == "error.local_model_unusable"
    assert caught.value.values == {"folder": "copy"}


@pytest.mark.parametrize("config", ["", "{}", "[]", '{"model": {}}', "not json"])
def test_a_broken_configuration_says_so_too(copy: Path, config: str) -> None:
    """Whatever stands in ``genai_config.json``."""
    (copy / "genai_config.json").write_text(config, "utf-8")
    with pytest.raises(BackendUnavailable):
        OnnxRuntime(copy)


@pytest.mark.parametrize(
    ("model", "key"),
    [
        (ModelRef("gone", Path("/no/such/folder")), "error.local_model_missing"),
        (ModelRef("phi-4-mini", None), "error.local_model_not_downloaded"),
    ],
)
async def test_a_model_that_is_not_there_is_reported_at_once(
    tmp_path: Path, model: ModelRef, key: str
) -> None:
    """No catalog is asked; the sentence says what to do."""
    engine = LocalEngineBackend(model, tmp_path)
    try:
        with pytest.raises(BackendUnavailable) as caught:
            await whole(ask(engine, "Hello"))
    finally:
        await engine.aclose()
    assert caught.value.text_key == key


async def test_a_downloaded_alias_runs_from_its_folder(tmp_path: Path) -> None:
    """What Foundry Local has downloaded is found on disk, with no network."""
    folder = tmp_path / "foundry" / "models" / "Microsoft" / "Phi-4-mini-instruct-generic-cpu-5"
    shutil.copytree(BUILTIN_DIRECTORY, folder / "v5")
    engine = LocalEngineBackend(ModelRef("phi-4-mini", None), tmp_path)
    try:
        _, finish = await whole(ask(engine, "Hello", max_tokens=3))
    finally:
        await engine.aclose()
    assert finish.model == "phi-4-mini"


async def test_it_tells_once_how_sure_it_is_and_says_the_same(engine: LocalEngineBackend) -> None:
    """After the tokens that were asked for, in the middle of the answer."""
    plain, _ = await whole(ask(engine, "What can you do for me?"))
    options = GenerationOptions(max_tokens=60, temperature=0.0, look=8)
    events = [e async for e in engine.stream(user("What can you do for me?"), options)]
    tokens = [event for event in events if isinstance(event, Token)]
    told = [n for n, token in enumerate(tokens) if token.confidence is not None]
    assert len(told) == 1
    assert told[0] < len(tokens) - 1
    assert -20 < (tokens[told[0]].confidence or -99) <= 0
    assert "".join(token.text for token in tokens).startswith(plain[:20])
