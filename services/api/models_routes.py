"""The addresses of the page "Models": what there is, fetching, removing, using.

Whoever may not be signed in finds nothing here. A request that changes something
must be JSON by its header: a page of another site cannot send that without asking
first, which the guard of the port denies, as it denies foreign origins.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from services.api.errors import error_body
from services.api.models_view import models_page, offers_json, overview_json, servers_json
from services.api.routes import Handler, UserOf
from services.api.schema import complaint
from services.api.signed_in import for_user, not_found, reader_language, to_the_chat
from services.errors import ModelError
from services.local_choice import LocalChoice
from services.models.manager import LocalModels
from services.texts import say

MAX_BODY_BYTES = 16_384
_LONGEST = 4096


class Named(BaseModel):
    """A model by its name."""

    model_config = ConfigDict(extra="forbid")
    model: str = Field(min_length=1, max_length=_LONGEST)


class Wanted(BaseModel):
    """What is to be used: a model here, a folder, or a model of a server.

    Without ``model`` the first one of the server at ``url`` is meant.
    """

    model_config = ConfigDict(extra="forbid")
    model: str = Field("", max_length=_LONGEST)
    folder: str = Field("", max_length=_LONGEST)
    url: str = Field("", max_length=_LONGEST)


class Nothing(BaseModel):
    """A request that needs no words."""


_Body = TypeVar("_Body", bound=BaseModel)


class _Endpoints:
    """The handlers."""

    def __init__(self, models: LocalModels) -> None:
        self._models = models

    async def page(self, request: Request) -> Response:
        html = models_page(reader_language(request), await self._state(request))
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})

    async def show(self, request: Request) -> Response:
        return JSONResponse(await self._state(request), headers={"Cache-Control": "no-store"})

    async def offers(self, request: Request) -> Response:
        language = reader_language(request)
        try:
            listed = await self._models.offers()
        except ModelError as error:  # no network is no fault of the request
            return JSONResponse({"offers": [], "problem": error.sentence(language)})
        return JSONResponse({"offers": offers_json(listed, language), "problem": None})

    async def find(self, request: Request, asked: Nothing) -> dict[str, Any]:
        return {"servers": servers_json(await self._models.servers())}

    async def download(self, request: Request, asked: Named) -> dict[str, Any]:
        self._models.download(asked.model)
        return await self._state(request)

    async def cancel(self, request: Request, asked: Nothing) -> dict[str, Any]:
        self._models.cancel()
        return await self._state(request)

    async def remove(self, request: Request, asked: Named) -> dict[str, Any]:
        await self._models.remove(asked.model)
        return await self._state(request)

    async def use(self, request: Request, asked: Wanted) -> dict[str, Any]:
        if asked.folder:
            await self._models.use_folder(asked.folder)
        else:
            await self._models.use(LocalChoice(asked.model, asked.url or None))
        return await self._state(request)

    async def _state(self, request: Request) -> dict[str, Any]:
        overview = await self._models.overview()
        return overview_json(overview, self._models.pinned, reader_language(request))


def models_routes(models: LocalModels, user_of: UserOf) -> list[BaseRoute]:
    """``/models`` and what belongs to it, for whoever is signed in."""
    do = _Endpoints(models)
    changes = {
        "find": _change(Nothing, do.find),
        "download": _change(Named, do.download),
        "cancel": _change(Nothing, do.cancel),
        "remove": _change(Named, do.remove),
        "use": _change(Wanted, do.use),
    }
    return [
        Route("/models", for_user(do.page, user_of, to_the_chat), methods=["GET"]),
        Route("/api/models", for_user(do.show, user_of, not_found), methods=["GET"]),
        Route("/api/models/catalog", for_user(do.offers, user_of, not_found), methods=["GET"]),
        *(
            Route(f"/api/models/{name}", for_user(change, user_of, not_found), methods=["POST"])
            for name, change in changes.items()
        ),
    ]


def _change(
    kind: type[_Body], act: Callable[[Request, _Body], Awaitable[dict[str, Any]]]
) -> Handler:
    """``act`` for requests whose body is a ``kind``."""

    async def handler(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _bad(request, "Content-Type: application/json", 415)
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_BODY_BYTES:
                return _bad(request, f"body: larger than {MAX_BODY_BYTES:,} bytes", 413)
        try:
            asked = kind.model_validate_json(bytes(body))
        except ValidationError as error:
            return _bad(request, complaint(error), 400)
        return JSONResponse(await act(request, asked))

    return handler


def _bad(request: Request, detail: str, status: int) -> JSONResponse:
    sentence = say("interface.bad_request", reader_language(request), detail=detail)
    return JSONResponse(error_body(sentence, "bad_request"), status)
