"""What the ledger keeps of a request's text. Pure.

A request that passed the check holds nothing private, so its text is kept as
it was sent, placeholders included. Of one that the person released although it
is private, only what is not private is kept: the ledger must never become a
second place for what a deleted conversation held.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from services.domain import Finding, Message
from services.redaction import redact

MAX_CHARACTERS = 20_000
"""The beginning that is kept: some eight pages. With every request the whole
conversation leaves again, so that whole texts would grow with its square; the
row's hash and size stand for all of it."""


def transcript(messages: Sequence[Message]) -> str:
    """The messages one below the other, each after the word for its speaker.

    Of more than ``MAX_CHARACTERS`` the beginning, and how many are missing.
    """
    text = "\n\n".join(f"{message.role.value}: {message.content}" for message in messages)
    missing = len(text) - MAX_CHARACTERS
    return text if missing <= 0 else f"{text[:MAX_CHARACTERS]}\n[… +{missing}]"


def masked(
    messages: Sequence[Message], findings: Sequence[Finding], replaceable: Collection[str]
) -> tuple[Message, ...]:
    """``messages`` with typed placeholders in place of what is private.

    A finding that is not ``replaceable`` colours more than its passage, and what
    follows may lean on it: from its message on, only the categories are left.
    """
    first = min((f.message for f in findings if f.category not in replaceable), default=None)
    kept = tuple(messages) if first is None else tuple(messages[:first])
    safe, _ = redact(kept, [finding for finding in findings if finding.message < len(kept)])
    rest = [
        replace(message, content=_categories(findings, number))
        for number, message in enumerate(messages)
        if number >= len(kept)
    ]
    return (*safe, *rest)


def _categories(findings: Sequence[Finding], number: int) -> str:
    """Placeholders for a whole message; ``[PRIVATE_1]`` where it only follows another."""
    found = {finding.category.upper(): None for finding in findings if finding.message == number}
    return " ".join(f"[{category}_1]" for category in found or ["PRIVATE"])
