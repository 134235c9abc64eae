"""The page loads with the network cut, in the reader's language."""

from __future__ import annotations

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from services.api.language import ReaderLanguage
from services.api.page import OfflinePage, offline_page, overlay

PAGE = """<!doctype html><html lang="en"><head>
<link rel="preconnect" href="https://fonts.googleapis.com" />
<link
  rel="stylesheet"
  href="https://cdn.jsdelivr.net/npm/katex.css"
/>
<link rel="icon" href="/favicon" />
<link rel="stylesheet" crossorigin href="/assets/index.css">
</head><body></body></html>"""


async def page(request: Request) -> HTMLResponse:
    """A page as the framework makes it."""
    return HTMLResponse(PAGE)


async def text(request: Request) -> PlainTextResponse:
    """Something that is no page; tells the language it was asked for."""
    return PlainTextResponse(request.query_params.get("language", "none"))


def test_links_to_other_hosts_go_and_own_ones_stay() -> None:
    """Only what this server has is asked for."""
    html = offline_page(PAGE, login=False)
    assert "https://" not in html
    assert '"/favicon"' in html
    assert "/assets/index.css" in html


async def test_the_page_forbids_the_browser_to_ask_elsewhere() -> None:
    """The page carries a policy, and its length is right; other answers pass as they are."""
    app = OfflinePage(Starlette(routes=[Route("/", page), Route("/t", text)]), login=True)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
        response, plain = await browser.get("/"), await browser.get("/t")
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert int(response.headers["content-length"]) == len(response.content)
    assert 'data-nearside-login="form"' in response.text
    assert "content-security-policy" not in plain.headers


async def test_every_german_is_german() -> None:
    """Austrian and Swiss readers get German; an unknown language gets English."""
    app = ReaderLanguage(Starlette(routes=[Route("/project/settings", text), Route("/x", text)]))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
        for asked, given in {"de-AT": "de-DE", "de": "de-DE", "fr-FR": "en-US"}.items():
            response = await browser.get("/project/settings", params={"language": asked})
            assert response.text == given
        assert (await browser.get("/x", params={"language": "fr"})).text == "fr"


def test_our_sentences_lie_over_the_frameworks() -> None:
    """An overlay replaces single sentences, adds missing ones and leaves the original alone."""
    original = {"chat": {"input": {"placeholder": "Type", "other": "Stay"}}}
    ours = {"page.chat.input.placeholder": "Ask", "page.new.leaf": "New", "reason.x": "no"}
    merged = overlay(original, ours)
    assert merged == {
        "chat": {"input": {"placeholder": "Ask", "other": "Stay"}},
        "new": {"leaf": "New"},
    }
    assert original["chat"]["input"]["placeholder"] == "Type"
