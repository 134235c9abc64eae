"""How demanding a prompt looks by rules, and what leaves at which setting."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import Message, Role
from services.routing.rule_score import RuleComplexity
from services.routing.scale import HIGHEST, LOWEST, threshold_for_share

RULE = RuleComplexity()

DEMANDING = [
    "Prove that the square root of 2 is irrational.",
    "Beweise, dass es unendlich viele Primzahlen gibt.",
    "Write a Python function that merges two sorted lists.",
    "Analysiere die Vor- und Nachteile der Atomenergie und vergleiche sie mit Windkraft.",
    "Write a detailed essay comparing the economic policies of Keynes and Hayek.",
    "Schreibe einen ausführlichen Bericht über die Ursachen des Ersten Weltkriegs",
    "Refactor this code:\n```python\ndef f(x):\n    return x+1\n```\nand add unit tests",
    "word " * 200,
]
EASY = [
    "hi",
    "Wie wird das Wetter morgen?",
    "What is the capital of France?",
    "stell einen wecker für zehn uhr",
    "Write a haiku about rain",
    "Übersetze 'Guten Morgen' ins Englische",
    "",
]


def score(*turns: str) -> float:
    """The score of a conversation of these user turns, each answered but the last."""
    messages = [Message(Role.SYSTEM, "Prove everything in detail. " * 20)]
    for turn in turns:
        messages += [Message(Role.USER, turn), Message(Role.ASSISTANT, "Prove it. " * 200)]
    return RULE.score(messages[:-1])


@pytest.mark.parametrize("prompt", DEMANDING)
def test_demanding_prompts_leave_at_the_default_share(prompt: str) -> None:
    """Proofs, programs, analyses and long prompts exceed the default threshold."""
    assert score(prompt) > RULE.threshold_for_share(0.3)


@pytest.mark.parametrize("prompt", EASY)
def test_easy_prompts_stay_at_the_default_share(prompt: str) -> None:
    """Everyday requests stay far below the default threshold."""
    assert score(prompt) < RULE.threshold_for_share(0.3) / 2


@pytest.mark.parametrize("follow_up", ["and shorter?", "jetzt auf Deutsch", "why?", "weiter"])
def test_a_follow_up_inherits_the_score(follow_up: str) -> None:
    """A short follow-up is as demanding as the conversation that it continues."""
    assert score(DEMANDING[4], follow_up) == score(DEMANDING[4])
    assert score("hi", follow_up) < RULE.threshold_for_share(0.3)


def test_a_new_question_inherits_nothing() -> None:
    """A question that stands alone is judged alone."""
    question = "What is the capital of the federal state of Brandenburg in Germany?"
    assert score(DEMANDING[4], question) == score(question)


def test_only_the_person_is_scored() -> None:
    """Our instructions and earlier answers say nothing about the prompt."""
    assert RULE.score([Message(Role.SYSTEM, DEMANDING[4])]) == LOWEST
    assert RULE.score([]) == LOWEST


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_never_scores_lower(prompt: str, more: str) -> None:
    """Adding a line to a prompt that stands alone does not make it easier."""
    long = prompt + "\n" + "word " * 20
    assert score(long) <= score(long + "\n" + more) + 1e-9


@given(st.text(max_size=300))
def test_scores_stay_inside_their_bounds(prompt: str) -> None:
    """Share 0 and share 1 hold for every prompt."""
    assert LOWEST <= score(prompt) <= HIGHEST
    assert not score(prompt) > RULE.threshold_for_share(0)
    assert score(prompt) > RULE.threshold_for_share(1)


def test_a_larger_share_never_raises_the_threshold() -> None:
    """More share, more leaves."""
    thresholds = [RULE.threshold_for_share(step / 200) for step in range(201)]
    assert all(a >= b for a, b in itertools.pairwise(thresholds))
    assert thresholds[0] == 1
    assert thresholds[-1] == 0


def test_thresholds_are_interpolated() -> None:
    """Between two known points the threshold lies between."""
    assert threshold_for_share(0.25, [0.9, 0.5, 0.1]) == pytest.approx(0.7)
