"""A person's rules: what they match, and which may not be used."""

from __future__ import annotations

import pytest

from services.domain import Message, Role, Site
from services.errors import RuleError
from services.routing.rules import MOST_RULES, Condition, Rule, RuleSet, matcher, plain
from services.texts import say

KEYWORD, PATTERN, KIND = Condition.KEYWORD, Condition.PATTERN, Condition.KIND


def local(condition: Condition, value: str) -> Rule:
    """A rule for this computer."""
    return Rule(Site.LOCAL, condition, value)


def cloud(condition: Condition, value: str) -> Rule:
    """A rule for the cloud."""
    return Rule(Site.CLOUD, condition, value)


def talk(*turns: str, system: str = "") -> list[Message]:
    """A conversation, the person first."""
    said = [Message(Role.ASSISTANT if n % 2 else Role.USER, turn) for n, turn in enumerate(turns)]
    return [Message(Role.SYSTEM, system), *said]


@pytest.mark.parametrize(
    ("value", "text", "matches"),
    [
        ("Aurora", "all about AURORA, please", True),
        ("aurora", "„Aurora“", True),
        ("aurora", "the auroras", False),
        ("aurora*", "the auroras", True),
        ("aurora", "a​uro​ra", True),  # zero-width spaces
        ("project  aurora", "Project\nAurora", True),
        ("straße", "STRASSE 5", True),
        ("über uns", "Ueber uns", True),
        ("C++", "is C++ hard?", True),
        ("C++", "is C hard?", False),
        ("a*b", "ab", True),
        ("a*b", "a b", False),
    ],
)
def test_keywords(value: str, text: str, matches: bool) -> None:
    """Whole words without regard to case, spelling and disguises."""
    assert matcher(local(KEYWORD, value))(plain(text)) is matches


@pytest.mark.parametrize(
    ("value", "text", "matches"),
    [
        (r"\bAB-\d{4}\b", "order ab-1234 is late", True),
        (r"\bAB-\d{4}\b", "order AB-12 is late", False),
        (r"(?-i)NASA", "nasa", False),
        ("größe", "Die GRÖSSE und die GRÖßE", True),
        ("x", "a\ud800x", True),  # half of a character
    ],
)
def test_patterns(value: str, text: str, matches: bool) -> None:
    """Patterns find passages anywhere, and survive whatever a text holds."""
    assert matcher(local(PATTERN, value))(plain(text)) is matches


@pytest.mark.parametrize(
    ("condition", "value", "key"),
    [
        (KEYWORD, "", "error.rule_value"),
        (KEYWORD, "x" * 201, "error.rule_value"),
        (KEYWORD, " * ", "error.rule_matches_all"),
        (KIND, "cooking", "error.rule_kind"),
        (PATTERN, "(", "error.rule_pattern"),
        (PATTERN, "(?=x)y", "error.rule_pattern"),
        (PATTERN, r"(a)\1", "error.rule_pattern"),
        (PATTERN, "a*", "error.rule_matches_all"),
        (PATTERN, r"(\pL{1,20}\s){4}", "error.rule_pattern_large"),
        (PATTERN, "a\ud800", "error.rule_value"),
    ],
)
def test_what_cannot_be_used_is_refused(condition: Condition, value: str, key: str) -> None:
    """One sentence says what is wrong, in both languages."""
    with pytest.raises(RuleError) as caught:
        RuleSet([local(condition, value)])
    assert caught.value.text_key == key
    assert caught.value.sentence("de") != caught.value.sentence("en")


def test_there_is_a_limit_to_rules() -> None:
    """Each costs time on every prompt."""
    with pytest.raises(RuleError):
        RuleSet([local(KEYWORD, "aurora")] * (MOST_RULES + 1))


def test_the_first_rule_that_matches_wins() -> None:
    """The order is the person's, and a rule that is switched off does not count."""
    first, second = cloud(KEYWORD, "aurora"), local(KEYWORD, "borealis")
    both = talk("Aurora borealis")
    assert RuleSet([first, second]).first_match(both) is first
    assert RuleSet([second, first]).first_match(both) is second
    off = Rule(Site.CLOUD, KEYWORD, "aurora", on=False)
    assert RuleSet([off, second]).first_match(both) is second
    assert RuleSet([off]).first_match(both) is None


def test_a_rule_for_the_cloud_looks_at_what_is_asked_now() -> None:
    """An earlier topic does not send a new one; a follow-up belongs to its topic."""
    rules = RuleSet([cloud(KEYWORD, "aurora"), cloud(KIND, "code")])
    assert (
        rules.first_match(talk("About aurora", "Gladly.", "What is the capital of Peru?")) is None
    )
    assert rules.first_match(talk("About aurora", "Gladly.", "and shorter?")) == rules.rules[0]
    assert rules.first_match(talk("Hello", "About aurora!", "Thanks for the answer today")) is None
    assert (
        rules.first_match(talk("Write a python script", "Done.", "and shorter?")) == rules.rules[1]
    )


def test_a_rule_for_this_computer_looks_at_everything_that_would_be_sent() -> None:
    """What it names does not leave with a later question, whoever said it."""
    later = "Which planets have rings around them?"
    word, kind = RuleSet([local(KEYWORD, "aurora")]), RuleSet([local(KIND, "code")])
    assert word.first_match(talk("About aurora", "Gladly.", later))
    assert word.first_match(talk("Hello", "About aurora!", later))
    assert word.first_match(talk(later, system="Talk about Aurora."))
    assert kind.first_match(talk("Write a python script", "Done.", later))
    assert kind.first_match(talk("Hello", "Hello!", later)) is None


def test_our_own_instruction_matches_no_rule() -> None:
    """It goes with every message and would otherwise make some rules match always."""
    ours = say("interface.system_prompt", "en")
    rules = RuleSet([local(KEYWORD, "helpful"), local(KEYWORD, "terse")])
    assert rules.first_match(talk("Hello", system=ours)) is None
    assert rules.first_match(talk("Hello", system=f"{ours}\n\nBe terse.")) == rules.rules[1]
