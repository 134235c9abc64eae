"""How sure a model was."""

from __future__ import annotations

import numpy as np
import pytest

from services.backends.local.confidence import FIRST_TOKENS, Confidence


def test_the_scores_of_a_broken_model_say_nothing() -> None:
    """What is not a number is not shown as one."""
    confidence = Confidence()
    confidence.add(np.full((1, 1, 4), np.nan, dtype=np.float32))
    assert confidence.value is None


def test_without_tokens_there_is_no_confidence() -> None:
    """An empty answer has none."""
    assert Confidence().value is None


def test_a_certain_token_counts_as_zero_and_a_guess_as_its_logarithm() -> None:
    """The mean is over the likeliest token of each step."""
    confidence = Confidence()
    confidence.add(np.array([[[1000.0, 0.0, 0.0, 0.0]]], dtype=np.float32))
    assert confidence.value == pytest.approx(0.0)
    confidence.add(np.zeros((1, 1, 4), dtype=np.float32))
    assert confidence.value == pytest.approx(-np.log(4) / 2)


def test_only_the_beginning_is_looked_at() -> None:
    """A long answer does not cost more."""
    confidence = Confidence()
    for _ in range(FIRST_TOKENS):
        assert confidence.wanted
        confidence.add(np.zeros((1, 1, 4), dtype=np.float32))
    assert not confidence.wanted
