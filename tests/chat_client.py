"""A browser tab without a browser: the page's socket protocol, for tests."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Self

import httpx
import socketio

PATIENCE = 30.0

Json = dict[str, Any]


class ChatTab:
    """One tab: what it shows, and what a person can do in it."""

    def __init__(self, url: str, *, thread: str = "", language: str = "en-US") -> None:
        self.url = url
        self.thread = thread
        self.language = language
        self.session = str(uuid.uuid4())
        self.messages: dict[str, Json] = {}
        self.elements: dict[str, Json] = {}
        self.files: dict[str, list[Json]] = {}
        self.unsent: list[str] = []
        self.toasts: list[str] = []
        self.modes: list[Json] = []
        self.settings: list[Json] = []
        self.busy = False
        self.frames = 0
        self.resumed: Json | None = None
        self._changed = asyncio.Condition()
        self._socket = socketio.AsyncClient(reconnection=False)
        self.http = httpx.AsyncClient(
            base_url=url, trust_env=False, headers={"Accept-Language": language}, timeout=PATIENCE
        )
        for name in (
            "new_message",
            "update_message",
            "delete_message",
            "stream_start",
            "stream_token",
            "first_interaction",
            "task_start",
            "task_end",
            "element",
            "toast",
            "set_modes",
            "chat_settings",
            "resume_thread",
            "window_message",
        ):
            self._socket.on(name, self._handler(name))

    async def __aenter__(self) -> Self:
        (await self.http.post("/auth/header")).raise_for_status()
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        await self._socket.connect(
            self.url,
            socketio_path="/ws/socket.io",
            transports=["websocket"],
            headers={"Cookie": cookies, "Accept-Language": self.language, "Origin": self.url},
            auth={
                "sessionId": self.session,
                "clientType": "webapp",
                "threadId": self.thread,
                "userEnv": "{}",
                "chatProfile": "",
            },
            wait_timeout=int(PATIENCE),
        )
        await self._socket.emit("connection_successful")
        await self.until(lambda: bool(self.settings))
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._socket.disconnect()
        await self.http.aclose()

    def _handler(self, name: str) -> Callable[[Any], Any]:
        async def handle(data: Any = None) -> None:
            self._take(name, data)
            async with self._changed:
                self._changed.notify_all()

        return handle

    def _take(self, name: str, data: Any) -> None:
        if name in {"new_message", "update_message", "stream_start"}:
            self.messages[data["id"]] = data
        elif name == "stream_token":
            self.frames += 1
            shown = self.messages[data["id"]]
            shown["output"] = (
                data["token"] if data["isSequence"] else shown["output"] + data["token"]
            )
        elif name == "delete_message":
            self.messages.pop(data["id"], None)
        elif name == "first_interaction":
            self.thread = data["thread_id"]
        elif name in {"task_start", "task_end"}:
            self.busy = name == "task_start"
        elif name == "element":
            self._show(data)
        elif name == "window_message" and "unsent" in data:
            self.unsent.append(data["unsent"])
        elif name == "toast":
            self.toasts.append(data["message"])
        elif name == "set_modes":
            self.modes = data
        elif name == "chat_settings":
            self.settings = data
        elif name == "resume_thread":
            self.resumed = data
            self.messages = {step["id"]: step for step in data["steps"]}
            self.elements, self.files = {}, {}
            for element in data["elements"]:
                self._show(element)

    def _show(self, element: Json) -> None:
        if element["type"] == "custom":
            self.elements[element["forId"]] = element
        else:
            self.files.setdefault(element["forId"], []).append(element)

    async def until(self, true: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait until ``true``; fails after ``seconds``."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(true)

    async def send(self, text: str, mode: str = "auto", files: Sequence[str] = ()) -> str:
        """Send a message with attached ``files``; its id."""
        message = self._message(str(uuid.uuid4()), text, mode)
        references = [{"id": name} for name in files]
        payload = {"message": message, "fileReferences": references}
        await self._socket.emit("client_message", payload)
        return str(message["id"])

    async def attach(self, name: str, data: bytes, media_type: str = "text/plain") -> str:
        """Attach a file to the message that is being written; its id, or why it was refused."""
        response = await self.http.post(
            "/project/file",
            params={"session_id": self.session},
            files={"file": (name, data, media_type)},
        )
        answer: dict[str, str] = response.json()
        return answer["id"] if response.is_success else answer["detail"]

    async def edit(self, message_id: str, text: str, mode: str = "auto") -> None:
        """Edit a message and have it answered again."""
        message = self._message(message_id, text, mode)
        await self._socket.emit("edit_message", {"message": message})

    async def stop(self) -> None:
        """Press the stop button."""
        await self._socket.emit("stop")

    async def change_settings(self, **values: Any) -> None:
        """Change the conversation's settings."""
        await self._socket.emit("chat_settings_change", values)

    def chosen(self) -> dict[str, str]:
        """What route picker and settings panel show."""
        (route,) = (option["id"] for option in self.modes[0]["options"] if option["default"])
        (policy,) = (item["initial"] for item in self.settings if item["id"] == "policy")
        return {"route": route, "policy": policy}

    def _message(self, message_id: str, text: str, mode: str) -> Json:
        return {
            "id": message_id,
            "threadId": "",
            "name": "local",
            "type": "user_message",
            "output": text,
            "createdAt": datetime.now(UTC).isoformat(),
            "modes": {"route": mode},
        }

    def answers(self) -> list[Json]:
        """The answers that are shown, oldest first."""
        return [m for m in self.messages.values() if m["type"] == "assistant_message"]

    def line(self, answer: Json) -> Json | None:
        """The properties of the route line under an answer."""
        element = self.elements.get(answer["id"])
        return element["props"] if element else None

    async def finished(self, count: int = 1) -> Json:
        """Wait until ``count`` answers have ended; the newest one."""
        await self.until(
            lambda: (
                sum(self.line(answer) is not None for answer in self.answers()) >= count
                and not self.busy
            )
        )
        return self.answers()[-1]

    async def ask(self, text: str, mode: str = "auto", files: Sequence[str] = ()) -> Json:
        """Send a message and wait for its answer."""
        count = sum(self.line(answer) is not None for answer in self.answers())
        await self.send(text, mode, files)
        return await self.finished(count + 1)

    async def act(self, name: str, payload: Json) -> Json:
        """Press a button of a custom element; what the page gets back."""
        action = {"name": name, "payload": payload, "id": str(uuid.uuid4())}
        body = {"sessionId": self.session, "action": action}
        response = await self.http.post("/project/action", json=body)
        response.raise_for_status()
        result: Json = response.json()["response"]
        return result

    async def threads(self, search: str | None = None) -> list[Json]:
        """The sidebar's first page."""
        wanted = {"search": search} if search else {}
        body = {"pagination": {"first": 20}, "filter": wanted}
        response = await self.http.post("/project/threads", json=body)
        response.raise_for_status()
        found: list[Json] = response.json()["data"]
        return found
