"""The repository's own source as data, for the tests that judge its shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, its text and its syntax tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        """Its path below the repository, for messages."""
        return str(self.path.relative_to(ROOT))

    def imports(self) -> Iterator[tuple[str, int]]:
        """Every imported dotted name with its line, also those inside functions.

        ``from a import b`` gives ``a.b``, which may name a module or something
        inside one.
        """
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".")
        keep = len(package) - node.level + (self.path.name == "__init__.py")
        return ".".join([*package[:keep], *filter(None, [node.module])])


@cache
def module(path: Path) -> Module:
    """The file at ``path``."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text("utf-8")
    return Module(name, path, text, ast.parse(text, str(path)))


def product() -> list[Module]:
    """The application: the files at the top, and all of ``services`` and ``desktop``."""
    top = (ROOT / "app.py", ROOT / "chat.py", ROOT / "browser_tab.py")
    return [module(path) for path in [*top, *_below("services"), *_below("desktop")]]


def bootstrap() -> list[Module]:
    """``run.py`` and ``launcher``."""
    return [module(path) for path in [ROOT / "run.py", *_below("launcher")]]


def notebooks() -> list[Module]:
    """What the cells of the notebooks call."""
    return [module(path) for path in _below("notebooks")]


def tests() -> list[Module]:
    """Every file of tests."""
    return [module(path) for path in _below("tests") if path.name.startswith("test_")]


def _below(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def resolve(imported: str, known: frozenset[str]) -> str | None:
    """The module of ours that ``imported`` names or lies in; ``None`` if foreign."""
    while imported:
        if imported in known:
            return imported
        imported = imported.rpartition(".")[0]
    return None


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods, nested ones included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
