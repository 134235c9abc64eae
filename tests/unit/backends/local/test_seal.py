"""The process that runs the model has no network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.backends.local.child import PROJECT
from services.backends.local.engine import LocalEngineBackend
from services.backends.local.model_ref import BUILTIN_DIRECTORY, ModelRef
from services.domain import GenerationOptions
from tests.unit.backends.local.conftest import user, whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a filter of Linux")


def _seals(pid: int | None) -> list[str]:
    """Each thread's ``Seccomp`` mode; 2 is a filter."""
    statuses = [
        (task / "status").read_text("utf-8") for task in Path(f"/proc/{pid}/task").iterdir()
    ]
    return [text.split("Seccomp:")[1].split()[0] for text in statuses]


def test_no_socket_leads_out() -> None:
    """Neither Python nor native code nor a later thread gets one; inside the computer it does."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.unit.backends.local.sealed"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ended.stdout) == {
        "closed": True,
        "ipv4": False,
        "native ipv6": False,
        "inside": True,
        "thread": False,
    }


@pytest.mark.parametrize("runtime", ["onnx", "foundry"])
async def test_both_libraries_load_and_answer_without_a_network(
    tmp_path: Path, runtime: str
) -> None:
    """Every thread of the worker is under the filter, those of the libraries included."""
    engine = LocalEngineBackend(ModelRef("builtin", BUILTIN_DIRECTORY), tmp_path, runtime=runtime)
    try:
        await engine.warm_up()
        text, _ = await whole(engine.stream(user("Hello"), GenerationOptions(max_tokens=60)))
        assert text
        assert engine.status().runtime == runtime
        seals = _seals(engine.pid)
        assert len(seals) > 2
        assert set(seals) == {"2"}
    finally:
        await engine.aclose()
