"""The browser chat: ``chainlit run app.py`` starts here.

This file prepares the server around the chat; ``chat.py`` holds the handlers,
:mod:`services.conversation` does the work and :mod:`services.bootstrap` builds it.
"""

from __future__ import annotations

import asyncio
import hmac
import os

import chainlit as cl
import jwt
from chainlit import server
from chainlit.auth import get_token_from_cookies
from chainlit.auth.jwt import decode_jwt
from chainlit.config import config
from chainlit.session import WebsocketSession
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import chat  # noqa: F401  # its handlers register themselves
from browser_tab import USER, in_background, services
from services.addresses import near_name
from services.api.file_routes import File, FindFile, file_address, file_routes
from services.api.ledger_routes import ledger_routes
from services.api.models_routes import models_routes
from services.api.page import overlay
from services.api.port import give_up, protect, settings_for
from services.api.routes import export_routes, health_routes, v1_routes
from services.api.rules_routes import rules_routes
from services.bootstrap import Services, open_services, signing_secret
from services.errors import NearsideError
from services.history.attachments import Attachments
from services.history.chainlit_layer import ChainlitDataLayer
from services.prompts import MAX_PROMPT_CHARACTERS
from services.route_line import route_line
from services.running import announce
from services.settings import Settings
from services.texts import catalog, language_of


def prepare() -> Settings:
    """Read the settings, close the port to strangers, choose how one signs in."""
    host, state, environ = config.run.host, server.app.state, dict(os.environ)
    if config.run.ci:
        environ.pop("OPENAI_API_KEY", None)  # the framework's --ci puts a made-up one there
    settings = settings_for(host, environ)
    if not hasattr(state, "nearside_settings"):  # not on a hot reload
        protect(server.app, host, settings.hosts, login=settings.password is not None)
        state.nearside_tasks = set()
        # Room for the longest message that is taken; beyond it the socket would just close.
        server.sio.eio.max_http_buffer_size = 8 * MAX_PROMPT_CHARACTERS
    state.nearside_settings = settings
    os.environ["CHAINLIT_AUTH_SECRET"] = signing_secret(settings.data_dir)
    if settings.password:
        sign_in_by_password(settings.password)
    else:
        sign_in_at_once()
    return settings


class DataLayer(ChainlitDataLayer):
    """The history; a conversation that is deleted is no longer answered either."""

    async def delete_thread(self, thread_id: str) -> None:
        """Stop the conversation's answers and delete it."""
        services().conversations.stop(thread_id)
        await super().delete_thread(thread_id)


@cl.on_app_startup
async def start() -> None:
    """Build the services and put our addresses before the framework's."""
    settings: Settings = server.app.state.nearside_settings
    try:
        parts = await open_services(settings)
    except NearsideError as error:
        give_up(error)
    server.app.state.nearside = parts
    server.app.state.nearside_note = announce(settings.data_dir, _own_url())
    server.app.state.nearside_layer = DataLayer(parts.store, route_line, element_url=file_address)
    server.app.router.routes[:0] = [
        *health_routes(parts.health, parts.metrics.text),
        *v1_routes(parts.endpoints, settings.api_key),
        *export_routes(parts.store.database, signed_in),
        *ledger_routes(parts.store.database, signed_in),
        *rules_routes(parts.rules, signed_in),
        *models_routes(parts.models, signed_in),
        *file_routes(parts.files.read, parts.uploads, files_kept(parts), tab_of),
        Route("/project/translations", translations, methods=["GET"]),
    ]
    in_background(parts.warm_up())


def _own_url() -> str:
    """Where a browser on this computer finds this server."""
    scheme = "https" if config.run.ssl_cert else "http"
    return f"{scheme}://{near_name(config.run.host)}:{config.run.port}{config.run.root_path}"


@cl.on_app_shutdown
async def end() -> None:
    """Store what streams, end the engine, close the database."""
    await services().aclose()


@cl.data_layer
def data_layer() -> ChainlitDataLayer:
    """The framework's view of the history."""
    layer: ChainlitDataLayer = server.app.state.nearside_layer
    return layer


def files_kept(parts: Services) -> FindFile:
    """Where the bytes of an attached file are found: on the disk, or in memory before."""
    stored = Attachments(parts.store.database)

    async def find(request: Request, conversation: str, name: str) -> File | None:
        user = await signed_in(request)
        if user is None:
            return None
        if await data_layer().get_thread_author(conversation) == user:
            row = await stored.element(conversation, name)
            if row and row.content is not None:
                return File(row.name, row.content)
        for store in (parts.temporary, parts.spool):
            for message in await store.messages(conversation):
                for file in message.files:
                    if file.id == name and file.original:
                        return File(file.name, file.original)
        return None

    return find


async def tab_of(request: Request) -> str | None:
    """The tab that a request names, if it is of whoever asks."""
    session = WebsocketSession.get_by_id(request.query_params.get("session_id", ""))
    user = await signed_in(request)
    mine = session is not None and user is not None and getattr(session.user, "id", None) == user
    return session.id if session and mine else None


async def translations(request: Request) -> Response:
    """The framework's texts in the reader's language, with ours over them."""
    tag = request.query_params["language"]
    ours = overlay(config.load_translation(tag), catalog(language_of(tag)))
    return JSONResponse({"translation": ours})


async def signed_in(request: Request) -> str | None:
    """Who asks, by the session's cookie."""
    try:
        user = decode_jwt(get_token_from_cookies(dict(request.cookies)) or "")
    except jwt.InvalidTokenError:
        return None
    known = await data_layer().get_user(user.identifier)
    return known.id if known else None


def sign_in_by_password(password: str) -> None:
    """Where a password is set, it is asked for; any name will do."""

    @cl.password_auth_callback
    async def check(name: str, given: str) -> cl.User | None:
        if hmac.compare_digest(given.encode(), password.encode()):
            return cl.User(USER)
        await asyncio.sleep(1)  # a guess a second
        return None


def sign_in_at_once() -> None:
    """Without a password there is one user, on this computer, and no login page."""

    @cl.header_auth_callback
    async def check(headers: Headers) -> cl.User | None:
        return cl.User(USER)


prepare()
