"""What the ledger keeps of a text, with the real privacy check."""

from __future__ import annotations

import pytest

from services.domain import Message, Role
from services.egress.transcript import masked, transcript
from services.routing.categories import REPLACEABLE
from services.routing.privacy import PrivacyDetector


@pytest.mark.parametrize(
    ("turns", "gone", "kept"),
    [
        (
            ["Explain tides.", "Write to jo.miller@gmx.net, and again jo.miller@gmx.net."],
            ["jo.miller"],
            "user: Explain tides.\n\nuser: Write to [EMAIL_1], and again [EMAIL_1].",
        ),
        (
            ["Explain tides.", "I was diagnosed with lupus last week.", "Will lupus hurt?"],
            ["lupus", "diagnosed"],
            "user: Explain tides.\n\nuser: [HEALTH_1]\n\nuser: [PRIVATE_1]",
        ),
    ],
)
def test_private_passages_are_masked(turns: list[str], gone: list[str], kept: str) -> None:
    """Identifiers are masked where they stand; after a statement nothing is kept."""
    messages = [Message(Role.USER, text) for text in turns]
    check = PrivacyDetector()
    text = transcript(masked(messages, check.check(messages).findings, REPLACEABLE))
    assert text == kept
    assert [word for word in gone if word in text] == []
    assert not check.check([Message(Role.USER, text)]).private
