"""Runs a notebook as JupyterLab would: in a kernel of its own, in the notebooks' folder.

The kernel inherits the closed network of the tests (``tests/isolation.py``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from notebooks.rendering import render
from tests.source import ROOT

FOLDER = ROOT / "notebooks"
NAMES = ("exploration", "http_api")
BUILD = ROOT / "build" / "notebooks"
_CELL_SECONDS = 300


@dataclass(frozen=True)
class Ran:
    """A notebook that was executed, and the page that was made of it."""

    notebook: Any
    page: Path

    @property
    def code(self) -> list[Any]:
        """The cells that hold code and were not empty."""
        return [c for c in self.notebook.cells if c.cell_type == "code" and c.source.strip()]

    def outputs(self) -> Iterator[Any]:
        """What every cell gave out."""
        for cell in self.code:
            yield from cell.outputs

    def complaints(self) -> list[str]:
        """Cells that did not run, failed or wrote to the error output."""
        silent = [cell.id for cell in self.code if not cell.execution_count]
        loud = [
            str(output)
            for output in self.outputs()
            if output.output_type == "error" or output.get("name") == "stderr"
        ]
        return [*silent, *loud]

    def pictures(self) -> int:
        """How many there are."""
        return sum("image/png" in output.get("data", {}) for output in self.outputs())

    @property
    def text(self) -> str:
        """Everything that was printed or shown as text."""
        parts = []
        for output in self.outputs():
            data = output.get("data", {})
            parts += [output.get("text", "")]
            parts += [data[kind] for kind in data if kind.startswith("text/")]
        return "\n".join(parts)


def read(name: str) -> Any:
    """The notebook as it is in the repository."""
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


async def execute(notebook: Any, data_dir: Path, **environ: str) -> None:
    """Execute ``notebook`` from top to bottom; its cells then hold their outputs.

    Raises:
        CellExecutionError: a cell failed.
    """
    client = NotebookClient(
        notebook,
        timeout=_CELL_SECONDS,
        coalesce_streams=True,  # a slow kernel sends one line in several pieces
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
    )
    fixed = {
        "IPYTHONDIR": str(data_dir.parent / "ipython"),
        "MPLCONFIGDIR": str(ROOT / "build" / "matplotlib"),  # its list of fonts takes seconds
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "NEARSIDE_DATA_DIR": str(data_dir),
    }
    await client.async_execute(env={**os.environ, **fixed, **environ})


async def run(name: str, data_dir: Path, page: str, **environ: str) -> Ran:
    """Execute the notebook ``name`` and render it to ``BUILD/page.html``.

    Beside it lies the executed notebook, whose metadata say when each cell began and ended.

    Raises:
        CellExecutionError: a cell failed.
    """
    notebook = read(name)
    await execute(notebook, data_dir, **environ)
    target = BUILD / f"{page}.html"
    render(notebook, target, f"Nearside: {name}")
    nbformat.write(notebook, BUILD / f"{page}.ipynb")
    return Ran(notebook, target)
