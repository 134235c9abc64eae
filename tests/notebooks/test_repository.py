"""The notebooks as they lie in the repository."""

from __future__ import annotations

import pytest

from notebooks.outcomes import judged
from tests.benchmarks.prompts import heldout
from tests.notebooks.running import FOLDER, NAMES, read
from training.complexity.data import tasks


def test_every_notebook_is_executed_by_the_tests() -> None:
    """None lies there that nobody has run."""
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_outputs_are_kept(name: str) -> None:
    """What somebody's run has shown, and with it their prompts, is not in the repository."""
    notebook = read(name)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    assert [cell.id for cell in cells if cell.outputs or cell.execution_count is not None] == []
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    folded = {"jupyter": {"source_hidden": True}}
    assert [cell.id for cell in notebook.cells if cell.metadata and cell.metadata != folded] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_is_long(name: str) -> None:
    """A cell can be taken in at a glance; what is longer is a module."""
    longest = max(cell.source.count("\n") + 1 for cell in read(name).cells)
    assert longest <= 30


def test_the_links_of_the_contents_lead_somewhere() -> None:
    """Every line of the table of contents names a heading as JupyterLab links it."""
    notebook = read("exploration")
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    headings = {
        line.removeprefix("## ").replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("## ")
    }
    links = {line.partition("](#")[2].rstrip(")") for line in text.splitlines() if "](#" in line}
    assert links == headings


def test_the_judged_prompts_are_in_no_training_set() -> None:
    """What the score is shown on is not what it was taught with."""
    known = {row.prompt.lower() for row in tasks()} | {prompt.text.lower() for prompt in heldout()}
    rows = judged().rows
    assert len(rows) == len({row.prompt for row in rows}) >= 60
    assert [row.prompt for row in rows if row.prompt.lower() in known] == []
    assert {row.kind for row in rows} == {"everyday", "hard"}
