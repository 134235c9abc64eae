"""How a person wants a conversation to be answered."""

from __future__ import annotations

from typing import Any

import pytest

from services.domain import (
    GenerationOptions,
    Message,
    Mode,
    PrivatePolicy,
    Role,
    RouteRequest,
    Site,
)
from services.preferences import MAX_INSTRUCTIONS, Preferences, read_preferences
from services.routing.privacy import PrivacyDetector
from services.routing.router import HybridRouter
from services.routing.rule_score import RuleComplexity

OURS = "You are helpful."


def test_nothing_set_leaves_everything_to_the_model() -> None:
    """The defaults ask for nothing special."""
    wanted, trouble = read_preferences({})
    assert (wanted, trouble) == (Preferences(), None)
    assert wanted.options == GenerationOptions()
    assert wanted.system(OURS) == OURS


def test_what_is_set_reaches_the_model() -> None:
    """Length, style and context become figures; the instructions follow ours."""
    values = {
        "length": "short",
        "style": "exact",
        "context": "medium",
        "instructions": " Be a pirate. ",
    }
    wanted, trouble = read_preferences(values)
    assert trouble is None
    expected = GenerationOptions(max_tokens=250, temperature=0.0, context_tokens=4000)
    assert wanted.options == expected
    assert wanted.system(OURS) == f"{OURS}\n\nBe a pirate."


@pytest.mark.parametrize(
    ("values", "trouble"),
    [
        ({"length": "endless"}, "settings_unknown"),
        ({"length": 7}, "settings_unknown"),
        ({"style": ["exact"]}, "settings_unknown"),
        ({"context": "everything"}, "settings_unknown"),
        ({"instructions": {"a": 1}}, "settings_unknown"),
        ({"length": None, "style": "", "instructions": None}, None),
    ],
)
def test_what_does_not_exist_counts_as_the_default(values: dict[str, Any], trouble: str) -> None:
    """A browser or an old history may say anything; the defaults take over, with a sentence."""
    assert read_preferences(values) == (Preferences(), trouble)


def test_long_instructions_keep_their_beginning() -> None:
    """The rest is cut, and the person is told."""
    wanted, trouble = read_preferences({"instructions": "x" * (MAX_INSTRUCTIONS + 1)})
    assert (len(wanted.instructions), trouble) == (MAX_INSTRUCTIONS, "instructions_long")


def test_instructions_can_always_be_sent() -> None:
    """Halves of characters and zero bytes would break a request."""
    assert read_preferences({"instructions": "a\ud800b\0c"})[0].instructions == "a\ufffdbc"


PRIVATE = "My password is Zitronenfalter77, and I am Erika Mustermann, erika@example.org."


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.CLOUD])
@pytest.mark.parametrize("policy", [PrivatePolicy.LOCAL, PrivatePolicy.REDACT])
async def test_private_instructions_never_reach_the_cloud(
    mode: Mode, policy: PrivatePolicy
) -> None:
    """They are judged like a message: what may leave goes without them."""
    router = HybridRouter(PrivacyDetector(), RuleComplexity(), 1.0)
    system = Preferences(instructions=PRIVATE).system(OURS)
    turns = (
        Message(Role.SYSTEM, system),
        Message(Role.USER, "Prove that there are infinitely many primes, step by step."),
    )
    request = RouteRequest(turns, mode, policy, cloud_available=True)
    decision = await router.decide(request)
    sent = [c.messages for c in decision.candidates if c.site is Site.CLOUD]
    assert sent
    assert "Zitronenfalter77" not in str(sent)
    assert "erika" not in str(sent).lower()
