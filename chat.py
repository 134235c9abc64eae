"""The chat's handlers: the page's events turned into calls, answers into updates.

They decide nothing: :mod:`services.conversation` does the work.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, cast

import chainlit as cl
from chainlit import server
from chainlit.config import config
from chainlit.context import init_ws_context
from chainlit.session import WebsocketSession
from chainlit.socket import process_message
from chainlit.types import ThreadDict

from browser_tab import (
    USER,
    emit,
    in_background,
    is_temporary,
    keep_choices,
    language,
    notify,
    policy,
    preferences,
    put,
    services,
    show_controls,
    show_panel,
    tab,
    warn,
    while_busy,
)
from services.again import AskAgain
from services.answer import LiveAnswer
from services.api.file_routes import file_address
from services.attachment import Attachment
from services.controls import place_in_queue, starters
from services.discretion import log_kind
from services.domain import Mode
from services.errors import NearsideError
from services.history.chainlit_layer import route_element, run_id
from services.history.thread_view import file_element
from services.preferences import read_preferences
from services.prompts import Prompt
from services.route_line import route_line
from services.texts import language_of, say

ATTACHED = "attached"
"""Where a message carries the ids of its files on its way through the framework."""


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


def prompt_of(message_id: str, text: str, mode: Mode, files: tuple[Attachment, ...] = ()) -> Prompt:
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
        files=files,
    )


async def receive(message: cl.Message) -> None:
    """Answer a new or an edited message."""
    picked = (message.modes or {}).get("route", Mode.AUTO)
    attached = (message.metadata or {}).get(ATTACHED, [])
    try:
        files = services().uploads.take(tab().id, attached)
        prompt = prompt_of(message.id, message.content, Mode(picked), files)
        live = await services().conversations.reply(prompt)
    except NearsideError as error:
        if attached:  # back into the message box, to be sent again
            await emit("delete_message", message.to_dict())
            await emit("window_message", {"unsent": message.content})
        await put(cl.ErrorMessage(content=error.sentence(language())))
        return
    except Exception as failure:  # the framework would show its text to everybody
        log_kind(failure)
        await put(cl.ErrorMessage(content=NearsideError().sentence(language())))
        return
    await show_files(prompt)
    if not prompt.temporary:
        announced = {"interaction": "message", "thread_id": prompt.conversation_id}
        await emit("first_interaction", announced)
        await emit("window_message", {"conversation": prompt.conversation_id})
        in_background(keep_choices(prompt.mode))
    await show(live)
    if trouble := services().spool.trouble:
        await warn("not_saved", sentence=trouble.sentence(language()))


# The framework's decorator would wrap this in a step of its own with a random id and a
# copy of the prompt. The step's id must be known later: feedback hangs on it.
config.code.on_message = receive


async def show_files(prompt: Prompt) -> None:
    """The files of a new message, below it; their ids are those of the store."""
    for file in prompt.files:
        address = file_address(prompt.conversation_id, file.id)
        await emit("element", file_element(file, prompt.message_id, address))


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


async def take(sid: str, payload: dict[str, Any]) -> None:
    """A new message. (The framework's own handler knows only files that it put on the disk.)"""
    session = WebsocketSession.require(sid)
    message = payload["message"]
    ids = [str(file["id"]) for file in payload.get("fileReferences") or []]
    message["metadata"] = {**(message.get("metadata") or {}), ATTACHED: ids}
    work = process_message(session, {"message": message, "fileReferences": None})
    session.current_task = asyncio.create_task(work)


async def stop(sid: str) -> None:
    """Stop the answer; what has come stays. (The framework's own handler loses it.)"""
    if session := WebsocketSession.get(sid):
        services().conversations.stop(session.thread_id)


async def edit(sid: str, payload: dict[str, Any]) -> None:
    """Answer an edited message. (The framework's own handler cannot be stopped.)"""
    init_ws_context(WebsocketSession.require(sid))
    await while_busy(receive(cl.Message.from_dict(payload["message"])))


server.sio.on("client_message", take)
server.sio.on("stop", stop)
server.sio.on("edit_message", edit)


@cl.on_chat_end
async def leave() -> None:
    """Forget a temporary conversation, and files never sent, when the tab is gone for good."""
    session = tab()

    def forget() -> None:
        if WebsocketSession.get_by_id(session.id) is None:
            services().uploads.forget(session.id)
            if is_temporary(session):
                services().temporary.forget(session.thread_id)

    wait = 1 if session.to_clear else config.project.session_timeout + 1
    asyncio.get_running_loop().call_later(wait, forget)
