"""What goes into a package follows from the requirements, not from what is installed."""

from __future__ import annotations

from pathlib import Path

from packaging.requirements import Requirement

from desktop.needed import foreign_modules, needed_packages
from tests.source import ROOT

LISTED = [ROOT / "requirements.txt", ROOT / "requirements-desktop.txt"]


def test_what_a_package_asks_for_is_needed_too() -> None:
    """Along the whole chain, extras included where they are asked for."""
    found = needed_packages([Requirement("chainlit")])
    assert {"chainlit", "starlette", "mcp", "jsonschema", "referencing"} <= found
    assert "greenlet" not in needed_packages([Requirement("sqlalchemy")])
    assert "greenlet" in needed_packages([Requirement("sqlalchemy[asyncio]")])


def test_what_is_for_another_system_is_not_needed() -> None:
    """A marker that does not hold here leaves the package out."""
    assert needed_packages([Requirement("pefile; sys_platform == 'nowhere'")]) == set()


def test_what_is_here_by_chance_is_foreign() -> None:
    """The tests' and the notebooks' packages stay out, the program's do not."""
    foreign = set(foreign_modules(LISTED))
    assert {"pytest", "_pytest", "mypy"} <= foreign
    assert foreign.isdisjoint({"chainlit", "onnxruntime", "jsonschema", "pypdf", "webview", "re2"})


def test_comments_and_constraints_are_no_requirements(tmp_path: Path) -> None:
    """As pip reads the file."""
    listed = tmp_path / "requirements.txt"
    listed.write_text("# all of it\n-c constraints.txt\npytest  # to test\n", "utf-8")
    foreign = set(foreign_modules([listed]))
    assert foreign.isdisjoint({"pytest", "pluggy"})
    assert "chainlit" in foreign
