"""Patterns that first ask, cheaply, whether they can match at all.

Most prompts hold none of what a rule looks for, and Python's ``re`` takes its time
to find that out: it tries every word of a long list at every place. RE2 reads the
text once, whatever the list. It knows no look-arounds, and boundaries of words in
ASCII alone, so it reads the text without accents and the pattern without
look-arounds: what it does not find, the pattern does not find either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import re2  # type: ignore[import-untyped]  # ships no types

_SPELLED = {"ß": "ss", "ẞ": "ss", "ı": "i"}
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
_OFTEN = re.compile(r"\{(\d+),\d{3,}\}")
"""A hundred times and more: RE2 unrolls what is counted, and stops at a thousand."""
_MEMORY = 2 << 20
"""Bytes that one gate may take; what RE2 learns from long texts is forgotten beyond."""
_LOOK_AROUND = re.compile(r"\(\?<?[=!]")


class Gated:
    """``pattern``, which must not end in ``$``, behind a gate of RE2.

    With ``then``, matches that this pattern does not follow may be left out.
    """

    def __init__(self, pattern: re.Pattern[str], then: re.Pattern[str] | None = None) -> None:
        self.pattern = pattern
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MEMORY
        self._gate: Any = re2.compile(_gate(pattern) + (_gate(then) if then else ""), options)

    def may_match(self, plain: str) -> bool:
        """False where the pattern is certainly not in the text that ``plain_text`` read."""
        return self._gate.search(plain) is not None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """As the pattern's own, but for what ``then`` leaves out."""
        if self.may_match(plain_text(text)):
            yield from self.pattern.finditer(text)

    def search(self, text: str) -> re.Match[str] | None:
        """As the pattern's own."""
        return self.pattern.search(text) if self.may_match(plain_text(text)) else None


def plain_text(text: str) -> str:
    """``text`` with letters, digits and blanks of ASCII only; other characters stay."""
    return text if text.isascii() else _FOREIGN.sub(_plain, text)


def _plain(match: re.Match[str]) -> str:
    char = match[0]
    if char in _SPELLED:
        return _SPELLED[char]
    if char.isspace():
        return "\n" if char in "\u2028\u2029\x85" else " "
    if not char.isalnum():
        return char
    base = unicodedata.normalize("NFKD", char)[0]
    if base.isascii():
        return base
    return "0" if char.isdigit() else "X" if char.isupper() else "x"


def _gate(compiled: re.Pattern[str]) -> str:
    """A pattern for RE2 that matches wherever ``compiled`` does: without its look-arounds."""
    pattern = compiled.pattern
    while found := _LOOK_AROUND.search(pattern):
        pattern = pattern[: found.start()] + pattern[_closing(pattern, found.start()) :]
    pattern = _OFTEN.sub(r"{\1,}", pattern.replace("++", "+"))
    flags = "".join(letter for letter, flag in _FLAGS.items() if compiled.flags & flag)
    return f"(?{flags}:{pattern})"


def _closing(pattern: str, opening: int) -> int:
    """Where the group ends that begins at ``opening``."""
    depth, position, in_class = 0, opening, False
    while True:
        char = pattern[position]
        if char == "\\":
            position += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            # A bracket right behind the opening one, or its caret, is a member.
            position += pattern[position + 1] == "^"
            position += pattern[position + 1] == "]"
        elif char in "()":
            depth += 1 if char == "(" else -1
            if not depth:
                return position + 1
        position += 1
