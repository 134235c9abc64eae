"""What the ledger keeps of a text, with the real privacy check."""

from __future__ import annotations

import pytest

from services.categories import REPLACEABLE
from services.domain import Message, Role
from services.egress.transcript import MAX_CHARACTERS, masked, transcript
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


@pytest.mark.parametrize("more", [0, 1, 1_000_000])
def test_of_a_long_text_the_beginning_is_kept(more: int) -> None:
    """What is missing is counted; a text that just fits is whole."""
    begun = "user: "
    text = transcript([Message(Role.USER, "x" * (MAX_CHARACTERS - len(begun) + more))])
    assert text.startswith(begun + "x" * (MAX_CHARACTERS - len(begun)))
    assert text[MAX_CHARACTERS:] == (f"\n[… +{more}]" if more else "")
