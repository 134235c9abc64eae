"""Private passages become typed placeholders on the way out, and come back on the way in.

Pure: no state outlives a call but that of a :class:`Restorer`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from services.domain import Finding, Message

PLACEHOLDER = re.compile(r"\[[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_[0-9]+\]")
"""The shape of a placeholder, such as ``[EMAIL_1]`` or ``[BIRTH_DATE_12]``."""

_LEAST_REPEATED = 4
"""A found text of at least this many characters is replaced wherever it stands.
Shorter ones ("Jo", "12") occur in other meanings and are replaced only where found."""

_Passage = tuple[int, int, str]


def redact(
    messages: Sequence[Message], findings: Iterable[Finding]
) -> tuple[tuple[Message, ...], Mapping[str, str]]:
    """``messages`` with each found passage replaced, and what the placeholders stand for.

    The same text, letter case and spacing aside, has the same placeholder in
    the whole conversation, also where it was not found a second time.
    Overlapping findings become one placeholder of the longest one's category.
    A number is skipped when its placeholder stands in the conversation already,
    so that what a person typed is never taken for ours.
    """
    by_message: dict[int, list[Finding]] = {}
    for finding in findings:
        by_message.setdefault(finding.message, []).append(finding)
    passages = {
        number: _merged(found, len(messages[number].content))
        for number, found in sorted(by_message.items())
    }
    naming = _Naming(messages)
    for number, spans in passages.items():
        for start, end, category in spans:
            naming.name(messages[number].content[start:end], category)
    again = naming.repeated()
    return tuple(
        Message(message.role, _replaced(message.content, passages.get(i, []), naming, again))
        for i, message in enumerate(messages)
    ), naming.originals


def _merged(findings: Iterable[Finding], length: int) -> list[_Passage]:
    """The passages of one message in order, overlapping ones as one."""
    merged: list[_Passage] = []
    widest = 0
    for finding in sorted(findings, key=lambda f: (f.start, -f.end)):
        start, end = max(finding.start, 0), min(finding.end, length)
        if start >= end:
            continue
        if merged and start < merged[-1][1]:
            first, last, category = merged[-1]
            if end - start > widest:
                widest, category = end - start, finding.category
            merged[-1] = (first, max(last, end), category)
        else:
            widest = end - start
            merged.append((start, end, finding.category))
    return merged


class _Naming:
    """Gives each text its placeholder. ``originals`` maps placeholder to text."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.originals: dict[str, str] = {}
        self._taken = {
            match.group().upper()
            for message in messages
            for match in re.finditer(PLACEHOLDER.pattern, message.content, re.IGNORECASE)
        }
        self._names: dict[str, str] = {}
        self._last: Counter[str] = Counter()

    def name(self, text: str, category: str) -> str:
        key = _normal(text)
        if key in self._names:
            return self._names[key]
        label = re.sub(r"[^A-Z0-9]+", "_", category.upper()).strip("_") or "PRIVATE"
        for number in count(self._last[label] + 1):
            placeholder = f"[{label}_{number}]"
            if placeholder not in self._taken:
                break
        self._last[label] = number
        self._names[key] = placeholder
        self.originals[placeholder] = text
        return placeholder

    def repeated(self) -> re.Pattern[str] | None:
        """What finds the named texts again, longest first, as whole words."""
        texts = [t.strip() for t in self.originals.values() if len(t.strip()) >= _LEAST_REPEATED]
        if not texts:
            return None
        texts.sort(key=len, reverse=True)
        shapes = (r"\s+".join(map(re.escape, text.split())) for text in texts)
        return re.compile(rf"(?<!\w)(?:{'|'.join(shapes)})(?!\w)", re.IGNORECASE)

    def again(self, text: str) -> str:
        """The placeholder of a text that :meth:`repeated` found."""
        return self._names.get(_normal(text), text)


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())


def _replaced(
    text: str, passages: Sequence[_Passage], naming: _Naming, again: re.Pattern[str] | None
) -> str:
    """``text`` with its passages replaced, and between them what was named elsewhere."""

    def between(part: str) -> str:
        return again.sub(lambda match: naming.again(match.group()), part) if again else part

    pieces: list[str] = []
    done = 0
    for start, end, category in passages:
        pieces += between(text[done:start]), naming.name(text[start:end], category)
        done = end
    return "".join((*pieces, between(text[done:])))


class Restorer:
    """Puts the private passages back into a streamed answer.

    Only text that may be the beginning of one of ``placeholders`` is held back,
    until it is known to be one or not. A placeholder that the model made up or
    changed stays visible as it is.
    """

    def __init__(self, placeholders: Mapping[str, str]) -> None:
        self._originals = placeholders
        self._whole = re.compile("|".join(map(re.escape, placeholders))) if placeholders else None
        self._beginnings = {name[:end] for name in placeholders for end in range(1, len(name))}
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be shown after the next piece of the answer; maybe nothing yet."""
        if self._whole is None:
            return text
        text = self._held + text
        # A placeholder has one bracket, at its front: only the last one can be open.
        opened = text.rfind("[")
        if opened >= 0 and text[opened:] in self._beginnings:
            text, self._held = text[:opened], text[opened:]
        else:
            self._held = ""
        return self._whole.sub(lambda match: self._originals[match.group()], text)

    def flush(self) -> str:
        """What is still held back when the answer ends."""
        held, self._held = self._held, ""
        return held
