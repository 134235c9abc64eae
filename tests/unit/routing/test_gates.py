"""A gate never hides what the pattern behind it would find."""

from __future__ import annotations

import re

import pytest

from services.routing import markers, names, official, places, secrets, statements
from services.routing.detectors import words
from services.routing.gates import Gated, plain_text
from services.routing.rule_score import SIGNALS
from tests.benchmarks.prompts import heldout, identifiers

GATES = [
    *secrets._TOKENS,
    *secrets._VALUES,
    secrets._IN_URL,
    secrets._SAID,
    secrets._SHOWN,
    *official._BIRTHS,
    *markers._MARKED,
    *places._GATES,
    names._TITLES,
    names._EXERCISES,
    *(rule for _, rule in statements._PATTERNS),
    *(signal.gate for signal in SIGNALS),
]
TEXTS = [prompt.text for prompt in (*heldout(), *identifiers())][::6]


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.pattern.pattern[:30])
def test_a_gate_lets_all_matches_through(gate: Gated) -> None:
    """On every prompt that we have, pattern and gated pattern find the same."""
    for text in TEXTS:
        assert [m.span() for m in gate.finditer(text)] == [
            m.span() for m in gate.pattern.finditer(text)
        ]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (words(r"\bstraße\b"), "STRASSE"),
        (words(r"\bstraße\b"), "die Straße dort"),
        (words(r"\bgeheim\b"), "ganz geheim\u2028"),
        (words(r"\bpin\b"), "pın"),
        (words(r"\bpasswort\b"), "paſſwort"),
        (words(r"\bfür\b"), "fuer"),
        (re.compile(r"\bFall\s[A-ZÀ-Ý]\w+"), "Fall\u00a0Øster"),
        (re.compile(r"(?<![\w])\d{3,4000}(?!\w)"), "a 1234"),
        (re.compile(r"(?<=[)\]])x(?=[(])|y"), "y"),
        (re.compile(r"^- \w", re.M), "a\n- b"),
    ],
)
def test_unusual_letters_pass(pattern: re.Pattern[str], text: str) -> None:
    """Accents, sharp s, blanks and long s hide nothing from the gate."""
    assert pattern.search(text)
    assert Gated(pattern).search(text)


def test_a_gate_stops_what_cannot_match() -> None:
    """Where RE2 finds nothing, the slow pattern is not asked."""
    assert not Gated(words(r"\bgeheim\b")).may_match("nothing of the kind")


def test_what_must_follow_narrows_the_gate() -> None:
    """A cue counts only where what it announces may follow."""
    gate = Gated(words(r"\bcall me\s"), re.compile(r"[A-Z]\w+"))
    assert gate.may_match("Call me Ishmael")
    assert not gate.may_match("call me later")


def test_plain_text_keeps_other_characters() -> None:
    """Letters lose their accents; signs stay what they are."""
    assert plain_text("Größe: 5 €, café, Москва") == "Grosse: 5 €, cafe, Xxxxxx"
