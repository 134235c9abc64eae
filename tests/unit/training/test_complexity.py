"""What the complexity score is trained on, and how rankings are judged."""

from __future__ import annotations

from collections import Counter

import pytest

from training.complexity.data import tasks
from training.complexity.figures import ranking

GAINS = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_each_kind_of_task_is_there_in_both_languages() -> None:
    """What is judged hard in English is judged as hard in German."""
    heads = Counter(row.group for row in tasks())
    kinds = {head.removeprefix("[en").removeprefix("[de") for head in heads}
    assert {f"[{language}{kind}" for language in ("en", "de") for kind in kinds} == set(heads)
    assert min(heads.values()) >= 5


def test_no_task_is_there_twice() -> None:
    """A prompt has one difficulty."""
    prompts = [row.prompt for row in tasks()]
    assert len(set(prompts)) == len(prompts)


def test_lines_within_a_task_are_lines() -> None:
    """Programs and answer options in a task stand on lines of their own."""
    assert any("\nA. " in row.prompt for row in tasks())
    assert not any("\\n" in row.prompt for row in tasks())


def test_the_best_ranking_recovers_the_gap_at_once() -> None:
    """With all gains first, half the gap takes one prompt of eight."""
    apgr, needed = ranking([8, 7, 6, 5, 4, 3, 2, 1], GAINS)
    assert apgr == pytest.approx(1 - 1 / 8)
    assert needed == pytest.approx(100 / 8)


def test_the_worst_ranking_recovers_it_last() -> None:
    """With all gains last, the gap stays open until then."""
    apgr, needed = ranking([1, 2, 3, 4, 5, 6, 7, 8], GAINS)
    assert apgr == pytest.approx(1 / 8)
    assert needed == pytest.approx(100 * 7 / 8)


def test_ties_fall_at_random() -> None:
    """A score that says nothing is as good as chance, whatever the order of the rows."""
    apgr, _ = ranking([0.0] * 8000, GAINS * 1000)
    assert apgr == pytest.approx(0.5, abs=0.03)
