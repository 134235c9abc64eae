"""The browser chat: Chainlit's events turned into calls, answers into updates.

It decides nothing: :mod:`services.conversation` does the work and
:mod:`services.bootstrap` builds it. ``chainlit run app.py`` starts here.
"""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

import chainlit as cl
import jwt
from chainlit import server
from chainlit.auth import get_token_from_cookies
from chainlit.auth.jwt import decode_jwt
from chainlit.config import config
from chainlit.context import init_ws_context
from chainlit.session import WebsocketSession
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.again import AskAgain
from services.answer import LiveAnswer
from services.api.page import overlay
from services.api.port import give_up, protect, settings_for
from services.api.routes import export_routes, health_routes, v1_routes
from services.bootstrap import Services, open_services, signing_secret
from services.controls import route_picker, settings_panel, starters
from services.domain import Mode, PrivatePolicy, Site
from services.errors import NearsideError
from services.history.chainlit_layer import ChainlitDataLayer, route_element, run_id
from services.prompts import MAX_PROMPT_CHARACTERS, Prompt
from services.route_line import route_line
from services.settings import Settings, is_loopback
from services.texts import catalog, language_of, say

USER = "local"
"""The one user. Several users of one server share this history."""


def services() -> Services:
    """The parts, built when the server started. They survive a hot reload."""
    found: Services = server.app.state.nearside
    return found


def language() -> str:
    """The language of whoever sits at the current session."""
    return language_of(cl.context.session.language)


# --- The server around the chat ---------------------------------------------------------


def prepare() -> Settings:
    """Read the settings, close the port to strangers, choose how one signs in."""
    host, state, environ = config.run.host, server.app.state, dict(os.environ)
    if config.run.ci:
        environ.pop("OPENAI_API_KEY", None)  # the framework's --ci puts a made-up one there
    settings = settings_for(host, environ)
    if not hasattr(state, "nearside_settings"):  # not on a hot reload
        protect(server.app, host)
        state.nearside_tasks = set()
        # Room for the longest message that is taken; beyond it the socket would just close.
        server.sio.eio.max_http_buffer_size = 8 * MAX_PROMPT_CHARACTERS
    state.nearside_settings = settings
    os.environ["CHAINLIT_AUTH_SECRET"] = signing_secret(settings.data_dir)
    if settings.password and not is_loopback(host):
        sign_in_by_password(settings.password)
    else:
        sign_in_at_once()
    return settings


@cl.on_app_startup
async def start() -> None:
    """Build the services and put our addresses before the framework's."""
    settings: Settings = server.app.state.nearside_settings
    try:
        parts = await open_services(settings)
    except NearsideError as error:
        give_up(error)
    server.app.state.nearside = parts
    server.app.state.nearside_layer = ChainlitDataLayer(parts.store, route_line)
    server.app.router.routes[:0] = [
        *health_routes(parts.health, parts.metrics.text),
        *v1_routes(parts.endpoints, settings.api_key),
        *export_routes(parts.store.database, signed_in),
        Route("/project/translations", translations, methods=["GET"]),
    ]
    in_background(parts.warm_up())


@cl.on_app_shutdown
async def end() -> None:
    """Store what streams, end the engine, close the database."""
    await services().aclose()


@cl.data_layer
def data_layer() -> ChainlitDataLayer:
    """The framework's view of the history."""
    layer: ChainlitDataLayer = server.app.state.nearside_layer
    return layer


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
    """Exposed servers ask for the password; any name will do."""

    @cl.password_auth_callback
    async def check(name: str, given: str) -> cl.User | None:
        if hmac.compare_digest(given.encode(), password.encode()):
            return cl.User(USER)
        await asyncio.sleep(1)  # a guess a second
        return None


def sign_in_at_once() -> None:
    """On this computer there is one user, and no login page."""

    @cl.header_auth_callback
    async def check(headers: Headers) -> cl.User | None:
        return cl.User(USER)


# --- The chat ---------------------------------------------------------------------------


@cl.set_starters
async def first_prompts(user: cl.User | None, tag: str | None) -> list[cl.Starter]:
    """A few first prompts that show what the router does."""
    return [cl.Starter(**starter) for starter in starters(language_of(tag))]


@cl.on_chat_start
async def begin() -> None:
    """Show the controls of a new conversation."""
    # The framework would announce the conversation before it is stored; we do it after.
    cl.context.session.has_first_interaction = True
    await show_controls()
    if trouble := services().trouble:
        sentence = trouble.sentence(language())
        await warn(say("interface.history_unavailable", language(), sentence=sentence))


@cl.on_chat_resume
async def resume(thread: dict[str, Any]) -> None:
    """Show the controls, and join the answer that may still be streaming."""
    cl.user_session.set("announced", True)
    await show_controls()
    if live := services().conversations.live(thread["id"]):
        in_background(rejoin(live, resumed(cl.context.session)))


async def show_controls() -> None:
    """The route picker and the settings panel, in the reader's language."""
    session, emitter = cl.context.session, cl.context.emitter
    cloud = Site.CLOUD in services().backends
    panel = settings_panel(language(), policy_of(session), temporary=is_temporary(session))
    session.chat_settings = {control["id"]: control["initial"] for control in panel}
    await emitter.emit("set_modes", [route_picker(language(), cloud=cloud)])
    await emitter.emit("chat_settings", panel)


@cl.on_settings_update
async def settings_changed(values: dict[str, Any]) -> None:
    """A conversation can become temporary only before anything of it is stored."""
    session = cl.context.session
    if values.get("temporary") and cl.user_session.get("announced"):
        session.chat_settings["temporary"] = False
        await show_controls()
        await warn(say("interface.temporary_late", language()))
    elif values.get("temporary"):
        await warn(say("interface.temporary_on", language()), "info")


def policy_of(session: WebsocketSession) -> PrivatePolicy:
    """What may happen to private prompts of this conversation."""
    chosen = session.chat_settings.get("policy")
    return PrivatePolicy(chosen) if chosen else services().settings.private_policy


def is_temporary(session: WebsocketSession) -> bool:
    """Whether nothing of this conversation is stored."""
    return bool(session.chat_settings.get("temporary"))


def prompt_of(message_id: str, text: str, mode: Mode) -> Prompt:
    """A turn of the current session, as the conversation service takes it."""
    session = cl.context.session
    return Prompt(
        conversation_id=session.thread_id,
        message_id=message_id,
        text=text,
        user_id=getattr(session.user, "id", USER),
        mode=mode,
        policy=policy_of(session),
        system=say("interface.system_prompt", language()),
        temporary=is_temporary(session),
    )


async def receive(message: cl.Message) -> None:
    """Answer a new or an edited message."""
    picked = (message.modes or {}).get("route", Mode.AUTO)
    try:
        prompt = prompt_of(message.id, message.content, Mode(picked))
        live = await services().conversations.reply(prompt)
    except NearsideError as error:
        await cl.ErrorMessage(content=error.sentence(language())).send()
        return
    if not prompt.temporary and not cl.user_session.get("announced"):
        cl.user_session.set("announced", True)
        announcement = {"interaction": "message", "thread_id": prompt.conversation_id}
        await cl.context.emitter.emit("first_interaction", announcement)
    await show(live)
    if trouble := services().spool.trouble:
        sentence = trouble.sentence(language())
        await warn(say("interface.not_saved", language(), sentence=sentence))


# The framework's decorator would wrap this in a step of its own with a random id and a
# copy of the prompt. The step's id must be known later: feedback hangs on it.
config.code.on_message = receive


async def show(live: LiveAnswer) -> None:
    """Stream an answer, from wherever it is, into the current session."""
    answer = live.message
    async with cl.Step(
        name="on_message", type="run", id=run_id(answer.id), parent_id=answer.reply_to
    ):
        message = cl.Message(content=live.text, id=answer.id)
        skip = live.pieces
        if skip:
            message.streaming = True
            await cl.context.emitter.stream_start(message.to_dict())
        async with aclosing(live.follow(skip=skip)) as pieces:
            async for piece in pieces:
                await message.stream_token(piece)
        answer = await live.wait()
        message.content = answer.content
        await message.send()
        await cl.context.emitter.send_element(route_element(answer, route_line(answer)))
    cl.chat_context.clear()  # ours is the history; the framework's copy would only grow


def resumed(session: WebsocketSession) -> asyncio.Event:
    """An event that is set once the browser has been sent the stored conversation."""
    event, emit = asyncio.Event(), session.emit

    async def emit_and_note(name: str, data: Any) -> None:
        await emit(name, data)
        if name == "resume_thread":
            session.emit = emit
            event.set()

    session.emit = emit_and_note
    return event


async def rejoin(live: LiveAnswer, stored_is_shown: asyncio.Event) -> None:
    """Go on streaming after a reload."""
    await stored_is_shown.wait()
    await stream_again(live)


async def stream_again(live: LiveAnswer) -> None:
    """Show an answer that no message of the browser waits for."""
    await cl.context.emitter.task_start()
    try:
        await show(live)
    finally:
        await cl.context.emitter.task_end()


@cl.action_callback("ask_again")
async def ask_again(action: cl.Action) -> dict[str, Any]:
    """Answer a prompt once more; what is returned is for the browser to show."""
    asked = action.payload
    again = AskAgain(services().conversations, services().settings.cloud, language())
    prompt = prompt_of("", "", Mode(asked["site"]))
    started = await again.start(prompt, asked["answerId"], asked.get("digest"))
    if isinstance(started, dict):
        return started
    in_background(stream_again(started))
    return {}


@server.sio.on("stop")
async def stop(sid: str) -> None:
    """Stop the answer; what has come stays. (The framework's own handler loses it.)"""
    if session := WebsocketSession.get(sid):
        services().conversations.stop(session.thread_id)


@server.sio.on("edit_message")
async def edit(sid: str, payload: dict[str, Any]) -> None:
    """Answer an edited message. (The framework's own handler cannot be stopped.)"""
    context = init_ws_context(WebsocketSession.require(sid))
    await context.emitter.task_start()
    try:
        await receive(cl.Message.from_dict(payload["message"]))
    finally:
        await context.emitter.task_end()


@cl.on_chat_end
async def leave() -> None:
    """Forget a temporary conversation when its tab is gone for good."""
    session = cl.context.session

    def forget() -> None:
        if WebsocketSession.get_by_id(session.id) is None:
            services().temporary.forget(session.thread_id)

    if is_temporary(session):
        wait = 1 if session.to_clear else config.project.session_timeout + 1
        asyncio.get_running_loop().call_later(wait, forget)


async def warn(sentence: str, kind: str = "warning") -> None:
    """A notice beside the conversation."""
    await cl.context.emitter.send_toast(sentence, kind)


def in_background(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` without waiting; the server keeps it alive."""
    tasks: set[asyncio.Task[None]] = server.app.state.nearside_tasks
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


prepare()
