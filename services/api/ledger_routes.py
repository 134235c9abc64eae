"""The addresses of the ledger: its page, its downloads, the deletion of its texts."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.responses import StreamingResponse as Streaming
from starlette.routing import BaseRoute, Route

from services.api.ledger_page import ledger_page
from services.api.routes import UserOf
from services.api.signed_in import for_user, not_found, reader_language, to_the_chat
from services.history.engine import Database
from services.history.ledger import LedgerReader

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
            reader_language(request),
            await ledger.totals(),
            shown,
            first_page=start is None,
            older=older,
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

    return [
        Route("/left", for_user(page, user_of, to_the_chat), methods=["GET"]),
        Route("/left/forget", for_user(forget, user_of, not_found), methods=["POST"]),
        Route("/api/ledger.csv", for_user(csv, user_of, not_found), methods=["GET"]),
        Route("/api/ledger.jsonl", for_user(json_lines, user_of, not_found), methods=["GET"]),
    ]


def _file(ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="nearside-what-left.{ending}"'}
