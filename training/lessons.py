"""Prompts in other words, which the guide's teacher is asked about."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.examples import Source
from training.families import LANGUAGES, Intent
from training.noise import roughen
from training.words import LONG_WORD, replaced, reworded

_DRAWS = {"topics": 500, "followups": 500}
"""Prompts for each topic and follow-up, and for each other intent, in either language."""
_OTHER_DRAWS = 150
_TURNS = {"topics": 1, "followups": 1}
_OTHER_TURNS = 4
"""How often each of them is put in other words."""
_FAR = 0.3
"""Share of the prompts that get any other words, not such as mean the same."""


@dataclass(frozen=True)
class Lesson:
    """A prompt; ``group`` is what it was made of, ``target`` what that asks for."""

    text: str
    language: str
    group: str
    target: str


def lessons(source: Source, rng: random.Random) -> list[Lesson]:
    """Prompts of every intent, topic and follow-up."""
    given = []
    for intent in source.intents:
        for language in LANGUAGES:
            for _ in range(_DRAWS.get(intent.file, _OTHER_DRAWS)):
                given.append(_lesson(source, intent, language, rng))
    return given


def _lesson(source: Source, intent: Intent, language: str, rng: random.Random) -> Lesson:
    text, group = source.phrasing(intent, language, rng)
    return Lesson(text, language, group, intent.target)


def longer_words(given: Sequence[Lesson]) -> set[str]:
    """The longer words of the prompts, in lower case."""
    return {word for lesson in given for word in LONG_WORD.findall(lesson.text.lower())}


def in_other_words(
    given: Sequence[Lesson],
    alike: Mapping[str, Sequence[str]],
    words: Sequence[str],
    rng: random.Random,
) -> list[Lesson]:
    """The prompts in words ``alike`` or in any ``words``; what these ask for, the teacher says."""
    return [
        _in_other_words(lesson, alike, words, rng)
        for lesson in given
        for _ in range(_TURNS.get(lesson.target.split("/")[0], _OTHER_TURNS))
    ]


def _in_other_words(
    lesson: Lesson,
    alike: Mapping[str, Sequence[str]],
    words: Sequence[str],
    rng: random.Random,
) -> Lesson:
    if rng.random() < _FAR:
        text = replaced(lesson.text, words, rng)
    else:
        text = reworded(lesson.text, alike, rng)
    text = roughen(text, lesson.language, rng, 0.3, about_us=False)
    return Lesson(text, lesson.language, lesson.group, lesson.target)
