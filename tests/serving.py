"""The real program in a process of its own, for tests that go through the port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
START_SECONDS = 60


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """A running Nearside."""

    port: int
    data_dir: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def started(self) -> None:
        """Wait until it answers."""
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(START_SECONDS):
            while True:
                if self.process.poll() is not None:
                    raise RuntimeError(f"ended with {self.process.returncode}: {self.said()}")
                with contextlib.suppress(httpx.TransportError):
                    await client.get(f"{self.url}/api/health")
                    return
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """Pull the plug: SIGKILL, no chance to save anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    async def end(self) -> None:
        """Ask it to end and wait."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                await asyncio.to_thread(self.process.wait, 20)
            except subprocess.TimeoutExpired:
                self.kill()

    def said(self) -> str:
        """Everything that it printed."""
        return self.log.read_text("utf-8", "replace")


def start(
    data_dir: Path,
    *,
    host: str = "127.0.0.1",
    port: int | str = 0,
    root: str | Path = ROOT,
    **settings: str,
) -> Server:
    """Start the program in ``root`` on ``data_dir`` with NEARSIDE_* ``settings``; does not wait.

    A ``port`` of 0 stands for a free one.
    """
    port = int(port) or free_port()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    log = data_dir.parent / f"server-{port}.log"
    command = [sys.executable, "-m", "chainlit", "run", str(Path(root, "app.py")), "--headless"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "--host", host, "--port", str(port)],
            cwd=root,
            env=_environment(settings, data_dir),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Server(port, data_dir, process, log)


def _environment(settings: Mapping[str, str], data_dir: Path) -> dict[str, str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        # CI makes the framework pretend that there is an OpenAI key.
        if name not in {"CI", "HEADLESS", "DEBUG", "WATCH"}
    }
    return {**environment, "NEARSIDE_DATA_DIR": str(data_dir), **settings}


@asynccontextmanager
async def serving(
    data_dir: Path, *, host: str = "127.0.0.1", root: str | Path = ROOT, **settings: str
) -> AsyncIterator[Server]:
    """A running program that ends with the block."""
    server = start(data_dir, host=host, root=root, **settings)
    try:
        await server.started()
        yield server
    finally:
        await server.end()
