"""What the repository says about itself is true: pins, commands, version, links.

The documentation has tests of its own in ``tests/docs``.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions

import pytest

from launcher.commands import COMMANDS
from services.version import VERSION
from tests import source
from tests.source import ROOT

PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[a-z,]+\])?==(?P<version>[^\s;]+)(\s*;.*)?")
REQUIREMENTS = (
    "requirements.txt",
    "requirements-desktop.txt",
    "requirements-notebook.txt",
    "requirements-test.txt",
)


def _normal(name: str) -> str:
    """A package's name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _lines(name: str) -> list[str]:
    """The entries of a requirements file, without comments and options."""
    lines = (line.partition(" #")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def _pins(name: str) -> dict[str, set[str]]:
    pins: dict[str, set[str]] = {}
    for line in _lines(name):
        match = PIN.fullmatch(line)
        assert match, f"{name}: {line!r} does not pin a version"
        pins.setdefault(_normal(match["name"]), set()).add(match["version"])
    return pins


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_direct_requirements_are_pinned_as_in_the_constraints(name: str) -> None:
    """Every installation gets the versions that were tested."""
    constraints = _pins("constraints.txt")
    wrong = {
        package: versions
        for package, versions in _pins(name).items()
        if not versions <= constraints.get(package, set())
    }
    assert wrong == {}


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_use_the_constraints(name: str) -> None:
    """What the direct requirements bring along is pinned as well."""
    assert "-c constraints.txt" in (ROOT / name).read_text("utf-8").splitlines()


def test_no_package_is_required_twice() -> None:
    """One place says which version is meant."""
    names = [package for name in REQUIREMENTS for package in _pins(name)]
    assert sorted(names) == sorted(set(names))


OURS = {"app", "browser_tab", "chat", "desktop", "launcher", "notebooks", "services"}
OURS |= {"tests", "training"}


def test_every_imported_package_is_a_direct_requirement() -> None:
    """Nothing works only because some other package happens to bring it along."""
    always = _pins("requirements.txt").keys()
    more = {
        "desktop": _pins("requirements-desktop.txt").keys() | {"uvicorn"},  # Chainlit's own server
        "notebooks": _pins("requirements-notebook.txt").keys(),
    }
    providers = packages_distributions()
    wrong = {
        f"{module.place} imports {top}"
        for module in (*source.product(), *source.notebooks())
        for required in [always | more.get(module.name.partition(".")[0], set())]
        for name, _ in module.imports()
        if (top := name.partition(".")[0]) not in sys.stdlib_module_names | OURS
        and not required & {_normal(package) for package in providers.get(top, [])}
    }
    assert sorted(wrong) == []


def _readme() -> str:
    return (ROOT / "README.md").read_text("utf-8")


def test_the_readme_lists_every_command() -> None:
    """Each command of ``run.py`` is explained."""
    listed = set(re.findall(r"^\| `python run\.py ?(\w*)", _readme(), re.MULTILINE))
    assert listed == {"" if command.name == "start" else command.name for command in COMMANDS}


def test_links_of_the_changelog_lead_somewhere() -> None:
    """Every file that it names is there; the README is looked at with the documentation."""
    targets = re.findall(r"\]\(([^)#]+)\)", (ROOT / "CHANGELOG.md").read_text("utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (ROOT / target).is_file()] == []


def test_version_and_changelog_agree() -> None:
    """The newest entry of the changelog is the version that runs."""
    headings = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\] - (unreleased|\d{4}-\d{2}-\d{2})$",
        (ROOT / "CHANGELOG.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert headings[0][0] == VERSION
    assert [version for version, date in headings[1:] if date == "unreleased"] == []


def test_the_licence_names_its_holders() -> None:
    """The repository is under the MIT licence."""
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.startswith("MIT License")
    assert "Copyright (c) 2026 Nearside contributors" in text
