"""Two more values: a file that a person attached, and its place in a turn's text."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a person's message; ``text`` is what could be read in it.

    ``original`` are the file's own bytes, on their way to the store; empty once they
    have been stored.
    """

    id: str
    name: str
    media_type: str
    text: str = field(repr=False)
    original: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class FileSpan:
    """``content[start:end]`` of a turn is the file ``name``, its heading included."""

    name: str
    start: int
    end: int


def own_words(content: str, files: tuple[FileSpan, ...]) -> str:
    """What a person wrote in a turn, without the files below it."""
    return content[: files[0].start] if files else content
