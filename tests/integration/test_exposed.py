"""A server that other computers can reach asks for a password."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.serving import serving, start

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what is tested


async def test_without_a_password_it_does_not_start(tmp_path: Path) -> None:
    """The start is refused with a sentence that says what to set."""
    server = start(tmp_path / "data", host=EVERYWHERE)
    assert await asyncio.to_thread(server.process.wait, 60) == 2
    assert "NEARSIDE_PASSWORD" in server.said()
    assert "Traceback" not in server.said()


async def test_a_name_of_its_own_needs_a_password_too(tmp_path: Path) -> None:
    """A server that a proxy makes known by a name is refused without a password."""
    server = start(tmp_path / "data", NEARSIDE_HOSTS="chat.example.org")
    assert await asyncio.to_thread(server.process.wait, 60) == 2
    assert "chat.example.org" in server.said()
    assert "NEARSIDE_PASSWORD" in server.said()


@pytest.mark.parametrize("host", [EVERYWHERE, "127.0.0.1"])
async def test_with_a_password_one_signs_in(tmp_path: Path, host: str) -> None:
    """No header and no wrong password gets in, on this computer either: a proxy may stand there."""
    async with (
        serving(tmp_path / "data", host=host, NEARSIDE_PASSWORD="open-sesame") as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as client,
    ):
        by_header = await client.post("/auth/header")
        wrong = await client.post("/login", data={"username": "me", "password": "open"})
        asked = await client.post("/project/threads", json={"pagination": {"first": 1}})
        right = await client.post("/login", data={"username": "me", "password": "open-sesame"})
        page = await client.get("/")
    assert (by_header.status_code, wrong.status_code) == (400, 401)
    assert asked.status_code in {401, 422}
    assert right.status_code == 200
    assert 'data-nearside-login="form"' in page.text
    assert "sesame" not in server.said()
