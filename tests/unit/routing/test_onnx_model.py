"""The library that runs the small models is imported with its telemetry switched off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from services.telemetry import TELEMETRY_OFF
from tests.source import ROOT

SPY = "import os; print('imported with', os.environ.get('ORT_DISABLE_TELEMETRY')); raise SystemExit"
OPEN = """
import services.bootstrap
from pathlib import Path
from services.routing.onnx_model import open_model
print("everything is imported")
open_model(Path("models/complexity"))
"""


def test_telemetry_is_off_before_the_library_is_imported(tmp_path: Path) -> None:
    """The library is imported by the first model that is opened, and finds its switch set."""
    (tmp_path / "onnxruntime.py").write_text(SPY, "utf-8")
    bare = {name: value for name, value in os.environ.items() if name not in TELEMETRY_OFF}
    ended = subprocess.run(
        [sys.executable, "-c", OPEN],
        env={**bare, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.splitlines() == ["everything is imported", "imported with 1"]
