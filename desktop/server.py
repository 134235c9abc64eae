"""The server on a free port of this computer, in a thread of this process."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import threading
from concurrent.futures import Future
from pathlib import Path

import uvicorn

from launcher.serve import prepare

HOST = "127.0.0.1"
log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Future[str], url: str) -> None:
        super().__init__(config)
        self._listening, self._url = listening, url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening.set_result(self._url)


class ChatServer:
    """``app.py`` as ``python run.py`` serves it, but for the port.

    ``address`` is its URL as soon as it answers, or why it never will. ``root`` holds
    the page's files, ``code`` holds ``app.py``.
    """

    def __init__(self, code: Path, root: Path, door: socket.socket) -> None:
        self.address: Future[str] = Future()
        self._code, self._root, self._door = code, root, door
        self._server: _Server | None = None
        self._thread = threading.Thread(target=self._run, name="server")

    def start(self) -> None:
        """Start in the background."""
        prepare(self._root)
        self._thread.start()

    def stop(self) -> None:
        """Store what streams, end the local engine, close the history; with it ends the process.

        The framework's last deed is to end the process (status 0), so this comes last.
        """
        self.address.exception()  # it cannot be interrupted before it has started
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except (Exception, SystemExit) as error:
            log.exception("the server could not be started")
            if not self.address.done():
                self.address.set_exception(RuntimeError(str(error)))

    async def _serve(self) -> None:
        # Here, not above: its import reads the environment, which ``prepare`` sets.
        from chainlit.cli import assert_app, ensure_jwt_secret
        from chainlit.config import config, load_module
        from chainlit.server import app

        port = self._door.getsockname()[1]
        config.run.host, config.run.port, config.run.headless = HOST, port, True
        config.run.module_name = str(self._code / "app.py")
        load_module(config.run.module_name)
        ensure_jwt_secret()
        assert_app()
        options = uvicorn.Config(app, host=HOST, port=port, log_level="error")
        self._server = _Server(options, self.address, f"http://{HOST}:{port}")
        await self._server.serve(sockets=[self._door])


def open_door(note: Path) -> socket.socket:
    """A listening socket on a free port, on the one of last time if it is free.

    The page's own memory (light or dark) belongs to its address, port included.
    """
    try:
        door = socket.create_server((HOST, _port_of(note)))
    except OSError:
        door = socket.create_server((HOST, 0))
    door.setblocking(False)
    try:
        note.write_text(json.dumps({"port": door.getsockname()[1]}) + "\n", "utf-8")
    except OSError as error:
        log.warning("%s cannot be written: %s", note, os.strerror(error.errno or 0))
    return door


def _port_of(note: Path) -> int:
    """The port of last time; 0, which stands for any, where there is none."""
    try:
        port = json.loads(note.read_text("utf-8"))["port"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return port if isinstance(port, int) and 1024 <= port <= 65535 else 0
