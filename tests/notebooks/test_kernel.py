"""The guard around the kernels that the tests start."""

from __future__ import annotations

from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook

from tests.conftest import NetworkAttempts
from tests.notebooks.running import execute

ATTEMPT = """
import socket
try:
    socket.create_connection(("192.0.2.1", 443), 1)
except OSError as error:
    print(error)
"""


async def test_a_kernel_cannot_reach_the_network(
    jupyter: None, data_dir: Path, network_attempts: NetworkAttempts
) -> None:
    """What a cell tries is refused, noted, and would fail the test that started it."""
    notebook = new_notebook(cells=[new_code_cell(ATTEMPT)])
    await execute(notebook, data_dir)
    (output,) = notebook.cells[0].outputs
    assert "closed in tests" in output.text
    assert "192.0.2.1" in network_attempts.take()[0]
