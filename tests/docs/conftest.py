"""The documentation's own programs: the tutorial's two terminals, and an exposed start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.docs import stand_in
from tests.docs.pages import DOCS, Block, page
from tests.fakes.foundry_catalog import FoundryStub
from tests.serving import free_port

START_SECONDS = 90.0
PIECE = 1 << 20
ALIAS = "phi-4-mini"
"""The pages fetch this model; the catalog of the tests offers ``tiny``."""

TUTORIAL = DOCS / "tutorial.md"
EXPOSE = DOCS / "how-to" / "expose.md"


@dataclass(frozen=True)
class Shell:
    """Runs blocks in ``folder``, with ``environ``, where ``ports`` stand for the written ones."""

    folder: Path
    environ: dict[str, str]
    ports: dict[int, int]

    def adapted(self, text: str) -> str:
        """``text`` with the ports and the model of the tests."""
        for written, real in self.ports.items():
            text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{real}")
            text = text.replace(f"--port {written}", f"--port {real}")
        return text.replace(ALIAS, "tiny")

    def run(self, block: Block) -> subprocess.CompletedProcess[str]:
        """The block, run to its end."""
        program = ["sh", "-e", "-c"] if block.language == "sh" else ["python", "-c"]
        folder = self.folder / "data" if block.options.get("in") == "data" else self.folder
        return subprocess.run(
            [*program, self.adapted(block.text)],
            cwd=folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )

    def start(self, block: Block) -> subprocess.Popen[bytes]:
        """A block that goes on until Ctrl+C."""
        text = self.adapted(block.text)
        if "run.py" in text:
            text = f"{text.rstrip()} --headless --port {self.ports[8000]}\n"
        with (self.folder / f"terminal-{block.line}.log").open("wb") as log:
            return subprocess.Popen(
                ["sh", "-e", "-c", text],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


@dataclass(frozen=True)
class Terminals:
    """What runs: the tutorial's Nearside, and the one that others can reach."""

    tutorial: Shell
    exposed: Shell
    started: tuple[Block, ...]

    def of(self, block: Block) -> Shell:
        """Where a block of a page is run."""
        return self.exposed if block.page == EXPOSE else self.tutorial


def is_start(block: Block) -> bool:
    """Whether a block does not end by itself."""
    lines = block.text.strip().splitlines()
    return lines[-1].startswith(("python run.py --host", "python -m tests.fakes")) or lines == [
        "python run.py"
    ]


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoundryStub]:
    """A catalog of local models with one that is small."""
    files = {"v2/genai_config.json": b"{}", "v2/model.onnx.data": bytes(PIECE)}
    with FoundryStub(tmp_path_factory.mktemp("catalog"), files, size=PIECE) as stub:
        yield stub


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of ``python`` and, where the system has none, ``curl``."""
    folder = tmp_path_factory.mktemp("programs")
    stand_in.write(folder, "python", *([] if shutil.which("curl") else ["curl"]))
    return folder


@pytest.fixture
def shell(data_dir: Path, catalog: FoundryStub, programs: Path) -> Shell:
    """An empty folder in which nothing runs yet."""
    environ = {
        **os.environ,
        **catalog.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "NEARSIDE_DATA_DIR": str(data_dir),
    }
    return Shell(Path.cwd(), environ, {8000: free_port()})


@pytest.fixture(scope="session")
def terminals(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Iterator[Terminals]:
    """Every block that starts something, started in the folder with the page's ``.env``."""
    practice = free_port()
    shells, started, running = [], list[Block](), list[subprocess.Popen[bytes]]()
    with ExitStack() as stack:
        for file in (TUTORIAL, EXPOSE):
            folder = tmp_path_factory.mktemp(file.stem)
            environ = {
                **os.environ,
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                "NEARSIDE_DATA_DIR": str(folder / "data"),
            }
            shell = Shell(folder, environ, {8000: free_port(), 8081: practice})
            blocks = page(file).blocks
            (settings,) = (block for block in blocks if block.language == "dotenv")
            (folder / ".env").write_text(shell.adapted(settings.text), "utf-8")
            for block in blocks:
                if block.language == "sh" and is_start(block):
                    running.append(shell.start(block))
                    stack.callback(_end, running[-1])
                    started.append(block)
            shells.append(shell)
        tutorial, exposed = shells
        for shell in shells:
            _wait(shell, running)
        yield Terminals(tutorial, exposed, tuple(started))
    assert {process.returncode for process in running} <= {0, 130, -signal.SIGINT}


def _wait(shell: Shell, running: list[subprocess.Popen[bytes]]) -> None:
    """Until Nearside answers and its local model is loaded."""
    url = f"http://127.0.0.1:{shell.ports[8000]}/api/health"
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline and all(one.poll() is None for one in running):
            try:
                if client.get(url).json()["local"]["state"] == "ready":
                    return
            except httpx.TransportError:
                pass  # it is still starting
            time.sleep(0.05)
    said = "".join(log.read_text("utf-8", "replace") for log in shell.folder.glob("terminal-*.log"))
    pytest.fail(f"did not start: {said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Press Ctrl+C."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
