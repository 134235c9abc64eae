# ruff: noqa: E501 - one rule a line, as a table
"""From a conversation to a decision."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from services.attachment import Attachment
from services.domain import (
    Decision,
    Finding,
    Message,
    Mode,
    PrivacyVerdict,
    PrivatePolicy,
    Reason,
    Role,
    Route,
    RouteRequest,
    Site,
)
from services.files.joining import joined
from services.routing.privacy import PrivacyDetector
from services.routing.reasons import explain, short
from services.routing.router import HybridRouter
from services.routing.rule_score import RuleComplexity
from services.routing.rules import Condition, Rule, RuleSet
from services.texts import LANGUAGES

EASY = "What is the capital of the federal state of Brandenburg in Germany?"
HARD = "Write a detailed essay comparing the economic policies of Keynes and Hayek."
MAIL = "Write a detailed essay for jane.miller@gmx.net comparing Keynes and Hayek."
ILL = "I was diagnosed with lupus. Write a detailed essay on it, comparing therapies."
SECRET_TALK = ("My password is hunter2", "Understood, thank you.")

ROUTER = HybridRouter(PrivacyDetector(), RuleComplexity(), 0.3)


def ask(*turns: str, **how: object) -> RouteRequest:
    """A request with a system message of ours, both backends there."""
    messages = [Message(Role.SYSTEM, "You are a helpful assistant.")]
    for number, turn in enumerate(turns):
        messages.append(Message(Role.ASSISTANT if number % 2 else Role.USER, turn))
    request = RouteRequest(tuple(messages), cloud_available=True)
    return replace(request, **how)  # type: ignore[arg-type]  # keyword table of the tests


def codes(decision: Decision) -> list[str]:
    """The reasons' codes."""
    return [reason.code for reason in decision.reasons]


def sites(decision: Decision) -> list[str]:
    """Where the candidates are, in order."""
    return [candidate.site.value for candidate in decision.candidates]


LOCAL, CLOUD, BOTH = ["local"], ["cloud"], ["cloud", "local"]
REDACT, ASK = PrivatePolicy.REDACT, PrivatePolicy.ASK
NO_LOCAL: dict[str, object] = {"local_available": False}
NO_CLOUD: dict[str, object] = {"cloud_available": False}

RULES: list[tuple[str, dict[str, object], Route, list[str], list[str]]] = [
    # not private
    (EASY, {}, Route.LOCAL, ["simple"], LOCAL),
    (HARD, {}, Route.CLOUD, ["complex"], BOTH),
    (HARD, {"mode": Mode.LOCAL}, Route.LOCAL, ["mode_local"], LOCAL),
    (EASY, {"mode": Mode.CLOUD}, Route.CLOUD, ["mode_cloud"], BOTH),
    (EASY, NO_CLOUD, Route.LOCAL, ["simple"], LOCAL),
    (HARD, NO_CLOUD, Route.LOCAL, ["no_cloud"], LOCAL),
    (EASY, {"mode": Mode.CLOUD, **NO_CLOUD}, Route.LOCAL, ["no_cloud"], LOCAL),
    (HARD, {"cloud_blocked": "budget_used_up"}, Route.LOCAL, ["budget_used_up"], LOCAL),
    (HARD, {"cloud_blocked": "something_else"}, Route.LOCAL, ["cloud_blocked"], LOCAL),
    (EASY, {"cloud_blocked": "budget_used_up"}, Route.LOCAL, ["simple"], LOCAL),
    (EASY, NO_LOCAL, Route.CLOUD, ["local_unavailable"], CLOUD),
    (HARD, NO_LOCAL, Route.CLOUD, ["complex"], CLOUD),
    (HARD, {"mode": Mode.LOCAL, **NO_LOCAL}, Route.REFUSED, ["mode_local", "no_local_model"], []),
    (EASY, {**NO_LOCAL, **NO_CLOUD}, Route.REFUSED, ["simple", "no_local_model"], []),
    (HARD, {**NO_LOCAL, **NO_CLOUD}, Route.REFUSED, ["no_cloud", "no_local_model"], []),
    # private, policy local
    (MAIL, {}, Route.LOCAL, ["private_stays"], LOCAL),
    (MAIL, {"mode": Mode.CLOUD}, Route.LOCAL, ["private_stays"], LOCAL),
    (MAIL, {"mode": Mode.CLOUD, "consent": True}, Route.LOCAL, ["private_stays"], LOCAL),
    (MAIL, NO_LOCAL, Route.REFUSED, ["private_stays", "private_refused"], []),
    (MAIL, {"mode": Mode.LOCAL, **NO_LOCAL}, Route.REFUSED, ["private_stays", "private_refused"], []),
    # private, policy redact
    (MAIL, {"policy": REDACT}, Route.CLOUD_REDACTED, ["redacted"], BOTH),
    (MAIL, {"policy": REDACT, **NO_LOCAL}, Route.CLOUD_REDACTED, ["redacted"], CLOUD),
    ("jane@gmx.net", {"policy": REDACT}, Route.LOCAL, ["private_stays"], LOCAL),
    ("jane@gmx.net", {"policy": REDACT, "mode": Mode.CLOUD}, Route.CLOUD_REDACTED, ["redacted"], BOTH),
    (ILL, {"policy": REDACT}, Route.LOCAL, ["private_stays", "not_replaceable"], LOCAL),
    (MAIL, {"policy": REDACT, "mode": Mode.LOCAL}, Route.LOCAL, ["private_stays"], LOCAL),
    (MAIL, {"policy": REDACT, **NO_CLOUD}, Route.LOCAL, ["private_stays", "no_cloud"], LOCAL),
    (MAIL, {"policy": REDACT, "cloud_blocked": "budget_used_up"}, Route.LOCAL, ["private_stays", "budget_used_up"], LOCAL),
    # private, policy ask
    (ILL, {"policy": ASK}, Route.LOCAL, ["private_stays", "ask_first"], LOCAL),
    (ILL, {"policy": ASK, "consent": True}, Route.CLOUD, ["consent"], BOTH),
    (ILL, {"policy": ASK, "consent": True, "mode": Mode.LOCAL}, Route.LOCAL, ["private_stays"], LOCAL),
    (ILL, {"policy": ASK, "consent": True, **NO_CLOUD}, Route.LOCAL, ["private_stays", "no_cloud"], LOCAL),
    (ILL, {"policy": ASK, **NO_LOCAL}, Route.REFUSED, ["private_stays", "ask_first", "private_refused"], []),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "how", "route", "why", "where"), RULES)
async def test_the_rules(
    prompt: str, how: dict[str, object], route: Route, why: list[str], where: list[str]
) -> None:
    """Each rule leads to its route, reasons and candidates, and can be read by a person."""
    decision = await ROUTER.decide(ask(prompt, **how))
    assert (decision.route, codes(decision), sites(decision)) == (route, why, where)
    assert 0 <= decision.complexity <= 1
    assert 0 <= decision.threshold <= 1
    for reason in decision.reasons:
        for language in LANGUAGES:
            assert "{" not in explain(reason, language)
    for candidate in decision.candidates:
        if candidate.site is Site.LOCAL:
            assert candidate.messages == ask(prompt).messages


async def test_earlier_private_turns_do_not_travel() -> None:
    """A later public prompt leaves without them; the local model gets everything."""
    request = ask(*SECRET_TALK, HARD)
    cloud, local = (decision := await ROUTER.decide(request)).candidates
    assert [m.content for m in cloud.messages] == ["You are a helpful assistant.", HARD]
    assert cloud.omitted == 2
    assert not cloud.released
    assert local.messages == request.messages
    assert codes(decision) == ["complex", "earlier_left_out"]
    assert not decision.private
    assert [f.message for f in decision.findings] == [1]


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.CLOUD])
async def test_a_follow_up_to_something_private_stays(mode: Mode) -> None:
    """What only makes sense with private turns is private itself."""
    decision = await ROUTER.decide(ask(*SECRET_TALK, "and what should I do now?", mode=mode))
    assert (decision.route, codes(decision)) == (Route.LOCAL, ["follow_up_private"])
    assert decision.private


async def test_a_system_message_with_something_private_stays() -> None:
    """Instructions of a person are checked like any turn."""
    request = RouteRequest(
        (Message(Role.SYSTEM, "I am called Sabine Krause"), Message(Role.USER, HARD)),
        cloud_available=True,
    )
    decision = await ROUTER.decide(request)
    assert [m.content for m in decision.candidates[0].messages] == [HARD]


async def test_consent_sends_only_what_it_must() -> None:
    """The person releases the newest turn; earlier private ones still stay."""
    request = ask(*SECRET_TALK, ILL, policy=ASK, consent=True)
    decision = await ROUTER.decide(request)
    cloud = decision.candidates[0]
    assert cloud.released
    assert [m.content for m in cloud.messages] == ["You are a helpful assistant.", ILL]
    assert (cloud.omitted, codes(decision)) == (2, ["consent", "earlier_left_out"])


async def test_consent_to_a_follow_up_sends_what_it_needs() -> None:
    """A follow-up to private turns is nothing without them, and the person saw them."""
    request = ask(*SECRET_TALK, "and what should I do now?", policy=ASK, consent=True)
    decision = await ROUTER.decide(request)
    assert decision.candidates[0].messages == request.messages


async def test_placeholders_stand_for_every_occurrence() -> None:
    """A surname that was found once is replaced wherever it stands."""
    turns = (
        "Mein Name ist Sabine Krause.",
        "Guten Tag!",
        "Ist Krauses Name auch Krause?",
    )
    decision = await ROUTER.decide(ask(*turns, policy=REDACT, mode=Mode.CLOUD))
    cloud = decision.candidates[0]
    assert decision.route is Route.CLOUD_REDACTED
    assert all("Krause" not in message.content for message in cloud.messages)
    assert "Sabine Krause" in cloud.placeholders.values()


async def test_a_redaction_that_leaves_something_is_not_sent() -> None:
    """The redacted text is checked once more before it counts."""

    def lazy(
        messages: Sequence[Message], findings: Sequence[Finding]
    ) -> tuple[tuple[Message, ...], Mapping[str, str]]:
        return tuple(messages), {"[EMAIL_1]": "jane.miller@gmx.net"}

    router = HybridRouter(PrivacyDetector(), RuleComplexity(), 0.3, redact=lazy)
    decision = await router.decide(ask(MAIL, policy=REDACT))
    assert (decision.route, codes(decision)) == (Route.LOCAL, ["private_stays", "redaction_failed"])
    assert sites(decision) == LOCAL


class Broken:
    """A privacy check and a score that fail."""

    def check(self, messages: Sequence[Message]) -> PrivacyVerdict:
        raise ZeroDivisionError(messages[-1].content)

    def score(self, messages: Sequence[Message]) -> float:
        raise ZeroDivisionError(messages[-1].content)

    def threshold_for_share(self, share: float) -> float:
        return share


@pytest.mark.parametrize("policy", list(PrivatePolicy))
async def test_a_failing_check_counts_as_private(
    policy: PrivatePolicy, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the mode and the consent, nothing leaves; the log holds no prompt."""
    router = HybridRouter(Broken(), RuleComplexity(), 1.0)
    request = ask(EASY, policy=policy, mode=Mode.CLOUD, consent=True)
    decision = await router.decide(request)
    assert (decision.route, codes(decision)) == (Route.LOCAL, ["check_failed"])
    assert decision.private
    assert sites(decision) == LOCAL
    assert EASY not in caplog.text
    refused = await router.decide(replace(request, local_available=False))
    assert (refused.route, refused.candidates) == (Route.REFUSED, ())


async def test_a_verdict_of_failure_counts_as_private() -> None:
    """A check that reports its own failure is believed."""

    class Unsure:
        def check(self, messages: Sequence[Message]) -> PrivacyVerdict:
            return PrivacyVerdict(failed=True)

    decision = await HybridRouter(Unsure(), RuleComplexity(), 1.0).decide(ask(EASY))
    assert codes(decision) == ["check_failed"]


async def test_a_slow_check_counts_as_private() -> None:
    """Past the time limit nothing leaves."""
    release = threading.Event()

    class Slow:
        def check(self, messages: Sequence[Message]) -> PrivacyVerdict:
            release.wait(30)
            return PrivacyVerdict()

    router = HybridRouter(Slow(), RuleComplexity(), 1.0, time_limit=0.01)
    try:
        decision = await router.decide(ask(EASY, mode=Mode.CLOUD))
    finally:
        release.set()
    assert (decision.route, codes(decision)) == (Route.LOCAL, ["check_too_slow"])


async def test_a_failing_score_keeps_the_prompt_here() -> None:
    """Without a score the prompt is answered locally, and the cloud only on demand."""
    router = HybridRouter(PrivacyDetector(), Broken(), 1.0)
    decision = await router.decide(ask(HARD))
    assert (decision.route, codes(decision)) == (Route.LOCAL, ["score_failed"])
    assert (await router.decide(ask(HARD, mode=Mode.CLOUD))).route is Route.CLOUD


@pytest.mark.parametrize("prompt", [EASY, HARD])
async def test_the_ends_of_the_share(prompt: str) -> None:
    """Share 0 sends nothing by itself, share 1 everything that is not private."""
    none, everything = (
        HybridRouter(PrivacyDetector(), RuleComplexity(), share) for share in (0.0, 1.0)
    )
    assert (await none.decide(ask(prompt))).route is Route.LOCAL
    assert (await none.decide(ask(prompt, **NO_LOCAL))).route is Route.REFUSED
    assert (await everything.decide(ask(prompt))).route is Route.CLOUD
    assert (await everything.decide(ask(MAIL))).route is Route.LOCAL


async def test_an_empty_conversation_stays() -> None:
    """Nothing to judge is nothing to send."""
    decision = await ROUTER.decide(RouteRequest((), cloud_available=True))
    assert (decision.route, codes(decision)) == (Route.LOCAL, ["simple"])


class Narrow:
    """Every prompt scores the same; the reference mix is spread evenly."""

    def __init__(self, score: float) -> None:
        self._score = score

    def score(self, messages: Sequence[Message]) -> float:
        return self._score

    def threshold_for_share(self, share: float) -> float:
        return 1 - share


TELLS: dict[str, object] = {"local_tells": True}
CLOSE: list[tuple[float, str, dict[str, object], list[str], list[str]]] = [
    (0.68, EASY, TELLS, ["simple", "second_look"], ["local", "cloud", "local"]),
    (0.64, EASY, TELLS, ["simple"], LOCAL),
    (0.72, EASY, TELLS, ["complex"], BOTH),
    (0.68, EASY, {}, ["simple"], LOCAL),
    (0.68, EASY, {**TELLS, **NO_CLOUD}, ["simple"], LOCAL),
    (0.68, EASY, {**TELLS, "cloud_blocked": "budget_used_up"}, ["simple"], LOCAL),
    (0.68, EASY, {**TELLS, "mode": Mode.LOCAL}, ["mode_local"], LOCAL),
    (0.68, EASY, {**TELLS, **NO_LOCAL}, ["local_unavailable"], CLOUD),
    (0.68, MAIL, TELLS, ["private_stays"], LOCAL),
    (0.68, MAIL, {**TELLS, "policy": REDACT}, ["private_stays"], LOCAL),
]  # fmt: skip


@pytest.mark.parametrize(("score", "prompt", "how", "why", "where"), CLOSE)
async def test_a_close_call_gets_a_second_look(
    score: float, prompt: str, how: dict[str, object], why: list[str], where: list[str]
) -> None:
    """Only what is not private, stays by a narrow margin, and may go to the cloud at all."""
    router = HybridRouter(PrivacyDetector(), Narrow(score), 0.3)
    decision = await router.decide(ask(prompt, **how))
    assert (codes(decision), sites(decision)) == (why, where)
    assert [c.trial for c in decision.candidates] == [True, False, False][: len(where)] or (
        len(where) < 3 and not any(c.trial for c in decision.candidates)
    )


async def test_a_second_look_leaves_earlier_private_turns_out() -> None:
    """What would be handed over is what the cloud would have been given anyway."""
    router = HybridRouter(PrivacyDetector(), Narrow(0.68), 0.3)
    decision = await router.decide(ask(*SECRET_TALK, EASY, **TELLS))
    assert [m.content for m in decision.candidates[1].messages][1:] == [EASY]
    assert codes(decision) == ["simple", "second_look", "earlier_left_out"]


@pytest.mark.parametrize("share", [0.0, 1.0])
async def test_the_ends_of_the_share_need_no_second_look(share: float) -> None:
    """0 sends nothing by itself, 1 everything."""
    decision = await HybridRouter(PrivacyDetector(), Narrow(0.0), share).decide(ask(EASY, **TELLS))
    assert "second_look" not in codes(decision)


CODE = "Write a function in python that reverses a linked list."
ALWAYS_CLOUD = Rule(Site.CLOUD, Condition.KEYWORD, "capital")
ALWAYS_LOCAL = Rule(Site.LOCAL, Condition.KIND, "code")
ALWAYS_LOCAL_ESSAY = Rule(Site.LOCAL, Condition.KEYWORD, "essay")
BY_RULE: list[tuple[str, dict[str, object], Route, list[str], list[str]]] = [
    (EASY, {}, Route.CLOUD, ["rule_cloud"], BOTH),
    (EASY, NO_LOCAL, Route.CLOUD, ["rule_cloud"], CLOUD),
    (EASY, NO_CLOUD, Route.LOCAL, ["no_cloud"], LOCAL),
    (EASY, {"cloud_blocked": "budget_used_up"}, Route.LOCAL, ["budget_used_up"], LOCAL),
    (EASY, {"mode": Mode.LOCAL}, Route.LOCAL, ["mode_local"], LOCAL),
    (HARD, {}, Route.LOCAL, ["rule_local"], LOCAL),
    (HARD, NO_LOCAL, Route.REFUSED, ["rule_local", "no_local_model"], []),
    (HARD, {"mode": Mode.CLOUD}, Route.CLOUD, ["mode_cloud"], BOTH),
    (CODE, {}, Route.LOCAL, ["rule_local", "kind"], LOCAL),
    # a rule never overrides privacy
    ("My password is hunter2. " + EASY, {}, Route.LOCAL, ["private_stays"], LOCAL),
    ("What is the capital of the state in which jane@gmx.net lives?", {"policy": REDACT}, Route.LOCAL, ["private_stays"], LOCAL),
    (MAIL, {"policy": REDACT}, Route.LOCAL, ["private_stays", "rule_local"], LOCAL),
    (MAIL, {"policy": REDACT, "mode": Mode.CLOUD}, Route.CLOUD_REDACTED, ["redacted"], BOTH),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "how", "route", "why", "where"), BY_RULE)
async def test_a_persons_rules(
    prompt: str, how: dict[str, object], route: Route, why: list[str], where: list[str]
) -> None:
    """They replace the score, and neither privacy nor what was picked for the message."""
    rules = RuleSet([ALWAYS_CLOUD, ALWAYS_LOCAL, ALWAYS_LOCAL_ESSAY])
    router = HybridRouter(PrivacyDetector(), RuleComplexity(), 0.3, rules=rules)
    decision = await router.decide(ask(prompt, **how))
    assert (decision.route, codes(decision), sites(decision)) == (route, why, where)


async def test_a_rule_leaves_earlier_private_turns_out() -> None:
    """What a rule sends is as little as what the score sends."""
    router = HybridRouter(PrivacyDetector(), RuleComplexity(), 0, rules=RuleSet([ALWAYS_CLOUD]))
    decision = await router.decide(ask(*SECRET_TALK, EASY))
    assert codes(decision) == ["rule_cloud", "earlier_left_out"]
    assert [m.content for m in decision.candidates[0].messages][1:] == [EASY]


async def test_failing_rules_keep_the_prompt_here() -> None:
    """Nobody knows then what they would have said."""

    class Failing:
        def first_match(self, messages: Sequence[Message]) -> Rule | None:
            raise ZeroDivisionError

    router = HybridRouter(PrivacyDetector(), RuleComplexity(), 1.0, rules=Failing())
    assert (await router.decide(ask(EASY))).route is Route.LOCAL


async def test_the_kind_of_task_is_told() -> None:
    """It stands after the reason that decided, and not where the score was not asked."""
    assert codes(await ROUTER.decide(ask(CODE))) == ["complex", "kind"]
    assert codes(await ROUTER.decide(ask("Translate 'hello' into German."))) == ["simple", "kind"]
    assert codes(await ROUTER.decide(ask(CODE, mode=Mode.CLOUD))) == ["mode_cloud"]


def test_a_rule_is_quoted_in_words() -> None:
    """The line is short, the reason whole, in both languages; a long pattern is cut."""
    told = Reason("rule_local", {"when": "kind", "value": "code"})
    assert short(told, "en") == "your rule for tasks of the kind “programming”"
    assert explain(told, "de") == (
        "Ihre Regel hat entschieden: Aufgaben der Art „Programmieren“ werden immer auf diesem "
        "Computer beantwortet."
    )
    long = Reason("rule_cloud", {"when": "pattern", "value": "{x" * 60})
    assert f"“{'{x' * 19}{{…”" in explain(long, "en")
    assert len(short(long, "de") or "") < 90


def test_reasons_name_categories_in_words() -> None:
    """A person reads what was found, in both languages, once each."""
    reason = ROUTER._decide(ask("jane@gmx.net, joe@gmx.net, PIN lautet 4711")).reasons[0]
    assert reason.values["categories"] == "email,password"
    assert "E-Mail-Adresse, Passwort oder Code" in explain(reason, "de")
    assert "e-mail address, password or code" in explain(reason, "en")


def test_a_category_that_is_switched_off_shows_in_the_reasons() -> None:
    """What was passed over is said, and no longer keeps the prompt here."""
    router = HybridRouter(PrivacyDetector(off={"email"}), RuleComplexity(), 0.3)
    decision = router._decide(ask("Write to jane.miller@gmx.net", mode=Mode.CLOUD))
    assert (decision.route, decision.private) == (Route.CLOUD, False)
    assert codes(decision) == ["mode_cloud", "switched_off"]
    assert "e-mail" in explain(decision.reasons[-1], "en")


def test_the_other_categories_stay_on() -> None:
    """A switch lets through nothing else, also where passages overlap."""
    router = HybridRouter(PrivacyDetector(off={"email", "marker"}), RuleComplexity(), 0.3)
    decision = router._decide(ask("jane@gmx.net, mein Passwort ist hunter2", mode=Mode.CLOUD))
    assert (decision.route, codes(decision)) == (Route.LOCAL, ["private_stays", "switched_off"])


async def test_reasons_name_the_file() -> None:
    """What is private in the words comes first, then each file that holds something."""
    files = [
        Attachment("1", "rent.txt", "text/plain", "Miete auf DE53677979049691425502"),
        Attachment("2", "tides.txt", "text/plain", "Ebb and flow."),
        Attachment("3", "list.csv", "text/csv", "jane.miller@gmx.net"),
    ]
    turn = Message(Role.USER, *joined("My password is hunter2.", files))
    request = RouteRequest((turn,), mode=Mode.CLOUD, cloud_available=True)
    decision = await ROUTER.decide(request)
    assert [(r.code, dict(r.values)) for r in decision.reasons] == [
        ("private_stays", {"categories": "password"}),
        ("private_stays", {"categories": "iban", "file": "rent.txt"}),
        ("private_stays", {"categories": "email", "file": "list.csv"}),
    ]
    assert "in the file rent.txt" in explain(decision.reasons[1], "en")
    assert "in der Datei rent.txt" in explain(decision.reasons[1], "de")
    assert short(decision.reasons[1], "en") == "private"


async def test_a_private_file_travels_with_placeholders() -> None:
    """Under the policy redact, name and text of a file are replaced alike."""
    file = Attachment("1", "lease_JohnMiller.txt", "text/plain", "John Miller pays on Monday.")
    turn = Message(Role.USER, *joined(HARD, [file]))
    request = RouteRequest(
        (turn,), mode=Mode.CLOUD, policy=PrivatePolicy.REDACT, cloud_available=True
    )
    decision = await ROUTER.decide(request)
    sent = decision.candidates[0].messages[0].content
    assert decision.route is Route.CLOUD_REDACTED
    assert sent.count("[PERSON_1]") == 2
    assert "iller" not in sent
