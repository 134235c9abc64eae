"""What the privacy model is told about the windows of a text."""

from __future__ import annotations

from services.routing.reading import MATTERS, MODEL
from services.routing.tokens import FEATURES
from services.routing.vocabulary import Vocabulary
from training.privacy.examples import UNKNOWN, Sample, encode

WORDS = Vocabulary.load(MODEL)
HARMLESS = "The old bridge over the river was built of stone. "
PRIVATE = "I was diagnosed with depression. "


def test_a_short_private_text_is_about_its_matter() -> None:
    """One window carries the matter of its text."""
    (window,) = encode(Sample(PRIVATE, matter="health"), WORDS)
    assert window.matter == MATTERS.index("health")


def test_every_window_of_harmless_text_is_harmless() -> None:
    """Long harmless text is known to be harmless everywhere."""
    assert {window.matter for window in encode(Sample(HARMLESS * 20), WORDS)} == {-1}


def test_only_the_window_with_the_matter_is_private() -> None:
    """In a long text, the windows beside the private passage are harmless."""
    text = HARMLESS * 10 + PRIVATE + HARMLESS * 10
    start = len(HARMLESS) * 10
    sample = Sample(text, matter="health", told=(("health", start, start + len(PRIVATE)),))
    matters = [window.matter for window in encode(sample, WORDS)]
    assert matters.count(MATTERS.index("health")) == 1
    assert set(matters) == {-1, MATTERS.index("health")}


def test_a_window_with_a_part_of_the_matter_tells_nothing() -> None:
    """Nobody knows whether half of a private passage is private."""
    long = "and then it went on and on " * 30
    sample = Sample(long, matter="health", told=(("health", 0, len(long)),))
    assert {window.matter for window in encode(sample, WORDS)} == {UNKNOWN}


def test_tokens_come_with_their_meanings() -> None:
    """Behind the features of each token stands its row of the vocabulary."""
    (window,) = encode(Sample(PRIVATE, matter="health"), WORDS)
    words = PRIVATE.replace(".", " .").split()
    assert window.ids[:, FEATURES].tolist() == WORDS.rows(words).tolist()
