"""Text that grows piece by piece, and stops when it is too much."""

from __future__ import annotations

from services.errors import FileError
from services.prompts import MAX_PROMPT_CHARACTERS


class Gathered:
    """Text that grows until it is more than a message may hold."""

    def __init__(self, between: str) -> None:
        self._between = between
        self._parts: list[str] = []
        self._length = 0

    def add(self, part: str) -> None:
        """Append ``part``.

        Raises:
            FileError: there is more text than a message may hold.
        """
        self._parts.append(part)
        self._length += len(part) + len(self._between)
        if self._length > MAX_PROMPT_CHARACTERS:
            raise FileError("error.file_too_long", limit=f"{MAX_PROMPT_CHARACTERS:,}")

    @property
    def text(self) -> str:
        """All of it."""
        return self._between.join(self._parts)
