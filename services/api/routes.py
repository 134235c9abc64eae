"""The table of Nearside's own addresses, and what every one of them checks."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from services.api.errors import error_body, error_response
from services.api.openai import OpenAIEndpoints
from services.api.schema import complaint
from services.endpoints import Secret
from services.errors import NearsideError
from services.history import export
from services.history.engine import Database
from services.history.library import Library
from services.route_line import route_line
from services.texts import language_of, say

MAX_BODY_BYTES = 64 * 2**20
"""Largest request body: a batch of some ten thousand conversations."""

_FORMS = {"md": "text/markdown", "json": "application/json"}

Handler = Callable[[Request], Awaitable[Response]]
UserOf = Callable[[Request], Awaitable[str | None]]


def v1_routes(endpoints: OpenAIEndpoints, api_key: Secret | None) -> list[BaseRoute]:
    """OpenAI's addresses, behind ``api_key`` or for callers on this computer."""

    async def models(request: Request) -> Response:
        return await endpoints.models(_language(request))

    async def route(request: Request) -> Response:
        return await endpoints.route(await _body(request), _language(request))

    async def chat(request: Request) -> Response:
        return await endpoints.chat(request, await _body(request), _language(request))

    return [
        Route("/v1/models", _guarded(models, api_key), methods=["GET"]),
        Route("/v1/route", _guarded(route, api_key), methods=["POST"]),
        Route("/v1/chat/completions", _guarded(chat, api_key), methods=["POST"]),
    ]


def health_routes(
    health: Callable[[], dict[str, Any]], metrics: Callable[[], str]
) -> list[BaseRoute]:
    """``/api/health`` and ``/metrics``; neither tells anything of what was said."""

    async def show_health(request: Request) -> Response:
        return JSONResponse(health())

    async def show_metrics(request: Request) -> Response:
        return Response(metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [
        Route("/api/health", show_health, methods=["GET"]),
        Route("/metrics", show_metrics, methods=["GET"]),
    ]


def export_routes(database: Database, user_of: UserOf) -> list[BaseRoute]:
    """Downloads of the signed-in person's own conversations."""
    library = Library(database)

    async def one(request: Request) -> Response:
        name, language = request.path_params["name"], _language(request)
        conversation, _, form = name.rpartition(".")
        entry = await library.conversation(conversation)
        if form not in _FORMS or entry is None or entry.user_id != await user_of(request):
            return _error(404, "not_found", language)
        if form == "json":
            pieces = export.as_json(database, conversation)
        else:
            pieces = export.markdown(database, conversation, _words(language))
        headers = _attachment(f"nearside-{name}")
        return StreamingResponse(pieces, media_type=_FORMS[form], headers=headers)

    async def everything(request: Request) -> Response:
        user = await user_of(request)
        if user is None:
            return _error(404, "not_found", _language(request))
        headers = _attachment("nearside-conversations.jsonl")
        pieces = export.json_lines(database, user)
        return StreamingResponse(pieces, media_type="application/jsonl", headers=headers)

    return [
        Route("/api/export/all.jsonl", everything, methods=["GET"]),
        Route("/api/export/{name}", one, methods=["GET"]),
    ]


def _words(language: str) -> export.Words:
    return export.Words(
        say("interface.user", language),
        say("interface.assistant", language),
        lambda message: route_line(message)["texts"][language]["line"],
    )


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language"))


def _error(status: int, key: str, language: str, **values: str) -> JSONResponse:
    return JSONResponse(error_body(say(f"interface.{key}", language, **values), key), status)


class _BadRequest(Exception):
    """The body cannot be read; holds what is wrong with it."""


async def _body(request: Request) -> Any:
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
        raise _BadRequest(f"body: larger than {MAX_BODY_BYTES:,} bytes")
    try:
        return await request.json()
    except (ValueError, RecursionError):
        raise _BadRequest("body: not valid JSON") from None


def _guarded(handler: Handler, api_key: Secret | None) -> Handler:
    """``handler`` for callers who may, with errors in OpenAI's shape."""

    async def guarded(request: Request) -> Response:
        language = _language(request)
        if api_key is None and not _on_this_computer(request):
            return _error(401, "key_loopback", language)
        if api_key is not None and not _has_key(request, api_key):
            return _error(401, "key_needed", language)
        try:
            return await handler(request)
        except _BadRequest as error:
            return _error(400, "bad_request", language, detail=str(error))
        except ValidationError as error:
            return _error(400, "bad_request", language, detail=complaint(error))
        except KeyError as error:
            return _error(404, "unknown_model", language, model=str(error.args[0])[:64])
        except NearsideError as error:
            return error_response(error, language)

    return guarded


def _on_this_computer(request: Request) -> bool:
    if {"forwarded", "x-forwarded-for"} & set(request.headers):
        return False  # a proxy on this computer speaks for somebody else
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _has_key(request: Request, api_key: Secret) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), api_key.encode())
