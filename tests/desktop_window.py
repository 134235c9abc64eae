"""The desktop program in a window on a screen of its own (Xvfb), seen and used from outside."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.serving import ROOT, free_port

COMMAND = (sys.executable, str(ROOT / "run.py"), "--inside", "desktop.command")
USABLE = (
    "document.querySelector('#chat-input') !== null"
    " && document.querySelector('#mode-picker-trigger-route') !== null"
)
"""The message box and the route picker are there: one can ask."""
TITLE = "Nearside"
PATIENCE = 90.0
"""Seconds until a wait is given up, on a machine that is busy otherwise."""
_PAUSE = 0.05


@contextmanager
def screen(size: str = "1280x900x24") -> Iterator[str]:
    """A virtual screen; gives its name for ``DISPLAY``."""
    program = shutil.which("Xvfb")
    if program is None:
        raise RuntimeError("no Xvfb: install the package xvfb")
    reader, writer = os.pipe()
    command = [program, "-displayfd", str(writer), "-screen", "0", size, "-nolisten", "tcp"]
    # Else it begins anew when its last guest has gone, and turns away who comes meanwhile.
    command.append("-noreset")
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


class Desktop:
    """A started desktop program. All its processes share the temporary folder ``mark``."""

    def __init__(self, process: subprocess.Popen[bytes], display: str, mark: Path) -> None:
        self.process, self.display, self.mark = process, display, mark
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._number = 0

    async def connect(self, session: aiohttp.ClientSession, port: int) -> None:
        """Wait for the web view's inspector, and listen to it."""
        async with asyncio.timeout(PATIENCE):
            while self.process.poll() is None:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                        pages = [page for page in await answer.json() if page["type"] == "page"]
                    if pages:
                        url = pages[0]["webSocketDebuggerUrl"]
                        self._socket = await session.ws_connect(url, max_msg_size=0)
                        return
                await asyncio.sleep(_PAUSE)
        raise RuntimeError(f"ended with status {self.process.returncode}: {self._log()}")

    async def disconnect(self) -> None:
        """Leave the inspector, also one that has gone."""
        if self._socket is not None:
            await self._socket.close()

    def _log(self) -> str:
        return (self.mark.parent / "log").read_text("utf-8", "replace")

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the inspector's protocol."""
        if self._socket is None:
            raise RuntimeError("not connected")
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        async for message in self._socket:
            answer = message.json()
            if answer.get("id") == self._number:
                return dict(answer.get("result", {}))
        raise RuntimeError("the window has gone")

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer.get("result", {}).get("value")

    async def until(self, expression: str) -> None:
        """Wait until ``expression`` holds in the page."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if await self.evaluate(expression) is True:
                    return
                await asyncio.sleep(_PAUSE)

    async def ask(self, prompt: str) -> str:
        """Type ``prompt``, send it and wait for the line under the answer; gives the answer."""
        await self.until(USABLE)
        await self.evaluate("document.querySelector('#chat-input').focus()")
        await self.call("Input.insertText", text=prompt)
        await self.until("!document.querySelector('#chat-submit').disabled")
        await self.evaluate("document.querySelector('#chat-submit').click()")
        await self.until("document.querySelector('.nearside-line') !== null")
        answer = "document.querySelector('[data-step-type=assistant_message]').innerText"
        return str(await self.evaluate(answer))

    async def picture(self) -> bytes:
        """What the page looks like, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])

    async def shown(self) -> None:
        """Wait until there is a window, whatever it shows.

        Raises:
            RuntimeError: the program ended, or showed none in time; with what was seen.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self.process.poll() is None:
                    if windows(self.display, TITLE):
                        return
                    await asyncio.sleep(_PAUSE)
        raise RuntimeError(
            f"no window; status {self.process.poll()}, log: {self._log()!r}, "
            f"running: {list(_with_mark(str(self.mark)))}"
        )

    async def close(self) -> int:
        """Close the window as its frame's button does; the program's exit status."""
        close_window(self.display, TITLE)
        return await asyncio.to_thread(self.process.wait, PATIENCE)

    async def left(self) -> list[str]:
        """Commands of the processes that outlive the program by more than a moment."""
        for _ in range(40):
            if not (running := list(_with_mark(str(self.mark)))):
                break
            await asyncio.sleep(_PAUSE)
        return running


@asynccontextmanager
async def opened(
    display: str,
    folder: Path,
    *arguments: str,
    command: Sequence[str] = COMMAND,
    environ: dict[str, str] | None = None,
) -> AsyncIterator[Desktop]:
    """The program on ``display`` with its data in ``folder``; ended hard if it still runs."""
    port = free_port()
    given = environment(display, folder, environ)
    given["QTWEBENGINE_REMOTE_DEBUGGING"] = f"127.0.0.1:{port}"
    process = _start([*command, *arguments], given, folder / "log")
    desktop = Desktop(process, display, folder / "tmp")
    try:
        async with aiohttp.ClientSession() as session:
            try:
                if "--browser" not in arguments:
                    await desktop.connect(session, port)
                yield desktop
            finally:
                await desktop.disconnect()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _start(command: Sequence[str], environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(command, env=environ, stdout=output, stderr=output)


def environment(
    display: str, folder: Path, environ: dict[str, str] | None = None
) -> dict[str, str]:
    """The environment of a start on ``display`` with its data in ``folder``."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    base = dict(os.environ) if environ is None else environ
    own = {"DISPLAY": display, "NEARSIDE_DATA_DIR": str(folder / "data")}
    return {**base, **own, "TMPDIR": str(folder / "tmp")}


def _with_mark(mark: str) -> Iterator[str]:
    """Commands of all processes whose environment names ``mark``."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark.encode() in (entry / "environ").read_bytes():
                    yield (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:120]


def windows(display: str, title: str) -> list[int]:
    """The X windows on ``display`` that are shown and whose title begins with ``title``."""
    with _x(display) as (x, connection, root):
        return [
            window
            for window in _children(x, connection, root)
            if _shows(x, connection, window, title)
        ]


def close_window(display: str, title: str) -> None:
    """Ask the window to close, as a window manager does (``WM_DELETE_WINDOW``)."""
    for window in windows(display, title):
        with _x(display) as (x, connection, _):
            event = _ClientMessage(
                type=33,
                window=window,
                message_type=x.XInternAtom(connection, b"WM_PROTOCOLS", 0),
                format=32,
            )
            event.data[0] = x.XInternAtom(connection, b"WM_DELETE_WINDOW", 0)
            x.XSendEvent(connection, window, 0, 0, ctypes.byref(event))


class _ClientMessage(ctypes.Structure):
    """``XClientMessageEvent``, as long as any event."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 16),
    )


_PASS_OVER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda *_: 0)
"""A window may be gone when it is asked for its name, for which Xlib would end this process."""


@contextmanager
def _x(display: str) -> Iterator[tuple[Any, ctypes.c_void_p, int]]:
    """Xlib, a connection to ``display`` and its root window."""
    x = ctypes.CDLL("libX11.so.6")
    x.XSetErrorHandler(_PASS_OVER)
    x.XOpenDisplay.restype = ctypes.c_void_p
    x.XDefaultRootWindow.restype = ctypes.c_ulong
    x.XInternAtom.restype = ctypes.c_ulong
    connection = ctypes.c_void_p(x.XOpenDisplay(display.encode()))
    if not connection:
        raise RuntimeError(f"no screen {display}")
    try:
        yield x, connection, x.XDefaultRootWindow(connection)
    finally:
        x.XCloseDisplay(connection)


def _children(x: Any, connection: ctypes.c_void_p, root: int) -> list[int]:
    found, count = ctypes.POINTER(ctypes.c_ulong)(), ctypes.c_uint()
    nobody = (ctypes.byref(ctypes.c_ulong()), ctypes.byref(ctypes.c_ulong()))
    own = (ctypes.byref(found), ctypes.byref(count))
    x.XQueryTree(connection, ctypes.c_ulong(root), *nobody, *own)
    return [found[number] for number in range(count.value)]


def _shows(x: Any, connection: ctypes.c_void_p, window: int, title: str) -> bool:
    name = _Text()
    x.XGetWMName(connection, ctypes.c_ulong(window), ctypes.byref(name))
    attributes = (ctypes.c_int * 64)()
    x.XGetWindowAttributes(connection, ctypes.c_ulong(window), ctypes.byref(attributes))
    large = attributes[2] > 100  # the toolkits' helper windows bear the title as well
    return large and (name.value or b"").decode("utf-8", "replace").startswith(title)


class _Text(ctypes.Structure):
    """``XTextProperty``."""

    _fields_ = (
        ("value", ctypes.c_char_p),
        ("encoding", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("items", ctypes.c_ulong),
    )
