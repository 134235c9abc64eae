"""What is compressed, and what a browser may keep."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from services.api.transfer import Transfer

TEXT = "the same again " * 1000


async def _answer(request: Request) -> PlainTextResponse:
    headers = {"Cache-Control": "private"} if "own" in request.query_params else {}
    return PlainTextResponse(TEXT, headers=headers)


async def _got(path: str, reader: str = "127.0.0.1") -> httpx.Response:
    app = Starlette(
        routes=[Route("/{path:path}", _answer)],
        middleware=[Middleware(Transfer), Middleware(GZipMiddleware)],
    )
    transport = httpx.ASGITransport(app, client=(reader, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.get(path, headers={"Accept-Encoding": "gzip"})
    assert response.text == TEXT
    return response


@pytest.mark.parametrize(
    ("reader", "encoding"), [("127.0.0.1", None), ("::1", None), ("192.168.1.7", "gzip")]
)
async def test_only_what_goes_over_a_wire_is_compressed(reader: str, encoding: str | None) -> None:
    """On this computer, compressing takes longer than sending."""
    assert (await _got("/", reader)).headers.get("content-encoding") == encoding


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/assets/index-B2u6.js", "public, max-age=31536000, immutable"),
        ("/public/notice.js", "no-cache"),
        ("/", "no-store"),
        ("/thread/1", "no-store"),
        ("/project/threads", "no-store"),
        ("/project/file/x", "no-store"),
        ("/v1/models", "no-store"),
        ("/x?own", "private"),
    ],
)
async def test_a_browser_keeps_nothing_but_the_pages_parts(path: str, kept: str) -> None:
    """Only scripts and pictures; a response that says it itself is left alone."""
    assert (await _got(path)).headers["cache-control"] == kept
