"""A conversation's name, made here from its first prompt, never by a model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 60
"""Characters of a title, the ellipsis included: what a sidebar shows in two lines."""

_READ = 4000
"""Characters of a prompt that are looked at; a title never needs more."""

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[^\n]*\n?(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.M | re.S)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_LEAD = re.compile(r"^\s*(?:(?:#{1,6}|>+|[-*+•]|\d{1,3}[.)])\s+|>)+")
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")
_STRONG = re.compile(r"(\*\*|__|~~|`+)(?=\S)(.+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<!\w)([*_])(?=\S)([^*_\n]+?)(?<=\S)\1(?!\w)")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'»“”)]*\s+(?=[^\s\d])|(?<=[。！？])")
_SHORTEST = 12
"""A first sentence shorter than this ("Hi.", "Dr.") takes the next one along."""


def title_of(text: str) -> str:
    """A title of at most :data:`LONGEST` characters for the prompt ``text``.

    The first sentence of the first line with words, without markup and code
    blocks; cut at a word with an ellipsis. A prompt that is nothing but code
    gives its first line, one without any word (emoji) itself, and one of
    nothing but blanks an empty title: the interface then shows its own words.
    """
    head = _printable(text[:_READ])
    for source in (_FENCE.sub("\n", head), _code(head)):
        for line in _lines(source):
            if any(c.isalnum() for c in line):
                return _shorten(_first_sentence(line))
    return _shorten(next(_lines(head), ""))


def _printable(text: str) -> str:
    """``text`` without control characters and lone surrogates; lines kept."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    return "".join(
        "\n" if c == "\n" else " " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c
        for c in lines
    )


def _code(text: str) -> str:
    """What stands inside the code blocks of ``text``."""
    return "\n".join(match.group(2) for match in _FENCE.finditer(text))


def _lines(text: str) -> Iterator[str]:
    return (line for line in map(_plain, text.split("\n")) if line)


def _plain(line: str) -> str:
    """One line without markup, its blanks made single ones."""
    if _RULE.match(line):
        return ""
    line = _TAG.sub(" ", _LEAD.sub("", line))
    line = _EMPHASIS.sub(r"\2", _STRONG.sub(r"\2", _LINK.sub(r"\1", line)))
    return " ".join(line.replace("`", "").split())


def _first_sentence(line: str) -> str:
    for match in _SENTENCE.finditer(line):
        if match.start() >= _SHORTEST:
            return line[: match.start()].rstrip()
    return line


def _shorten(line: str) -> str:
    if len(line) <= LONGEST:
        return line
    cut = line[: LONGEST - 1]
    if not line[LONGEST - 1].isspace():
        # A word that fills most of the title (a URL, a script without spaces)
        # is cut inside instead.
        at_word = cut.rsplit(None, 1)[0] if cut.split()[1:] else cut
        cut = at_word if len(at_word) > LONGEST // 2 else _whole_characters(cut)
    return cut.rstrip(" ,;:-–—([{\"'„“«") + "…"


def _whole_characters(cut: str) -> str:
    """``cut`` without a joiner at its end that would wait for its second half."""
    return cut.rstrip("\u200d\ufe0f")
