"""The shape of a detector, and the small tools that detectors share.

A detector is a callable ``text -> iterable of (category, start, end)`` over
*folded* text. It must take time linear in the length of the text: patterns
start at a word boundary or a literal, and every repetition is bounded or
cannot overlap with what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

Span = tuple[str, int, int]
Detector = Callable[[str], Iterable[Span]]

# People leave umlauts out or write two letters for them.
_SPELLINGS = {
    "ä": "(?:ä|ae|a)",
    "ö": "(?:ö|oe|o)",
    "ü": "(?:ü|ue|u)",
    "ß": "(?:ß|ss)",
    "Ä": "(?:ä|ae|a)",
    "Ö": "(?:ö|oe|o)",
    "Ü": "(?:ü|ue|u)",
}
_UMLAUT = re.compile("[äöüßÄÖÜ]")

_OURS = re.compile(r"\b(?:my|our|mine|mein(?:e[rmns]?)?|unser(?:e[rmns]?)?|his|her|their)\b", re.I)
_SHOWN = re.compile(
    r"\b(?:test\w*|sandbox|example|beispiel\w*|dummy|fake|sample|docs?|documentation|"
    r"dokumentation|stripe|placeholder|platzhalter|mock|fictional|fiktiv\w*)\b",
    re.I,
)


def words(pattern: str) -> re.Pattern[str]:
    """Compile ``pattern`` without regard to case and to how umlauts are spelled.

    Umlauts must not stand inside a character class of ``pattern``.
    """
    return re.compile(_UMLAUT.sub(lambda match: _SPELLINGS[match[0]], pattern), re.I)


def listed(text: str) -> frozenset[str]:
    """The words of ``text``: a readable way to write a long set."""
    return frozenset(text.split())


def regions(
    pattern: re.Pattern[str], text: str, before: int, after: int
) -> Iterator[tuple[int, int]]:
    """Where ``pattern`` occurs, widened by so many characters, overlaps joined.

    Most text holds few digits: looking for them first and searching only
    around them saves most of the time of a detector that needs digits.
    """
    start = end = -1
    for match in pattern.finditer(text):
        if end >= match.start() - before:
            end = match.end() + after
            continue
        if end >= 0:
            yield start, min(end, len(text))
        start, end = max(0, match.start() - before), match.end() + after
    if end >= 0:
        yield start, min(end, len(text))


def near(pattern: re.Pattern[str], text: str, start: int, end: int, reach: int = 60) -> bool:
    """Whether ``pattern`` occurs within ``reach`` characters of ``start:end``."""
    return bool(
        pattern.search(text, max(0, start - reach), start)
        or pattern.search(text, end, min(len(text), end + reach))
    )


def before(pattern: re.Pattern[str], text: str, start: int, reach: int = 60) -> bool:
    """Whether ``pattern`` occurs in the ``reach`` characters before ``start``."""
    return bool(pattern.search(text, max(0, start - reach), start))


def owned(text: str, start: int, end: int) -> bool:
    """Whether a published example value is presented as somebody's own.

    ``4242 4242 4242 4242`` is nobody's card, "my card is 4242 …" is a person
    who means it. Words such as "test" or "example" nearby settle it: shown,
    not owned.
    """
    return near(_OURS, text, start, end, 40) and not near(_SHOWN, text, start, end, 60)
