"""A server that other computers can reach asks for a password."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from tests.serving import serving, start

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what is tested


async def test_without_a_password_it_does_not_start(tmp_path: Path) -> None:
    """The start is refused with a sentence that says what to set."""
    server = start(tmp_path / "data", host=EVERYWHERE)
    assert await asyncio.to_thread(server.process.wait, 60) == 2
    assert "NEARSIDE_PASSWORD" in server.said()
    assert "Traceback" not in server.said()


async def test_with_a_password_one_signs_in(tmp_path: Path) -> None:
    """No header and no wrong password gets in; the right one does, and is never printed."""
    async with (
        serving(tmp_path / "data", host=EVERYWHERE, NEARSIDE_PASSWORD="open-sesame") as server,
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
