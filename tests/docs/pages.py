"""The documentation as data: its pages, blocks, tables and links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.source import ROOT

DOCS = ROOT / "docs"

LANGUAGES = frozenset({"sh", "console", "dotenv", "json", "python", "text"})
"""Kinds of blocks. ``sh`` and ``python`` are run, ``dotenv`` and ``json`` are read by the
program, ``console`` needs what is not ours, ``text`` is for other programs."""

_FENCE = re.compile(r"^( *)```(.*)$")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: ``options`` such as ``exit=1`` follow its language; ``after`` is the
    text up to the next block or heading."""

    page: Path
    line: int
    language: str
    options: Mapping[str, str]
    text: str
    after: str = ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Table:
    """A table below a heading: names of its columns in lower case, and its rows."""

    heading: str
    names: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]


@dataclass
class Page:
    """One Markdown file."""

    path: Path
    blocks: list[Block] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    prose: str = ""

    @property
    def links(self) -> list[str]:
        """The targets of its links and pictures."""
        return _LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """The anchors of its headings, as git hosts make them."""
        return {anchor(heading) for heading in self.headings}

    def table(self, heading: str) -> Table:
        """The one table below ``heading``."""
        (found,) = (table for table in self.tables if table.heading == heading)
        return found


def anchor(heading: str) -> str:
    """The anchor of a heading: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def page(path: Path) -> Page:
    """The file at ``path``, read."""
    found = Page(path)
    lines = path.read_text("utf-8").splitlines()
    number, prose = 0, []
    while number < len(lines):
        if fence := _FENCE.match(lines[number]):
            end = next(n for n in range(number + 1, len(lines)) if _FENCE.match(lines[n]))
            found.blocks.append(_block(path, lines, number, end, fence[2]))
            number = end + 1
            continue
        if lines[number].startswith("#"):
            found.headings.append(lines[number].lstrip("#").strip())
        prose.append(lines[number])
        number += 1
    found.prose = "\n".join(prose)
    found.tables.extend(_tables(prose))
    return found


def pages() -> list[Page]:
    """Every page for users: ``README.md`` and ``docs`` without the developers' decisions."""
    files = (path for path in sorted(DOCS.rglob("*.md")) if DOCS / "adr" not in path.parents)
    return [page(path) for path in (ROOT / "README.md", *files)]


def blocks(*languages: str) -> list[Block]:
    """Every block of these languages."""
    return [block for p in pages() for block in p.blocks if block.language in languages]


def words(cell: str) -> list[str]:
    """What stands in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def word(cell: str) -> str:
    """The first thing in backticks in a cell."""
    return words(cell)[0]


def _block(path: Path, lines: list[str], start: int, end: int, info: str) -> Block:
    language, *options = info.split() or [""]
    after: list[str] = []
    for line in lines[end + 1 :]:
        if line.startswith("#") or _FENCE.match(line):
            break
        after.append(line)
    return Block(
        path,
        start + 1,
        language,
        dict(option.split("=", 1) for option in options),
        "\n".join(lines[start + 1 : end]) + "\n",
        "\n".join(after).strip(),
    )


def _tables(lines: list[str]) -> Iterator[Table]:
    heading, rows = "", list[list[str]]()
    for line in [*lines, ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
            continue
        if rows:
            names = tuple(name.lower() for name in rows[0])
            yield Table(
                heading, names, tuple(dict(zip(names, row, strict=True)) for row in rows[2:])
            )
            rows = []
        if line.startswith("#"):
            heading = line.lstrip("#").strip()
