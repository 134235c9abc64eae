"""Faults that befall a running app and its local engine, and what must hold afterwards.

Every fault ends in an answer or in one sentence; the app stays up; what people
wrote and saw is in the history; there is never more than one engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chat_client import ChatTab, Json
from tests.serving import ROOT, Server, serving

PATIENCE = 120.0
"""Seconds: a worker that crashed again and again rests for up to 30."""
SPOILT = ("model.onnx", "model.onnx.data", "tokenizer.json", "genai_config.json")
NOISE = frozenset({".git", ".venv", ".venv.lock", ".files", ".env", "build", "models"})


@dataclass
class Subject:
    """A running app whose model may be spoilt, and a source of chance."""

    server: Server
    model: Path
    chance: random.Random

    def engines(self) -> list[int]:
        """The processes of local engines that belong to this app."""
        return [pid for pid in _processes() if _works_in(pid, self.model.parents[1])]

    async def engine(self) -> int:
        """The engine's process, once there is one."""
        async with asyncio.timeout(PATIENCE):
            while not (found := self.engines()):  # noqa: ASYNC110 - nor does its beginning
                await asyncio.sleep(0.002)
        return found[0]

    async def kill_engine(self) -> None:
        """kill -9 of whatever engine there is, and wait until it is gone."""
        for pid in self.engines():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            while self.engines():  # noqa: ASYNC110 - a process's end sets no event
                await asyncio.sleep(0.005)

    async def pause(self, most: float) -> None:
        """A random moment of at most ``most`` seconds: faults come when they like."""
        await asyncio.sleep(self.chance.uniform(0, most))


@asynccontextmanager
async def subject(folder: Path, seed: int) -> AsyncIterator[Subject]:
    """The app, run from links to its source with a model of its own to spoil."""
    root = folder / "app"
    root.mkdir()
    for path in ROOT.iterdir():
        if path.name not in NOISE:
            (root / path.name).symlink_to(path)
    model = root / "models" / "builtin"
    shutil.copytree(ROOT / "models" / "builtin", model)
    async with serving(folder / "data", root=root) as server:
        yield Subject(server, model, random.Random(seed))


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _works_in(pid: int, root: Path) -> bool:
    """Whether a process is an engine of the app in ``root``; a zombie is none."""
    with contextlib.suppress(OSError):
        here = Path(f"/proc/{pid}")
        command = (here / "cmdline").read_bytes()
        return b"services.backends.local.worker" in command and (here / "cwd").readlink() == root
    return False


async def _send(it: Subject, tab: ChatTab, words: int = 5) -> list[str]:
    text = "Tell me: " + " ".join(f"thing{it.chance.randrange(10**6)}" for _ in range(words))
    await tab.send(text, "local")
    return [text]


async def _shown(tab: ChatTab) -> None:
    """Wait until something of an answer is there, or all of it."""
    await tab.until(lambda: any(a["output"] for a in tab.answers()) or bool(tab.elements), PATIENCE)


async def kill_while_loading(it: Subject, tab: ChatTab) -> list[str]:
    """The engine dies while it loads its model."""
    await it.kill_engine()
    sent = await _send(it, tab)
    await it.engine()
    await it.pause(0.5)
    await it.kill_engine()
    return sent


async def kill_while_reading(it: Subject, tab: ChatTab) -> list[str]:
    """The engine dies while it reads a long prompt."""
    sent = await _send(it, tab, 300)
    await it.pause(0.6)
    await it.kill_engine()
    return sent


async def kill_while_writing(it: Subject, tab: ChatTab) -> list[str]:
    """The engine dies in mid-answer."""
    sent = await _send(it, tab)
    await _shown(tab)
    await it.pause(0.2)
    await it.kill_engine()
    return sent


async def stop(it: Subject, tab: ChatTab) -> list[str]:
    """The person presses Stop at some moment."""
    sent = await _send(it, tab, it.chance.choice((5, 300)))
    await it.pause(0.5)
    await tab.stop()
    return sent


async def edit(it: Subject, tab: ChatTab) -> list[str]:
    """The person edits the message, before or after it was answered."""
    identifier = await tab.send("Tell me about winds.", "local")
    await tab.until(lambda: bool(tab.thread), PATIENCE)
    await it.pause(1.0)
    await tab.edit(identifier, "Tell me about tides instead.", "local")
    return ["Tell me about tides instead."]


async def two_tabs(it: Subject, tab: ChatTab) -> list[str]:
    """Somebody else asks at the same time and leaves before the answer has come."""
    async with ChatTab(tab.url) as other:
        await asyncio.gather(_send(it, other, 50), sent := asyncio.ensure_future(_send(it, tab)))
        await it.pause(0.3)
    return sent.result()


async def too_long(it: Subject, tab: ChatTab) -> list[str]:
    """A prompt many times longer than the model's window."""
    return await _send(it, tab, it.chance.choice((2_000, 20_000)))


async def damaged_model(it: Subject, tab: ChatTab) -> list[str]:
    """A file of the model is cut, flipped or gone when the engine is to load it."""
    return await _spoilt(it, tab, it.model / it.chance.choice(SPOILT))


async def wrong_checksum(it: Subject, tab: ChatTab) -> list[str]:
    """The list of checksums does not fit the files."""
    return await _spoilt(it, tab, it.model / "SHA256SUMS")


async def _spoilt(it: Subject, tab: ChatTab, path: Path) -> list[str]:
    """Ask with ``path`` spoilt, and again when it has been put right."""
    await it.kill_engine()
    whole = _spoil(path, it.chance)
    try:
        first = await _send(it, tab)
        await tab.until(lambda: len(tab.elements) == 1, PATIENCE)
    finally:
        _replace(path, whole)
    return first + await _send(it, tab)


def _spoil(path: Path, chance: random.Random) -> bytes:
    """Halve ``path``, flip one of its bits, or remove it; what it was."""
    whole = path.read_bytes()
    place = chance.randrange(min(len(whole), 64))  # in a checksum, if it is their list
    flipped = bytes([*whole[:place], whole[place] ^ 1]) + whole[place + 1 :]
    _replace(path, chance.choice((whole[: len(whole) // 2], flipped, None)))
    return whole


def _replace(path: Path, content: bytes | None) -> None:
    """Give ``path`` another content, or none, without touching a file that is in use."""
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)


Fault = Callable[[Subject, ChatTab], Awaitable[list[str]]]
FAULTS: tuple[Fault, ...] = (
    kill_while_loading,
    kill_while_reading,
    kill_while_writing,
    stop,
    edit,
    two_tabs,
    too_long,
    damaged_model,
    wrong_checksum,
)


async def inflict(it: Subject, fault: Fault) -> str | None:
    """Let ``fault`` happen in a conversation of its own; what was wrong afterwards."""
    async with ChatTab(it.server.url) as tab:
        sent = await fault(it, tab)
        await tab.until(lambda: bool(tab.elements) and not tab.busy, PATIENCE)
        end, complaint = time.monotonic() + PATIENCE, "nothing ended"
        while time.monotonic() < end:
            found = await _complaint(it, tab, sent, edited=fault is edit)
            if found is None:
                return None
            complaint = found
            await asyncio.sleep(0.1)
    return complaint


async def recovered(it: Subject) -> bool:
    """Whether a plain prompt gets a whole answer, now that nothing happens any more."""
    async with ChatTab(it.server.url) as tab:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = await tab.ask("Hello!", "local")
            if (tab.line(answer) or {}).get("status") == "complete" and answer["output"]:
                return True
            await asyncio.sleep(1)
    return False


async def _complaint(it: Subject, tab: ChatTab, sent: list[str], *, edited: bool) -> str | None:
    if it.server.process.poll() is not None:
        return "the app has ended"
    if len(it.engines()) > 1:
        return "there is more than one engine"
    if not tab.thread:
        return "the conversation was not announced"
    async with ChatTab(tab.url, thread=tab.thread) as later:
        await later.until(lambda: later.resumed is not None, PATIENCE)
        stored = [m for m in later.messages.values() if "message" in m["type"]]
        asked = [m["output"] for m in stored if m["type"] == "user_message"]
        if asked != sent:
            return f"{len(sent)} prompts were sent, {len(asked)} are stored, or others"
        answers = later.answers()
        if len(answers) != len(sent) or not all(_ended(later, answer) for answer in answers):
            return "an answer has not ended in words or one sentence"
        if not edited and [a["output"] for a in answers] != [a["output"] for a in tab.answers()]:
            return "what was shown is not what is stored"
    return None


def _ended(tab: ChatTab, answer: Json) -> bool:
    """Whether an answer has ended with words, or a sentence that says why there are none."""
    line = tab.line(answer)
    if line is None:
        return False
    sentence = str(line["texts"]["en"]["line"])
    return bool(sentence) and "\n" not in sentence and "Traceback" not in answer["output"]
