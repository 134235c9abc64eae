"""Starting under good and bad conditions: one sentence, and the app goes on where it can."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import httpx
import pytest

from tests.chat_client import ChatTab
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import serving, start


async def test_it_works_with_no_key_and_no_network(tmp_path: Path) -> None:
    """Out of the box the first prompt is answered by the built-in model."""
    async with serving(tmp_path / "data") as server, ChatTab(server.url) as tab:
        answer = await tab.ask("Hello!")
        line = tab.line(answer)
        assert line is not None
        assert (line["route"], line["status"]) == ("local", "complete")
        health = (await tab.http.get("/api/health")).json()
    assert (health["status"], health["cloud"]["state"]) == ("ok", "off")
    assert health["local"]["model"] == "builtin"
    secret = tmp_path / "data" / "session-secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


async def test_a_corrupt_history_does_not_stop_the_chat(tmp_path: Path) -> None:
    """The damaged file stays as it is, a notice says where one goes on, and that is kept."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "history.db").write_bytes(b"this is not a database" * 500)
    async with serving(data) as server, ChatTab(server.url) as tab:
        await tab.until(lambda: bool(tab.toasts))
        assert "history-fallback.db" in tab.toasts[0]
        await tab.ask("Hello!")
        health = (await tab.http.get("/api/health")).json()
    assert health["status"] == "degraded"
    assert (data / "history.db").read_bytes().startswith(b"this is not a database")
    async with serving(data) as server, ChatTab(server.url) as tab:
        assert [thread["name"] for thread in await tab.threads()] == ["Hello!"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEARSIDE_CLOUD_SHARE", "lots"),
        ("NEARSIDE_LOCAL_MODEL", "/no/such/folder"),
        ("NEARSIDE_LOCAL_URL", "http://8.8.8.8/v1"),
    ],
)
async def test_a_wrong_setting_ends_with_a_sentence(tmp_path: Path, name: str, value: str) -> None:
    """The sentence names the variable; there is no stack trace; the status is 2."""
    server = start(tmp_path / "data", **{name: value})
    assert await asyncio.to_thread(server.process.wait, 60) == 2
    assert name in server.said()
    assert "Traceback" not in server.said()


async def test_the_page_names_no_other_host(tmp_path: Path) -> None:
    """The page's source has no address of another host, and forbids any."""
    async with serving(tmp_path / "data") as server, httpx.AsyncClient(trust_env=False) as client:
        page = await client.get(server.url)
    assert "https://" not in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]


async def test_without_a_local_model_a_private_prompt_is_refused(tmp_path: Path) -> None:
    """Nothing is sent, the line says so with what can be done, and the chat goes on."""
    async with (
        FakeOpenAI() as cloud,
        serving(
            tmp_path / "data",
            NEARSIDE_LOCAL_MODEL="phi-4-mini",
            NEARSIDE_CLOUD_URL=cloud.url,
            NEARSIDE_CLOUD_API_KEY="sk-x",
        ) as server,
        ChatTab(server.url) as tab,
    ):
        answer = await tab.ask("Mein Passwort ist Zitronenfalter77, bitte merken.")
        line = tab.line(answer)
        assert line is not None
        assert (line["route"], line["status"]) == ("refused", "refused")
        assert "phi-4-mini" in line["texts"]["en"]["notice"]
        assert not cloud.requests
        async with ChatTab(server.url) as other:
            second = other.line(await other.ask("What is a quokka?"))
        assert second is not None
        assert second["route"] == "cloud"
        asked = {"messages": [{"role": "user", "content": "My SSN is 536-90-4399"}]}
        told = (await tab.http.post("/v1/route", json=asked)).json()
        assert told["route"] == "refused"
