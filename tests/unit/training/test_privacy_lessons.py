"""What the privacy model's teacher is asked about."""

from __future__ import annotations

import random

from services.routing.tokens import WINDOW, tokens
from training.privacy.examples import Sample
from training.privacy.lessons import lesson, lessons

LONG = "The old bridge over the river was built of stone. " * 20


def test_nothing_is_known_of_a_part_of_a_private_text() -> None:
    """The private passage may stand in another window."""
    rng = random.Random(1)
    assert lesson(Sample("I am ill.", matter="health"), rng).private is True
    assert lesson(Sample(LONG, matter="health"), rng).private is None
    assert lesson(Sample(LONG, matter=""), rng).private is False
    assert lesson(Sample(LONG, matter=None), rng).private is None


def test_a_lesson_is_one_window() -> None:
    """The teacher judges what the network sees at once."""
    told = lesson(Sample(LONG), random.Random(1))
    assert told.text in LONG
    assert len(tokens(told.text).words) <= WINDOW


def test_texts_with_other_words_are_not_known_to_be_anything() -> None:
    """Every text comes with such a one, of the same group."""
    told = Sample("my sister takes lithium every morning", matter="health", group="sister")
    drawn = lessons([told, Sample(" ")], ["lantern"], random.Random(1))
    assert [each.private for each in drawn] == [True, None]
    assert {each.group for each in drawn} == {"sister"}
