"""Pulling the plug: nothing that was said is lost."""

from __future__ import annotations

from pathlib import Path

from tests.chat_client import ChatTab
from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import serving, start


async def test_kill_in_mid_answer(tmp_path: Path) -> None:
    """After kill -9 and a restart the prompt and the part of the answer are there."""
    slow = Script(pieces=tuple(f"word{i} " for i in range(5000)), delay=0.01)
    async with FakeOpenAI(slow) as cloud:
        settings = {"NEARSIDE_CLOUD_URL": cloud.url, "NEARSIDE_CLOUD_API_KEY": "sk-x"}
        server = start(tmp_path / "data", **settings)
        try:
            await server.started()
            async with ChatTab(server.url) as tab:
                await tab.send("Tell me about tides.", "cloud")
                await tab.until(lambda: any("word150 " in a["output"] for a in tab.answers()))
                server.kill()
                thread = tab.thread
        finally:
            await server.end()
        async with (
            serving(tmp_path / "data", **settings) as again,
            ChatTab(again.url, thread=thread) as tab,
        ):
            await tab.until(lambda: tab.resumed is not None)
            shown = [m for m in tab.messages.values() if "message" in m["type"]]
            assert shown[0]["output"] == "Tell me about tides."
            assert "word20 " in shown[1]["output"]
            line = tab.line(shown[1])
            assert line is not None
            assert line["status"] == "interrupted"
            cloud.script = Script()
            assert (await tab.ask("Go on about tides please.", "cloud"))["output"]


async def test_what_was_chosen_survives(tmp_path: Path) -> None:
    """After kill -9 a conversation is still held to its settings and to "Local only"."""
    server = start(tmp_path / "data", NEARSIDE_PRIVATE_POLICY="redact")
    try:
        await server.started()
        async with ChatTab(server.url) as tab:
            assert tab.chosen() == {"route": "auto", "policy": "redact"}
            await tab.change_settings(policy="local")
            await tab.ask("Hello!", "local")
            server.kill()
            thread = tab.thread
    finally:
        await server.end()
    async with (
        serving(tmp_path / "data", NEARSIDE_PRIVATE_POLICY="redact") as again,
        ChatTab(again.url, thread=thread) as tab,
    ):
        assert tab.chosen() == {"route": "local", "policy": "local"}
