"""``run.py`` and the real application together, from start to Ctrl+C."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.serving import Server, free_port
from tests.source import ROOT

INSIDE = [sys.executable, str(ROOT / "run.py"), "--inside", "launcher.serve", "--headless"]


def _start(folder: Path, **environ: str) -> Server:
    """What ``run.py`` becomes once the environment is ready, in an empty directory."""
    port, log = free_port(), folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*INSIDE, "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Server(port, folder / "data", process, log)


async def test_a_start_from_anywhere_ends_quietly_with_ctrl_c(tmp_path: Path) -> None:
    """The second start finds the first; Ctrl+C ends it without a stack trace."""
    server = _start(tmp_path, CI="true")
    try:
        await server.started()
        second = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "run.py"),
            "--headless",
            "--port",
            str(server.port),
            stdout=subprocess.PIPE,
        )
        said, _ = await second.communicate()
        assert second.returncode == 0
        assert server.url.encode() in said
        server.process.send_signal(signal.SIGINT)
        status = await asyncio.to_thread(server.process.wait, 30)
    finally:
        await server.end()
    assert status in {0, 130}, server.said()
    assert "Traceback" not in server.said()
    assert "Aborted" not in server.said()
    made = {path.name for path in Path.cwd().iterdir()}
    assert made == set(), "the start leaves nothing in the working directory"


async def test_a_wrong_setting_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    """The sentence names the variable and its value; the status is 2."""
    server = _start(tmp_path, NEARSIDE_CLOUD_SHARE="half")
    status = await asyncio.to_thread(server.process.wait, 60)
    assert status == 2, server.said()
    said = [line for line in server.said().splitlines() if "NEARSIDE_CLOUD_SHARE" in line]
    assert len(said) == 1
    assert "half" in said[0]
    assert "Traceback" not in server.said()
