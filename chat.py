"""The chat's handlers: the page's events turned into calls, answers into updates.

They decide nothing: :mod:`services.conversation` does the work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Any, cast

import chainlit as cl
from chainlit import server
from chainlit.config import config
from chainlit.context import init_ws_context
from chainlit.session import WebsocketSession
from chainlit.types import ThreadDict
from chainlit.user_session import user_sessions

from services.again import AskAgain
from services.answer import LiveAnswer
from services.bootstrap import Services
from services.controls import place_in_queue, route_picker, settings_panel, starters
from services.discretion import log_kind
from services.domain import Mode, PrivatePolicy, Site
from services.errors import NearsideError
from services.history.chainlit_layer import ChainlitDataLayer, route_element, run_id
from services.preferences import Preferences, read_preferences
from services.prompts import Prompt
from services.route_line import route_line
from services.texts import language_of, say

USER = "local"
"""The one user. Several users of one server share this history."""


def services() -> Services:
    """The parts, built when the server started. They survive a hot reload."""
    found: Services = server.app.state.nearside
    return found


def tab() -> WebsocketSession:
    """The browser tab that is being served."""
    session = cl.context.session
    if not isinstance(session, WebsocketSession):
        raise TypeError("the chat is for browsers only")
    return session


def language() -> str:
    """The language of whoever sits at the tab."""
    return language_of(tab().language)


async def put(message: cl.Message | cl.ErrorMessage) -> None:
    """Show a whole message."""
    await message.send()  # type: ignore[no-untyped-call]  # the framework's has no types


async def emit(event: str, data: Any) -> None:
    """Send one event of the page's protocol to the tab."""
    send: Callable[[str, Any], Awaitable[None]] = tab().emit  # type: ignore[assignment]  # stated wrongly there
    await send(event, data)


@cl.set_starters
async def first_prompts(user: cl.User | None, tag: str | None) -> list[cl.Starter]:
    """A few first prompts that show what the router does."""
    return [cl.Starter(**starter) for starter in starters(language_of(tag))]


@cl.on_chat_start
async def begin() -> None:
    """Show the controls of a new conversation."""
    # The framework would announce the conversation before it is stored; we do it after.
    tab().has_first_interaction = True
    await emit("window_message", {"begun": True})  # see public/patience.js
    await show_controls()
    if trouble := services().trouble:
        await notify(trouble.sentence(language()))
    if sentence := services().rules.current().sentence(language()):
        await notify(sentence)


@cl.on_chat_resume
async def resume(thread: ThreadDict) -> None:
    """Show the controls, and join the answer that may still be streaming."""
    await show_controls()
    await emit("window_message", {"conversation": thread["id"]})  # see public/patience.js
    if live := services().conversations.live(thread["id"]):
        in_background(rejoin(live, cast(asyncio.Task[Any], asyncio.current_task())))


async def show_controls() -> None:
    """The route picker and the settings panel, in the reader's language."""
    picked = Mode(user_sessions.get(tab().id, {}).get("route", Mode.AUTO))
    cloud = Site.CLOUD in services().backends
    await emit("set_modes", [route_picker(language(), picked, cloud=cloud)])
    await show_panel()


async def show_panel() -> None:
    """The settings as they count now."""
    temporary = is_temporary(tab())
    panel = settings_panel(language(), policy(), preferences(), temporary=temporary)
    tab().chat_settings = {control["id"]: control["initial"] for control in panel}
    await emit("chat_settings", panel)


async def keep_choices() -> None:
    """Store what is set for a stored conversation; the framework waits until the tab goes."""
    layer: ChainlitDataLayer = server.app.state.nearside_layer
    with suppress(NearsideError):  # what is wrong with the history is said beside the answers
        await layer.update_thread(tab().thread_id, metadata=tab().to_persistable())


@cl.on_settings_update
async def settings_changed(values: dict[str, Any]) -> None:
    """A conversation can become temporary only before anything of it is stored.

    What cannot be used is put right in the panel, with one sentence.
    """
    if (trouble := read_preferences(values)[1]) is not None:
        await show_panel()
        await warn(trouble)
    if values.get("temporary") and await services().spool.messages(tab().thread_id):
        tab().chat_settings["temporary"] = False
        await show_panel()
        await warn("temporary_late")
    elif values.get("temporary"):
        await warn("temporary_on")
    await keep_choices()


@cl.on_window_message
async def page_says(data: Any) -> None:
    """A page may show a conversation that is not stored and that nobody here knows any more."""
    if data == {"unknown": True} and not await services().spool.messages(tab().thread_id):
        tab().chat_settings["temporary"] = True
        await show_panel()
        await warn("temporary_forgotten")


def policy() -> PrivatePolicy:
    """What may happen to private prompts of this conversation."""
    chosen = tab().chat_settings.get("policy")
    return PrivatePolicy(chosen) if chosen else services().settings.private_policy


def preferences() -> Preferences:
    """How this conversation is to be answered."""
    return read_preferences(tab().chat_settings)[0]


def is_temporary(session: WebsocketSession) -> bool:
    """Whether nothing of a tab's conversation is stored."""
    return bool(session.chat_settings.get("temporary"))


def prompt_of(message_id: str, text: str, mode: Mode) -> Prompt:
    """A turn in the tab, as the conversation service takes it."""
    wanted = preferences()
    return Prompt(
        conversation_id=tab().thread_id,
        message_id=message_id,
        text=text,
        user_id=getattr(tab().user, "id", USER),
        mode=mode,
        policy=policy(),
        system=wanted.system(say("interface.system_prompt", language())),
        temporary=is_temporary(tab()),
        options=wanted.options,
    )


async def receive(message: cl.Message) -> None:
    """Answer a new or an edited message."""
    picked = (message.modes or {}).get("route", Mode.AUTO)
    try:
        prompt = prompt_of(message.id, message.content, Mode(picked))
        live = await services().conversations.reply(prompt)
    except NearsideError as error:
        await put(cl.ErrorMessage(content=error.sentence(language())))
        return
    except Exception as failure:  # the framework would show its text to everybody
        log_kind(failure)
        await put(cl.ErrorMessage(content=NearsideError().sentence(language())))
        return
    if not prompt.temporary:
        announced = {"interaction": "message", "thread_id": prompt.conversation_id}
        await emit("first_interaction", announced)
        await emit("window_message", {"conversation": prompt.conversation_id})
        user_sessions.setdefault(tab().id, {})["route"] = prompt.mode.value
        in_background(keep_choices())
    await show(live)
    if trouble := services().spool.trouble:
        await warn("not_saved", sentence=trouble.sentence(language()))


# The framework's decorator would wrap this in a step of its own with a random id and a
# copy of the prompt. The step's id must be known later: feedback hangs on it.
config.code.on_message = receive


async def show(live: LiveAnswer) -> None:
    """Stream an answer, from wherever it is, into the tab."""
    answer = live.message
    async with cl.Step(
        name="on_message", type="run", id=run_id(answer.id), parent_id=answer.reply_to
    ):
        message = cl.Message(content=live.text, id=answer.id)
        if skip := live.pieces:
            message.streaming = True
            await emit("stream_start", message.to_dict())
        async with aclosing(live.places()) as places:
            async for ahead in places:
                await message.stream_token(place_in_queue(ahead, language()), is_sequence=True)
        first = not skip
        async with aclosing(live.follow(skip=skip)) as pieces:
            async for piece in pieces:
                # The first piece takes the place of such a notice.
                await message.stream_token(piece, is_sequence=first)
                first = False
        answer = await live.wait()
        message.content = answer.content
        await put(message)
        await emit("element", route_element(answer, route_line(answer, fresh=True)))
    cl.chat_context.clear()  # ours is the history; the framework's copy would only grow


async def rejoin(live: LiveAnswer, resuming: asyncio.Task[Any]) -> None:
    """Go on streaming after a reload."""
    await asyncio.wait({resuming})  # there the framework sends what is stored, after ``resume``
    await while_busy(show(live))


async def while_busy(work: Awaitable[None]) -> None:
    """Do ``work`` while the page shows its stop button."""
    await emit("task_start", {})
    try:
        await work
    finally:
        await emit("task_end", {})


@cl.action_callback("ask_again")
async def ask_again(action: cl.Action) -> dict[str, Any]:
    """Answer a prompt once more; what is returned is for the browser to show."""
    asked = action.payload
    again = AskAgain(services().conversations, services().settings.cloud, language())
    prompt = prompt_of("", "", Mode(asked["site"]))
    started = await again.start(prompt, asked["answerId"], asked.get("digest"))
    if isinstance(started, dict):
        return started
    in_background(while_busy(show(started)))
    return {}


async def stop(sid: str) -> None:
    """Stop the answer; what has come stays. (The framework's own handler loses it.)"""
    if session := WebsocketSession.get(sid):
        services().conversations.stop(session.thread_id)


async def edit(sid: str, payload: dict[str, Any]) -> None:
    """Answer an edited message. (The framework's own handler cannot be stopped.)"""
    init_ws_context(WebsocketSession.require(sid))
    await while_busy(receive(cl.Message.from_dict(payload["message"])))


server.sio.on("stop", stop)
server.sio.on("edit_message", edit)


@cl.on_chat_end
async def leave() -> None:
    """Forget a temporary conversation when its tab is gone for good."""
    session = tab()

    def forget() -> None:
        if WebsocketSession.get_by_id(session.id) is None:
            services().temporary.forget(session.thread_id)

    if is_temporary(session):
        wait = 1 if session.to_clear else config.project.session_timeout + 1
        asyncio.get_running_loop().call_later(wait, forget)


async def warn(key: str, **values: str) -> None:
    """One of our sentences beside the conversation."""
    await notify(say(f"interface.{key}", language(), **values))


async def notify(sentence: str) -> None:
    """A notice beside the conversation."""
    await emit("toast", {"message": sentence, "type": "warning"})


def in_background(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` without waiting; the server keeps it alive."""
    tasks: set[asyncio.Task[None]] = server.app.state.nearside_tasks
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
