"""A conversation with its private parts replaced, or why that cannot be.

Only identifiers, names and secrets can be replaced. Turns that hold anything
else, and those that lean on them, are left out; if the newest turn is one of
them, nothing goes. The result is checked once more before it counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from services.categories import REPLACEABLE
from services.domain import Candidate, Finding, Message, Reason, Site
from services.ports import PrivacyCheck
from services.routing.reasons import about, reason
from services.routing.trail import newest_user_turn, private_turns

Redact = Callable[
    [Sequence[Message], Sequence[Finding]], tuple[tuple[Message, ...], Mapping[str, str]]
]
_MOST = 500  # passages; a text that holds more is a data set, and stays
_SHORTEST = 3  # characters of a value that is looked for elsewhere


@dataclass(frozen=True, slots=True)
class Masked:
    """A candidate that may go, and the findings that were replaced in it."""

    candidate: Candidate
    findings: tuple[Finding, ...]


def masked(
    messages: Sequence[Message],
    findings: Sequence[Finding],
    redact: Redact,
    privacy: PrivacyCheck,
) -> Masked | Reason:
    """``messages`` ready for the cloud with placeholders, or the reason why not."""
    solid = [finding for finding in findings if finding.category not in REPLACEABLE]
    held = private_turns(messages, solid)
    newest = newest_user_turn(messages)
    if newest in held:
        return about("not_replaceable", solid)
    kept = [number for number in range(len(messages)) if number not in held]
    place = {number: index for index, number in enumerate(kept)}
    sent = [messages[number] for number in kept]
    moved = [
        replace(finding, message=place[finding.message])
        for finding in findings
        if finding.message in place
    ]
    if len(moved) > _MOST:
        return reason("redaction_failed")
    moved = _everywhere(sent, moved)
    safe, placeholders = redact(sent, moved)
    values = [sent[f.message].content[f.start : f.end] for f in moved]
    leaked = any(value in message.content for value in values for message in safe)
    if leaked or not placeholders or privacy.check(safe).private:
        return reason("redaction_failed")
    frozen = MappingProxyType(dict(placeholders))
    candidate = Candidate(Site.CLOUD, tuple(safe), len(held), False, frozen)
    return Masked(candidate, tuple(moved))


def _everywhere(messages: Sequence[Message], findings: Sequence[Finding]) -> list[Finding]:
    """``findings`` and every other place where one of their values stands, also a surname."""
    values: dict[str, str] = {}
    for finding in findings:
        value = messages[finding.message].content[finding.start : finding.end]
        parts = re.findall(r"[^\W\d_]{3,}", value) if finding.category == "person" else []
        for part in (value, *parts):
            if len(part) >= _SHORTEST:
                values.setdefault(part.lower(), finding.category)
    if not values:
        return list(findings)
    longest_first = sorted(values, key=len, reverse=True)
    pattern = re.compile(
        # A German or English genitive still names the person.
        rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?:'?s)?(?!\w)",
        re.I,
    )
    found = list(findings)
    for number, message in enumerate(messages):
        taken = [(f.start, f.end) for f in findings if f.message == number]
        for match in pattern.finditer(message.content):
            start, end = match.span()
            if not any(a < end and start < b for a, b in taken):
                found.append(Finding(values[match[1].lower()], start, end, number))
    return sorted(found, key=lambda f: (f.message, f.start, f.end))
