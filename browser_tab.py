"""The browser tab that is being served: what can be shown in it, and what is chosen there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import chainlit as cl
from chainlit import server
from chainlit.session import WebsocketSession
from chainlit.user_session import user_sessions

from services.bootstrap import Services
from services.controls import route_picker, settings_panel
from services.domain import Mode, PrivatePolicy, Site
from services.errors import NearsideError
from services.history.chainlit_layer import ChainlitDataLayer
from services.preferences import Preferences, read_preferences
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


async def while_busy(work: Awaitable[None]) -> None:
    """Do ``work`` while the page shows its stop button."""
    await emit("task_start", {})
    try:
        await work
    finally:
        await emit("task_end", {})


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


async def keep_choices(picked: Mode | None = None) -> None:
    """Store the settings of a stored conversation, and the route that was ``picked`` now.

    The framework does so only when the tab goes, which a killed server does not see.
    """
    if picked is not None:
        user_sessions.setdefault(tab().id, {})["route"] = picked.value
    layer: ChainlitDataLayer = server.app.state.nearside_layer
    with suppress(NearsideError):  # what is wrong with the history is said beside the answers
        await layer.update_thread(tab().thread_id, metadata=tab().to_persistable())
