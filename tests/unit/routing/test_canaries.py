"""Private canaries in random conversations never reach a cloud candidate."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain import Message, Mode, PrivatePolicy, Role, Route, RouteRequest, Site
from services.routing.privacy import PrivacyDetector
from services.routing.router import HybridRouter
from services.routing.rule_score import RuleComplexity

ROUTERS = {
    share: HybridRouter(PrivacyDetector(), RuleComplexity(), share, time_limit=60)
    for share in (0.0, 0.3, 1.0)
}
PUBLIC = (
    "What is the capital of France?",
    "Write a detailed essay comparing the economic policies of Keynes and Hayek.",
    "and shorter?",
    "Übersetze das bitte",
    "Beweise, dass es unendlich viele Primzahlen gibt.",
    "why?",
    "",
    "🎉",
    "Sure, here is a summary.",
)
# Each holds the canary where {} stands.
PRIVATE = (
    "my password is {}",
    "mein Passwort lautet {}",
    "write to {}@gmx.net",
    "write to {}\u200b@gmx.net today",
    "schreib an {} at firma punkt de",
    "postgres://admin:{}@db.firma.de/prod",
    "api_key = '{}a1b2c3d4e5f6'",
    "I was diagnosed with {}",
    "mein Chef {} hat mir gekündigt",
    "Streng vertraulich: Projekt {}",
    "my colleague {} Miller is late",
    "Mein Name ist {}",
    "meine Tochter {} hat Probleme in der Schule",
    "Ich wohne in der {}straße 12",
    "This is not private: my password is {}",
)
CANARY = "Zyx7quokka"

turns = st.lists(
    st.tuples(st.sampled_from(Role), st.one_of(st.sampled_from(PUBLIC), st.sampled_from(PRIVATE))),
    min_size=1,
    max_size=7,
)


@settings(max_examples=250, deadline=None)
@given(
    turns=turns,
    mode=st.sampled_from(Mode),
    policy=st.sampled_from(PrivatePolicy),
    local=st.booleans(),
    cloud=st.booleans(),
    share=st.sampled_from(sorted(ROUTERS)),
)
def test_no_canary_travels_without_consent(
    turns: list[tuple[Role, str]],
    mode: Mode,
    policy: PrivatePolicy,
    local: bool,
    cloud: bool,
    share: float,
) -> None:
    """Whatever was said, chosen and set: no cloud candidate holds a private word."""
    messages = tuple(Message(role, text.replace("{}", CANARY)) for role, text in turns)
    request = RouteRequest(messages, mode, policy, local_available=local, cloud_available=cloud)
    decision = asyncio.run(ROUTERS[share].decide(request))
    sent = [candidate for candidate in decision.candidates if candidate.site is Site.CLOUD]
    for candidate in sent:
        assert not candidate.released
        assert all(CANARY.lower() not in m.content.lower() for m in candidate.messages)
    assert bool(sent) == (decision.route in {Route.CLOUD, Route.CLOUD_REDACTED})
    assert cloud or not sent
    for candidate in decision.candidates:
        if candidate.site is Site.LOCAL:
            assert local
            assert candidate.messages == messages
    for reason in decision.reasons:
        assert CANARY.lower() not in str(dict(reason.values)).lower()


@settings(max_examples=60, deadline=None)
@given(
    turns=turns,
    mode=st.sampled_from(Mode),
    policy=st.sampled_from([PrivatePolicy.LOCAL, PrivatePolicy.REDACT]),
)
def test_consent_counts_only_when_asked_for(
    turns: list[tuple[Role, str]], mode: Mode, policy: PrivatePolicy
) -> None:
    """Consent without the policy that asks for it releases nothing."""
    messages = tuple(Message(role, text.replace("{}", CANARY)) for role, text in turns)
    request = RouteRequest(messages, mode, policy, cloud_available=True, consent=True)
    decision = asyncio.run(ROUTERS[1.0].decide(request))
    assert not any(candidate.released for candidate in decision.candidates)
    for candidate in decision.candidates:
        if candidate.site is Site.CLOUD:
            assert all(CANARY.lower() not in m.content.lower() for m in candidate.messages)
