"""What the documentation points to is there, and every page can be found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, LANGUAGES, Page, page, pages
from tests.source import ROOT

EVERY = [*pages(), *(page(path) for path in sorted((DOCS / "adr").glob("*.md")))]
PATH = re.compile(r"(?:services|launcher|tests|docs|models|training|public)/[\w./-]*\w|\w+\.py")


def _named(read: Page) -> str:
    return str(read.path.relative_to(ROOT))


def _rendered(file: Path) -> bool:
    """Whether the tests make ``file`` from a notebook, so that it may not be there yet."""
    notebook = ROOT / "notebooks" / f"{file.stem}.ipynb"
    return file.parent == ROOT / "build" / "notebooks" and notebook.is_file()


@pytest.mark.parametrize("read", EVERY, ids=_named)
def test_links_lead_somewhere(read: Page) -> None:
    """Every file that a page names is there, and so is the heading in it."""
    broken = []
    for link in read.links:
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        file = (read.path.parent / target).resolve() if target else read.path
        there = _rendered(file) or (file.exists() and (not anchor or anchor in page(file).anchors))
        broken += [] if there else [link]
    assert broken == []


def test_every_page_is_in_the_index() -> None:
    """Whoever opens ``docs`` finds all of it from there."""
    index = page(DOCS / "README.md")
    listed = {(DOCS / link.partition("#")[0]).resolve() for link in index.links}
    assert [_named(read) for read in pages()[1:] if read.path not in {*listed, index.path}] == []


def test_headings_of_a_page_are_different() -> None:
    """An anchor leads to one place."""
    assert [_named(read) for read in EVERY if len(read.anchors) < len(read.headings)] == []


def test_every_block_says_what_it_is() -> None:
    """So that no command escapes the tests by having no language."""
    wrong = {str(b): b.language for read in pages() for b in read.blocks}
    assert {place: name for place, name in wrong.items() if name not in LANGUAGES} == {}


@pytest.mark.parametrize("read", pages(), ids=_named)
def test_files_of_the_repository_are_there(read: Page) -> None:
    """A path in backticks that begins with one of our folders exists."""
    named = {text for text in re.findall(r"`([^`\n]+)`", read.prose) if PATH.fullmatch(text)}
    real = sorted(path for path in named if "NAME" not in path)  # a place to fill in
    assert [path for path in real if not any(ROOT.glob(f"{path}*"))] == []


def test_the_picture_names_parts_that_are_there() -> None:
    """Every path in the drawing of the architecture exists."""
    drawing = (DOCS / "explanation" / "architecture.svg").read_text("utf-8")
    named = {
        path for text in re.findall(r">([^<]+)</text>", drawing) for path in PATH.findall(text)
    }
    assert len(named) > 5
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
