"""The figures of the privacy check on prompts that nothing was trained on do not fall."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import pytest

from services.routing.privacy import PrivacyDetector
from tests.benchmarks.prompts import Prompt, heldout, identifiers

DETECTOR = PrivacyDetector()


def share(prompts: list[Prompt], wanted: Callable[[Prompt], bool]) -> float:
    """The part of the wanted prompts that is taken for private."""
    return statistics.fmean(bool(DETECTOR.find(p.text)) for p in prompts if wanted(p))


@pytest.mark.parametrize(("language", "least"), [("en", 0.92), ("de", 0.84)])
def test_private_prompts_are_found(language: str, least: float) -> None:
    """A floor below the measured recall, so that a step back shows."""
    found = share(heldout(), lambda p: p.private and p.language == language)
    assert found >= least


@pytest.mark.parametrize(("language", "most"), [("en", 0.13), ("de", 0.08)])
def test_hard_negatives_stay_free(language: str, most: float) -> None:
    """A ceiling above the measured false alarms."""
    assert share(heldout(), lambda p: not p.private and p.language == language) <= most


def test_identifiers_and_secrets_are_found() -> None:
    """What has a shape is practically always found."""
    assert share(identifiers(), lambda p: True) >= 0.995
