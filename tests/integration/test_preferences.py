"""The settings of one conversation, through the real program."""

from __future__ import annotations

import asyncio

import pytest

from tests.chat_client import PATIENCE, ChatTab
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_settings_reach_the_model_and_stay(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """They count at once, and after the conversation is opened again."""
    values = {
        "length": "short",
        "style": "exact",
        "context": "little",
        "instructions": "Be a pirate.",
    }
    await tab.change_settings(**values)
    await tab.ask("Tell me about tides.", "cloud")
    sent = cloud.requests[-1]
    longest = sent.body.get("max_tokens") or sent.body.get("max_completion_tokens")
    assert (longest, sent.body["temperature"]) == (250, 0)
    assert sent.messages[0]["role"] == "system"
    assert sent.messages[0]["content"].endswith("\n\nBe a pirate.")
    first = tab.thread
    await tab.__aexit__(None, None, None)
    async with asyncio.timeout(PATIENCE):
        while True:  # kept when the tab has gone
            if await _kept(tab.url, first, values):
                break
            await asyncio.sleep(0.02)
    async with ChatTab(tab.url, thread=first) as again:
        await again.ask("Tell me about winds.", "cloud")
        assert cloud.requests[-1].messages[0]["content"].endswith("Be a pirate.")


async def test_a_short_look_back_leaves_out_what_is_old(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """Cloud and local model are given the newest turns only; the line says how many are missing."""
    old = "Tell me about tides. " * 250
    await tab.ask(old, "cloud")
    await tab.ask("Tell me about winds.", "cloud")
    assert old.strip() in str(cloud.requests[-1].body)
    await tab.change_settings(context="little")
    answer = await tab.ask("Tell me about clouds.", "cloud")
    body = str(cloud.requests[-1].body)
    assert "tides" not in body
    assert "winds" in body
    for shown in (answer, await tab.ask("Hello!", "local")):
        line = tab.line(shown)
        assert line is not None
        assert any("2 earlier messages" in detail for detail in line["texts"]["en"]["details"])


async def _kept(url: str, thread: str, values: dict[str, str]) -> bool:
    async with ChatTab(url, thread=thread) as tab:
        shown = {control["id"]: control["initial"] for control in tab.settings}
        return {name: shown[name] for name in values} == values


async def test_private_instructions_stay(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """A prompt that may leave goes without them, and the line says that something was left out."""
    await tab.change_settings(instructions="My password is Zitronenfalter77.")
    answer = await tab.ask("Tell me about tides.", "cloud")
    assert answer["output"] == "Hello world!"
    assert "Zitronenfalter77" not in str(cloud.requests[-1].body)
    assert "tides" in str(cloud.requests[-1].body)
    line = tab.line(answer)
    assert line is not None
    assert any("left out" in detail for detail in line["texts"]["en"]["details"])


async def test_what_cannot_be_used_gets_one_sentence(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """The panel shows what counts instead, and the next prompt is answered."""
    await tab.change_settings(length="endless", instructions="x" * 5000)
    await tab.until(lambda: bool(tab.toasts))
    assert tab.toasts == [
        "Your instructions are too long; only the first 4,000 characters are kept."
    ]
    shown = {control["id"]: control["initial"] for control in tab.settings}
    assert (shown["length"], len(shown["instructions"])) == ("model", 4000)
    assert (await tab.ask("Tell me about tides.", "cloud"))["output"] == "Hello world!"
