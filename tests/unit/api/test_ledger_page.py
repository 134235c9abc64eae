"""The page "What left this computer" and its addresses."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from services.api.ledger_routes import ROWS, ledger_routes
from services.departure import Departure
from services.domain import Route
from services.history.store import SqlConversationStore
from tests.source import ROOT
from tests.unit.history.conftest import settings, store

__all__ = ["settings", "store"]

ROW = Departure(
    datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "api.example.com",
    1234567,
    "ab" * 32,
    True,
    route=Route.CLOUD,
    model="gpt-x",
    text="user: <b>bold</b> & more",
)


@asynccontextmanager
async def visiting(
    store: SqlConversationStore, *, user: str | None = "local", language: str = "en"
) -> AsyncIterator[httpx.AsyncClient]:
    async def user_of(request: Request) -> str | None:
        return user

    app = Starlette(routes=ledger_routes(store.database, user_of))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://localhost",
        headers={"Accept-Language": language},
    ) as client:
        yield client


async def test_nothing_has_left(store: SqlConversationStore) -> None:
    """An empty ledger says so, in the reader's language, and offers nothing to delete."""
    async with visiting(store, language="de-AT,en;q=0.5") as client:
        page = (await client.get("/left")).text
    assert '<html lang="de"' in page
    assert "Nichts hat diesen Computer verlassen." in page
    assert "<form" not in page


async def test_a_row_tells_everything(store: SqlConversationStore) -> None:
    """Time, destination, model, size, way, hash and text stand there, the text as text."""
    await store.record(ROW)
    async with visiting(store) as client:
        page = (await client.get("/left")).text
    for shown in ("2026-01-02T03:04:05", "api.example.com", "gpt-x", "1.2 MB", "ab" * 32):
        assert shown in page
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in page
    assert "<b>" not in page
    assert "<details>" in page


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (replace(ROW, released=True), "Sent, although private: you agreed"),
        (replace(ROW, allowed=False, route=Route.REFUSED, text=None), "Stopped, nothing was sent"),
        (
            replace(
                ROW,
                route=Route.CLOUD_REDACTED,
                replaced=3,
                text="user: [EMAIL_1] [EMAIL_2] [EMAIL_1] [BIRTH_DATE_1]",
            ),
            "2 × e-mail address, 1 × date of birth",
        ),
        (replace(ROW, route=Route.CLOUD_REDACTED, replaced=3, text=None), "3 passages"),
        (replace(ROW, text=None), "No text is kept"),
    ],
)
async def test_ways_and_replacements_in_lay_words(
    store: SqlConversationStore, row: Departure, shown: str
) -> None:
    """Each kind of row says in plain words what happened."""
    await store.record(row)
    async with visiting(store) as client:
        page = (await client.get("/left")).text
    assert shown in page
    assert ('class="stopped"' in page) is not row.allowed


async def test_pages(store: SqlConversationStore) -> None:
    """The link to older rows leads on until the first row, and a link leads back."""
    for number in range(ROWS + 1):
        await store.record(replace(ROW, destination=f"host{number}.example"))
    async with visiting(store) as client:
        first = (await client.get("/left")).text
        found = re.search(r'href="(/left\?before=\d+)"', first)
        assert found
        second = (await client.get(found[1])).text
    assert f"host{ROWS}.example" in first
    assert "host0.example" not in first
    assert "host0.example" in second
    assert "before=" not in second
    assert 'href="/left"' in second


async def test_forgetting_the_texts(store: SqlConversationStore) -> None:
    """The button deletes the texts and leads back to the list, which keeps the rest."""
    await store.record(ROW)
    async with visiting(store) as client:
        answer = await client.post("/left/forget")
        page = (await client.get("/left")).text
    assert (answer.status_code, answer.headers["location"]) == (303, "/left")
    assert "bold" not in page
    assert "ab" * 32 in page
    assert "<form" not in page


async def test_downloads(store: SqlConversationStore) -> None:
    """Both forms come as files."""
    await store.record(ROW)
    async with visiting(store) as client:
        table = await client.get("/api/ledger.csv")
        lines = await client.get("/api/ledger.jsonl")
    assert "attachment" in table.headers["content-disposition"]
    assert table.text.splitlines()[0].startswith("number,at,destination,size,sha256,allowed")
    assert json.loads(lines.text)["text"] == ROW.text


async def test_strangers_see_nothing(store: SqlConversationStore) -> None:
    """Without a session the page leads to the chat, and the rest is not there."""
    await store.record(ROW)
    async with visiting(store, user=None) as client:
        page = await client.get("/left")
        others = [
            await client.get("/api/ledger.csv"),
            await client.get("/api/ledger.jsonl"),
            await client.post("/left/forget"),
        ]
    assert (page.status_code, page.headers["location"], page.text) == (303, "/", "")
    assert [other.status_code for other in others] == [404] * 3
    async with visiting(store) as client:
        assert "bold" in (await client.get("/left")).text


def test_the_colours_are_those_of_the_theme() -> None:
    """Light and dark look as in the chat."""
    theme = json.loads((ROOT / "public" / "theme.json").read_text("utf-8"))["variables"]
    css = (ROOT / "public" / "pages.css").read_text("utf-8")
    pattern = r"(--[\w-]+): light-dark\(hsl\(([^)]+)\), hsl\(([^)]+)\)\);"
    colours = {name: (light, dark) for name, light, dark in re.findall(pattern, css)}
    assert len(colours) >= 8
    assert colours == {name: (theme["light"][name], theme["dark"][name]) for name in colours}
