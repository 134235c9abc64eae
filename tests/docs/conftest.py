"""What the tutorial starts in its two terminals, for all commands that need it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.docs import stand_in
from tests.docs.pages import DOCS, Block, page
from tests.serving import free_port

SHELL = shutil.which("sh") or "sh"
START_SECONDS = 90.0
TUTORIAL = DOCS / "tutorial.md"


@dataclass(frozen=True)
class Terminals:
    """The tutorial's folder, and what runs there; ``ports`` stand for the written ones."""

    folder: Path
    environ: dict[str, str]
    ports: dict[int, int]
    started: list[Block] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where Nearside listens."""
        return f"http://127.0.0.1:{self.ports[8000]}"

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.folder / "data"

    def adapted(self, text: str) -> str:
        """``text`` with the ports of the tests."""
        for written, real in self.ports.items():
            text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{real}")
            text = text.replace(f"--port {written}", f"--port {real}")
        return text

    def run(self, block: Block) -> subprocess.CompletedProcess[str]:
        """A block of shell commands, run to its end."""
        return subprocess.run(
            [SHELL, "-e", "-c", self.adapted(block.text)],
            cwd=self.data if block.options.get("in") == "data" else self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )

    def start(self, block: Block) -> subprocess.Popen[bytes]:
        """A block that goes on until Ctrl+C."""
        text = self.adapted(block.text).rstrip()
        if "run.py" in text:
            text += f" --headless --port {self.ports[8000]}"
        self.started.append(block)
        with self._log(block).open("wb") as log, _heeding_interrupts():
            return subprocess.Popen(
                [SHELL, "-e", "-c", text],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        """What was printed in the terminals."""
        return "".join(self._log(block).read_text("utf-8", "replace") for block in self.started)

    def _log(self, block: Block) -> Path:
        return self.folder / f"terminal-{block.line}.log"


@contextmanager
def _heeding_interrupts() -> Iterator[None]:
    """What starts meanwhile ends by Ctrl+C, as in a terminal; a job in the background ignores it,
    and so would all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def goes_on(block: Block) -> bool:
    """Whether a block of commands does not end by itself."""
    return block.text.startswith(("python run.py\n", "python run.py --", "python -m tests.fakes"))


@pytest.fixture(scope="session")
def terminals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminals]:
    """Every block of the tutorial that starts something, started with its ``.env``."""
    folder = tmp_path_factory.mktemp("tutorial")
    programs = folder / "programs"
    stand_in.write(programs, "python", *([] if shutil.which("curl") else ["curl"]))
    environ = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "NEARSIDE_DATA_DIR": str(folder / "data"),
    }
    made = Terminals(folder, environ, {8000: free_port(), 8081: free_port()})
    (settings,) = (block for block in page(TUTORIAL).blocks if block.language == "dotenv")
    (folder / ".env").write_text(made.adapted(settings.text), "utf-8")
    running = []
    with ExitStack() as stack:
        for block in page(TUTORIAL).blocks:
            if block.language == "sh" and goes_on(block):
                running.append(made.start(block))
                stack.callback(_end, running[-1])
        _wait(made, running)
        yield made
    assert {process.returncode for process in running} <= {0, 130, -signal.SIGINT}


def _wait(terminals: Terminals, running: list[subprocess.Popen[bytes]]) -> None:
    """Until Nearside answers and its local model is loaded."""
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline and all(one.poll() is None for one in running):
            try:
                health = client.get(f"{terminals.url}/api/health").json()
            except httpx.TransportError:
                health = None  # it is still starting
            if health and "runtime" in health["local"]:  # "ready" may also mean: by the next prompt
                return
            time.sleep(0.05)
    pytest.fail(f"did not start: {terminals.said()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Press Ctrl+C."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
