"""Kinds of tasks, by their signs."""

from __future__ import annotations

import pytest

from services.domain import Message, Role
from services.routing.kinds import KINDS, asked_kinds, task_kinds
from services.texts import LANGUAGES, catalog

EXAMPLES = [
    ("Translate 'good morning' into German.", "translation"),
    ("Übersetze das bitte: The tide is out.", "translation"),
    ("Uebersetz mir den Satz hier", "translation"),
    ("Wie sagt man Glühwürmchen auf Spanisch?", "translation"),
    ("Summarize the following article in three sentences.", "summary"),
    ("Fasse den Text unten kurz zusammen.", "summary"),
    ("Write a function that reverses a linked list.", "code"),
    ("Schreibe ein Skript, das alle Dateien umbenennt", "code"),
    ("```\nprint(1)\n```\nWhy does this fail?", "code"),
    ("Is the median of this dataset a good measure?", "data"),
    ("Werte diese Umfrage statistisch aus", "data"),
    ("Prove that the square root of 2 is irrational.", "maths"),
    ("Löse die Gleichung 3x + 4 = 10", "maths"),
    ("Write a bedtime story about a snail.", "writing"),
    ("Schreib mir ein Gedicht über den Herbst", "writing"),
    ("What do studies on intermittent fasting say? Give sources for each claim.", "research"),
    ("Recherchiere Belege für die Wirkung von Wärmepumpen", "research"),
]


@pytest.mark.parametrize(("prompt", "kind"), EXAMPLES)
def test_a_task_shows_its_kind(prompt: str, kind: str) -> None:
    """Each kind is known by its words, in both languages and without umlauts."""
    assert task_kinds(prompt)[0] == kind


@pytest.mark.parametrize(
    "prompt",
    [
        "Hello!",
        "What is the capital of France?",
        "Wie wird das Wetter morgen?",
        "Set a timer for ten minutes",
        "Danke, das war sehr hilfreich.",
        "",
    ],
)
def test_everyday_requests_show_none(prompt: str) -> None:
    """Small talk and questions of fact are no kind of task."""
    assert task_kinds(prompt) == ()


def test_the_ends_of_a_long_prompt_are_read() -> None:
    """What is wanted may stand after a long text as well as before it."""
    text = "The tide comes in and goes out again. " * 2000
    assert task_kinds(text) == ()
    assert task_kinds("Summarize this: " + text) == ("summary",)
    assert task_kinds(text + "Please summarize this.") == ("summary",)


def test_a_follow_up_is_of_the_kind_before_it() -> None:
    """ "And shorter?" asks for code when the turn before it did."""

    def said(*turns: str) -> tuple[str, ...]:
        return asked_kinds([Message(Role.USER, turn) for turn in turns])

    assert said("Write a python script that counts words.", "and shorter?") == ("code",)
    assert said("Write a python script that counts words.", "What is the capital of Peru?") == ()
    assert said("Write a python script.", "now in German please") == ("translation",)
    assert said() == ()


def test_every_kind_has_a_name() -> None:
    """A reader sees words, in both languages."""
    for language in LANGUAGES:
        assert {key for key in catalog(language) if key.startswith("kind.")} == {
            f"kind.{kind}" for kind in KINDS
        }
