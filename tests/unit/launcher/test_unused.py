"""What the framework would import for nothing is left out, and it works without."""

from __future__ import annotations

import subprocess
import sys

from tests.source import ROOT

CHECK = """
import sys
from launcher.unused import OPTIONAL, leave_out
leave_out()
leave_out()
import chainlit.server, jsonschema
jsonschema.validate({"at": "x"}, {"properties": {"at": {"type": "string", "format": "iri"}}})
loaded = [name for name in sys.modules if name.startswith("traceloop.sdk.")]
assert loaded == [], loaded
assert all(sys.modules[name] is None for name in OPTIONAL)
"""
LATE = """
import sys, json as before
sys.modules["pandas"] = before
from launcher.unused import leave_out
leave_out()
assert sys.modules["pandas"] is before
"""


def run(code: str) -> None:
    """Run ``code`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_framework_starts_without_them() -> None:
    """Chainlit imports, and the JSON checks of its libraries work."""
    run(CHECK)


def test_what_is_imported_already_stays() -> None:
    """A program that uses pandas itself keeps it."""
    run(LATE)


def test_the_client_of_servers_waits_until_one_is_asked() -> None:
    """Building the services imports no openai; its import takes a fifth of the start."""
    run("import sys, services.bootstrap; assert 'openai' not in sys.modules")
