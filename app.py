"""The browser chat: Chainlit's events turned into calls, answers into updates.

It decides nothing: :mod:`services.conversation` does the work and
:mod:`services.bootstrap` builds it. ``chainlit run app.py`` starts here.
"""

from __future__ import annotations

import asyncio
import hmac
import locale
import os
import sys
from collections.abc import Coroutine
from contextlib import aclosing
from dataclasses import replace
from typing import Any, NoReturn

import chainlit as cl
import jwt
from chainlit import server
from chainlit.auth import get_token_from_cookies
from chainlit.auth.jwt import decode_jwt
from chainlit.config import config
from chainlit.context import init_ws_context
from chainlit.input_widget import Select, Switch
from chainlit.mode import Mode as ModePicker
from chainlit.mode import ModeOption
from chainlit.session import WebsocketSession
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.answer import LiveAnswer
from services.api.guard import Guard
from services.api.language import ReaderLanguage
from services.api.page import OfflinePage, overlay
from services.api.routes import export_routes, health_routes, v1_routes
from services.bootstrap import Services, open_services, signing_secret
from services.domain import Mode, PrivatePolicy, Site
from services.errors import NearsideError
from services.history.chainlit_layer import ChainlitDataLayer, route_element, run_id
from services.history.export import Exporter
from services.prompts import MAX_PROMPT_CHARACTERS, Prompt
from services.route_line import reason_sentence, route_line
from services.settings import Settings, is_loopback, load_settings
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
    """Read the settings and close the port to strangers; end with a sentence if wrong."""
    environ = dict(os.environ)
    if config.run.ci:
        environ.pop("OPENAI_API_KEY", None)  # the framework's --ci puts a made-up one there
    try:
        settings = load_settings(environ)
        exposed = not is_loopback(config.run.host)
        if exposed and settings.password is None:
            raise NearsideError("start.password_needed", host=config.run.host)
    except NearsideError as error:
        give_up(error)
    if not hasattr(server.app.state, "nearside_settings"):  # not on a hot reload
        server.app.add_middleware(ReaderLanguage)
        server.app.add_middleware(Guard, exposed=exposed)
        # Innermost, where the page is not compressed yet.
        server.app.user_middleware.append(Middleware(OfflinePage, login=exposed))
        # Room for the longest message that is taken; beyond it the socket would just close.
        server.sio.eio.max_http_buffer_size = 8 * MAX_PROMPT_CHARACTERS
        server.app.state.nearside_tasks = set()
    server.app.state.nearside_settings = settings
    os.environ["CHAINLIT_AUTH_SECRET"] = signing_secret(settings.data_dir)
    return settings


def give_up(error: NearsideError) -> NoReturn:
    """Say what is wrong, in the language of the system, and end with status 2."""
    print(error.sentence(language_of(locale.getlocale()[0])), file=sys.stderr, flush=True)
    os._exit(2)


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
        *export_routes(Exporter(parts.store), signed_in),
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
async def starters(user: cl.User | None, tag: str | None) -> list[cl.Starter]:
    """Four first prompts that show what the router does."""
    reader = language_of(tag)
    return [
        cl.Starter(
            label=say(f"interface.starter_{name}", reader),
            message=say(f"interface.starter_{name}_message", reader),
            icon=f"/public/starters/{name}.svg",
        )
        for name in ("hello", "private", "hard", "leaving")
    ]


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
    reader, session = language(), cl.context.session
    cloud = Site.CLOUD in services().backends
    options = [
        ModeOption(
            id=mode.value,
            name=say(f"interface.mode_{mode}", reader),
            description=say(
                "interface.mode_cloud_off"
                if mode is Mode.CLOUD and not cloud
                else f"interface.mode_{mode}_description",
                reader,
            ),
            icon=icon,
            default=mode is Mode.AUTO,
        )
        for mode, icon in ((Mode.AUTO, "split"), (Mode.LOCAL, "laptop"), (Mode.CLOUD, "cloud"))
    ]
    picker = ModePicker(id="route", name=say("interface.mode", reader), options=options)
    await cl.context.emitter.set_modes([picker])
    policies = {say(f"interface.policy_{policy}", reader): policy.value for policy in PrivatePolicy}
    await cl.ChatSettings(
        [
            Select(
                id="policy",
                label=say("interface.policy", reader),
                description=say("interface.policy_description", reader),
                items=policies,
                initial_value=policy_of(session).value,
            ),
            Switch(
                id="temporary",
                label=say("interface.temporary", reader),
                description=say("interface.temporary_description", reader),
                initial=is_temporary(session),
            ),
        ]
    ).send()


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
    """Answer a prompt once more, here or in the cloud; the browser shows what is said.

    For the cloud the first call returns what would be sent; the second one, with
    the digest of that, sends it.
    """
    reader, conversations = language(), services().conversations
    prompt = prompt_of("", "", Mode(action.payload["site"]))
    if conversations.live(prompt.conversation_id):
        return {"refused": say("interface.busy", reader)}
    asked = await conversations.prompt_of(prompt, action.payload["answerId"])
    if asked is None:
        return {"refused": say("interface.not_found", reader)}
    prompt = replace(prompt, message_id=asked)
    if prompt.mode is Mode.CLOUD:
        shown = await preview(prompt)
        if shown.get("digest") is None or shown["digest"] != action.payload.get("digest"):
            return shown
        prompt = replace(prompt, released=shown["digest"])
    in_background(stream_again(conversations.answer_again(prompt)))
    return {}


async def preview(prompt: Prompt) -> dict[str, Any]:
    """What the cloud would be given for ``prompt``, or why it may not have it."""
    reader, cloud = language(), services().settings.cloud
    if cloud is None:
        return {"refused": say("interface.no_cloud", reader)}
    shown = await services().conversations.preview(prompt)
    if shown.candidate is None:
        reason = " ".join(reason_sentence(r, reader) for r in shown.decision.reasons[:1])
        return {"refused": say("interface.cloud_refused", reader, reason=reason)}
    destination = say("interface.preview_destination", reader, host=cloud.host, model=cloud.model)
    return {
        "preview": [{"role": m.role, "content": m.content} for m in shown.candidate.messages],
        "digest": shown.digest,
        "destination": destination,
        "warning": say("interface.preview_private", reader) if shown.candidate.released else None,
    }


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


_settings = prepare()
if _settings.password and not is_loopback(config.run.host):
    sign_in_by_password(_settings.password)
else:
    sign_in_at_once()
