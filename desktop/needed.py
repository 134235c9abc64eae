"""Which installed packages the program needs, and which only happen to be here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def foreign_modules(requirements: Iterable[Path]) -> list[str]:
    """Top-level modules of installed packages that ``requirements`` do not lead to.

    A library may take an optional module where it finds one. In a package it would be
    found without its own files: what is there by chance must stay out.
    """
    needed = needed_packages(requirement for path in requirements for requirement in _listed(path))
    return sorted(
        module
        for module, packages in metadata.packages_distributions().items()
        if module.isidentifier() and needed.isdisjoint(map(canonicalize_name, packages))
    )


def needed_packages(requirements: Iterable[Requirement]) -> set[str]:
    """Names of the packages asked for and of all that they ask for, on this system."""
    found: set[tuple[str, str]] = set()
    here = [requirement for requirement in requirements if _applies(requirement, "")]
    waiting = [(asked.name, extra) for asked in here for extra in ("", *asked.extras)]
    while waiting:
        name, extra = waiting.pop()
        key = (canonicalize_name(name), extra)
        if key in found:
            continue
        found.add(key)
        try:
            texts = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # for another system
        for asked in map(Requirement, texts):
            if _applies(asked, extra):
                waiting += [(asked.name, wanted) for wanted in ("", *asked.extras)]
    return {name for name, _ in found}


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _listed(path: Path) -> list[Requirement]:
    text = re.sub(r"(^|\s)#.*", "", path.read_text("utf-8"), flags=re.MULTILINE)
    lines = (line.strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]
