"""The addresses of the ledger: its page, its downloads, the deletion of its texts."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.responses import StreamingResponse as Streaming
from starlette.routing import BaseRoute, Route

from services.api.errors import error_body, error_response
from services.api.ledger_page import ledger_page
from services.api.routes import Handler, UserOf
from services.errors import NearsideError
from services.history.engine import Database
from services.history.ledger import LedgerReader
from services.texts import language_of, say

ROWS = 50
"""Rows on one page."""


def ledger_routes(database: Database, user_of: UserOf) -> list[BaseRoute]:
    """``/left`` and what belongs to it, for whoever is signed in."""
    ledger = LedgerReader(database)

    async def page(request: Request) -> Response:
        before = request.query_params.get("before", "")
        start = int(before) if re.fullmatch(r"[0-9]{1,18}", before) else None
        entries = await ledger.page(ROWS + 1, start)
        shown = entries[:ROWS]
        older = shown[-1].number if len(entries) > ROWS else None
        html = ledger_page(
            _language(request), await ledger.totals(), shown, first_page=start is None, older=older
        )
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})

    async def forget(request: Request) -> Response:
        await ledger.forget_texts()
        return RedirectResponse("/left", 303)

    async def csv(request: Request) -> Response:
        return Streaming(ledger.csv(), media_type="text/csv", headers=_file("csv"))

    async def json_lines(request: Request) -> Response:
        return Streaming(
            ledger.json_lines(), media_type="application/jsonl", headers=_file("jsonl")
        )

    async def sign_in(request: Request) -> Response:
        return RedirectResponse("/", 303)  # the chat's page signs in, or asks for the password

    return [
        Route("/left", _for_user(page, user_of, sign_in), methods=["GET"]),
        Route("/left/forget", _for_user(forget, user_of, _not_found), methods=["POST"]),
        Route("/api/ledger.csv", _for_user(csv, user_of, _not_found), methods=["GET"]),
        Route("/api/ledger.jsonl", _for_user(json_lines, user_of, _not_found), methods=["GET"]),
    ]


def _for_user(handler: Handler, user_of: UserOf, otherwise: Handler) -> Handler:
    async def checked(request: Request) -> Response:
        try:
            signed_in = await user_of(request) is not None
            return await (handler if signed_in else otherwise)(request)
        except NearsideError as error:
            return error_response(error, _language(request))

    return checked


async def _not_found(request: Request) -> Response:
    sentence = say("interface.not_found", _language(request))
    return JSONResponse(error_body(sentence, "not_found"), 404)


def _file(ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="nearside-what-left.{ending}"'}


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language"))
