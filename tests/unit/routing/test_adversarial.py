"""Text that is made to be slow: whatever is not linear would hang here for hours."""

from __future__ import annotations

import pytest

from services.domain import Message, Role
from services.routing.complexity import TrainedComplexity
from services.routing.privacy import PrivacyDetector
from services.routing.rule_score import RuleComplexity
from services.routing.scale import HIGHEST, LOWEST

LENGTH = 40_000
TAIL = "\n\nmy password is hunter2"

REPEATED = [
    "a", "1", " ", "@", ".", "-", "a@", "a.", "1 ", "1-", "1.", "a ", "A ", "Ab ", "\n", ": ",
    "ich ", "i have ", "my ", "mein ", "password ", "token: ", "eyJ", "-----BEGIN ", "my son ",
    "-----BEGIN PRIVATE KEY-----\n", "DE89 ", "4111 ", "+49 ", "null eins ", "a at b punkt ",
    "://a:", "Straße 1 ", "a 1 ", "Am Ab 1 ", "Frau ", "Frau Ab ", "geb. ", "[", "0:", "::",
    "\u200b", "\u0308", "а", "🎉", "A\u0308", "vertraulich ", "not ", "write a ", "$", "\\frac",
    "```", "- ", "=", "lives at ", "Suite 12 3 a\n", "passport ", "rue de ", "Name: ", "IBAN ",
]  # fmt: skip


@pytest.mark.parametrize("piece", REPEATED)
def test_long_repetitions_hide_nothing(piece: str) -> None:
    """A secret behind 40,000 characters of anything is still found."""
    padding = piece * (LENGTH // len(piece))
    turns = [Message(Role.USER, padding + TAIL)]
    found = [
        (f.start <= (at := len(padding) + TAIL.index("hunter2")) and f.end >= at + 7)
        for f in PrivacyDetector().check(turns).findings
    ]
    assert any(found)
    assert LOWEST <= RuleComplexity().score(turns) <= HIGHEST
    assert LOWEST <= TrainedComplexity().score(turns) <= HIGHEST
