"""Who may talk to the port."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from services.api.guard import Guard


async def hello(request: Request) -> PlainTextResponse:
    """Something behind the guard."""
    return PlainTextResponse("hello")


def client(*, exposed: bool = False) -> httpx.AsyncClient:
    """A client of a guarded server."""
    app = Guard(Starlette(routes=[Route("/{path:path}", hello)]), exposed=exposed)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "localhost"])
async def test_this_computer_is_served(host: str) -> None:
    """Every name of this computer itself is fine."""
    async with client() as browser:
        assert (await browser.get("/", headers={"Host": host})).text == "hello"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:8000", "10.0.0.5:8000", "", "localhost.evil", "["],
)
async def test_foreign_hosts_are_refused(host: str) -> None:
    """A name that was re-pointed at this computer gets no answer."""
    async with client() as browser:
        response = await browser.get("/", headers={"Host": host})
    assert response.status_code == 403
    assert "another site" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8000", "file://"],
)
async def test_foreign_origins_are_refused(origin: str) -> None:
    """A page from anywhere else, another port included, cannot call this server."""
    async with client() as browser:
        response = await browser.get("/", headers={"Origin": origin})
    assert response.status_code == 403


async def test_the_own_page_is_served() -> None:
    """The chat's own page names this server as its origin."""
    async with client() as browser:
        response = await browser.get("/", headers={"Origin": "http://127.0.0.1:8000"})
    assert response.text == "hello"


async def test_an_exposed_server_answers_to_addresses() -> None:
    """Other computers reach an exposed server by its address, but not by a foreign name."""
    async with client(exposed=True) as browser:
        by_address = await browser.get("/", headers={"Host": "192.168.1.20:8000"})
        by_name = await browser.get("/", headers={"Host": "evil.example"})
    assert (by_address.status_code, by_name.status_code) == (200, 403)


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/project/share/x", "/mcp"])
async def test_what_is_not_offered_is_closed(path: str) -> None:
    """Addresses of the framework that Nearside does not offer do not exist."""
    async with client() as browser:
        assert (await browser.get(path)).status_code == 404


async def test_the_refusal_speaks_german() -> None:
    """The sentence is in the reader's language."""
    headers = {"Host": "evil.example", "Accept-Language": "de-AT,de;q=0.9"}
    async with client() as browser:
        response = await browser.get("/", headers=headers)
    assert "fremden Seite" in response.json()["error"]["message"]


async def test_a_name_of_ones_own_is_served() -> None:
    """A name that was set up for this server is fine, also behind a proxy."""
    app = Guard(Starlette(routes=[Route("/{path:path}", hello)]), exposed=True, hosts=["chat.lan"])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.lan") as browser:
        assert (await browser.get("/")).text == "hello"
