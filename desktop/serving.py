"""The server's process: ``app.py`` as ``python run.py`` serves it, on a free port.

Writes its address as one line to standard output when it listens; what it has to
say besides goes to standard error. Ends when its standard input closes: then the
window has gone, however that came about. What streams is stored first.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn

from launcher.serve import prepare

HOST = "127.0.0.1"
_CODE = Path(__file__).resolve().parent.parent
log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Tells its address when it listens."""

    def __init__(self, config: uvicorn.Config, report: int) -> None:
        super().__init__(config)
        self._report = report

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        os.write(self._report, f"http://{HOST}:{self.config.port}\n".encode())


def main(arguments: Sequence[str]) -> int:
    """Serve until standard input closes; the framework then ends the process with status 0.

    ``arguments``: the folder with Chainlit's settings and the page's files, and the
    file where the port is noted.
    """
    root, note = map(Path, arguments)
    prepare(root)
    report = os.dup(1)
    os.dup2(2, 1)
    asyncio.run(_serve(open_door(note), report))
    return 0


async def _serve(door: Any, report: int) -> None:
    # Here, not above: its import reads the environment, which ``prepare`` sets.
    from chainlit.auth import ensure_jwt_secret
    from chainlit.cli import assert_app
    from chainlit.config import config, load_module
    from chainlit.server import app

    port = door.getsockname()[1]
    config.run.host, config.run.port, config.run.headless = HOST, port, True
    config.run.module_name = str(_CODE / "app.py")
    load_module(config.run.module_name)
    ensure_jwt_secret()  # type: ignore[no-untyped-call]  # the framework's have no types
    assert_app()  # type: ignore[no-untyped-call]
    server = _Server(uvicorn.Config(app, host=HOST, port=port, log_level="error"), report)

    def watch() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=watch, name="window", daemon=True).start()
    await server.serve(sockets=[door])


def open_door(note: Path) -> Any:
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
        log.warning("%s cannot be written: %s", note, error.strerror)
    return door


def _port_of(note: Path) -> int:
    """The port of last time; 0, which stands for any, where there is none."""
    try:
        port = json.loads(note.read_text("utf-8"))["port"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return port if isinstance(port, int) and 1024 <= port <= 65535 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
