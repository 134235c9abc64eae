"""How a prompt becomes numbers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.prompt_features import BUCKETS, READ, features

COUNT = len(features("").figures)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_every_prompt_has_the_same_number_of_figures(prompt: str) -> None:
    """Whatever is in a prompt, the model's inputs have their shape."""
    read = features(prompt)
    assert len(read.figures) == COUNT
    assert read.grams
    assert all(0 <= row < BUCKETS for row in read.grams)


def test_answer_options_are_told_from_the_question() -> None:
    """A question with options differs from the same words in one line."""
    asked = "Which gas is the lightest?"
    options = ["Hydrogen", "Helium", "Neon", "Argon"]
    listed = asked + "".join(
        f"\n{letter}. {gas}" for letter, gas in zip("ABCD", options, strict=True)
    )
    plain = asked + " " + ", ".join(options)
    assert float(len(options)) in features(listed).figures
    assert features(listed).figures != features(plain).figures


def test_case_and_order_of_far_words_do_not_matter_to_the_words() -> None:
    """The same words in capitals are the same rows."""
    assert features("WHAT TIME").grams == features("what time").grams


def test_what_lies_behind_the_limit_is_known_by_its_length_alone() -> None:
    """A very long prompt is not read to its end."""
    head = "word " * READ
    assert features(head + "x").grams == features(head + "y").grams
    assert features(head).figures[0] < features(head + "more " * READ).figures[0]
