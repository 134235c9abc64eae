"""What judged answers change about the score: a little, bounded, and undone at will."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.domain import Message, Role
from services.routing.calibration import (
    LEAST,
    MOST_SHIFT,
    CalibratedScore,
    Calibration,
    Calibrations,
    Judgement,
    fit,
    share_with,
)

CODE = [Message(Role.USER, "Write a python function.")]
TALK = [Message(Role.USER, "What is the capital of Peru?")]


class Even:
    """Every prompt scores 0.4; the reference mix is spread evenly over 0..1."""

    def score(self, messages: Sequence[Message]) -> float:
        """The same for all."""
        return 0.4

    def threshold_for_share(self, share: float) -> float:
        """Of evenly spread scores, that share lies above it."""
        return 1 - share


def judged(good: int, bad: int, kind: str | None = None, score: float = 0.4) -> list[Judgement]:
    """So many answers of each judgement."""
    return [Judgement(score, kind, True)] * good + [Judgement(score, kind, False)] * bad


def learned(*answers: list[Judgement]) -> Calibration:
    """What they teach together."""
    calibration = fit([judgement for part in answers for judgement in part])
    assert calibration is not None
    return calibration


def test_few_judgements_teach_nothing() -> None:
    """Below the least number there is no calibration at all."""
    assert fit(judged(0, LEAST - 1)) is None
    assert fit([]) is None


def test_bad_answers_send_more_to_the_cloud() -> None:
    """And good ones keep more here; both less than the bare counts would say."""
    worse, better = learned(judged(4, 36)), learned(judged(36, 4))
    assert 0.4 < worse.apply(0.4, None) < 0.9
    assert 0.1 < better.apply(0.4, None) < 0.4
    assert (worse.judged, worse.bad) == (40, 36)


def test_judgements_as_expected_change_nothing() -> None:
    """A score that is right already stays."""
    assert learned(judged(60, 40)).shift == pytest.approx(0, abs=0.01)


def test_more_judgements_weigh_more() -> None:
    """The prior gives way slowly."""
    shifts = [learned(judged(count, 3 * count)).shift for count in (5, 50, 500)]
    assert shifts == sorted(shifts)
    assert 0 < shifts[0] < 0.8 * shifts[2]


def test_no_judgement_moves_the_score_out_of_reach() -> None:
    """Shifts are bounded, whatever the data say; so is the score."""
    extreme = learned(judged(0, 2000, score=0.001), judged(0, 2000, "code", 0.001))
    assert 0 < extreme.shift <= MOST_SHIFT
    assert max(extreme.kinds.values()) <= MOST_SHIFT
    assert extreme.apply(0.999, "code") == 0.999
    assert learned(judged(2000, 0, score=0.999)).shift == -MOST_SHIFT


def test_a_kind_gets_its_own_shift_when_it_has_enough() -> None:
    """Bad answers about code move code most, and a kind with few answers not at all."""
    calibration = learned(judged(30, 10), judged(0, 15, "code"), judged(0, 5, "maths"))
    assert set(calibration.kinds) == {"code"}
    assert calibration.apply(0.4, "code") > calibration.apply(0.4, "maths")


def test_without_a_calibration_the_score_is_untouched() -> None:
    """To the last digit, the ends included."""
    assert [Calibration().apply(score, "code") for score in (0.0, 0.4, 1.0)] == [0.0, 0.4, 1.0]


def test_the_share_with_a_calibration() -> None:
    """Told on the reference mix; the ends of the setting stay what they are."""
    more = Calibration(shift=1.0)
    assert share_with(Even(), more, 0.3) == pytest.approx(0.538, abs=0.01)
    assert share_with(Even(), Calibration(), 0.3) == 0.3
    assert share_with(Even(), more, 0) == 0
    assert share_with(Even(), more, 1) == 1


def test_a_kept_calibration_counts_at_once_for_its_model(tmp_path: Path) -> None:
    """Another local model keeps the shipped one, and the threshold stays."""
    using = ["builtin"]
    calibrations = Calibrations(tmp_path / "data")
    score = CalibratedScore(Even(), calibrations, lambda: using[0])
    assert score.score(TALK) == 0.4
    Calibrations(tmp_path / "data").keep("builtin", Calibration(1.0, {"code": 0.5}, 20, 15))
    assert score.score(TALK) == pytest.approx(0.644, abs=0.001)
    assert score.score(CODE) == pytest.approx(0.749, abs=0.001)
    assert score.threshold_for_share(0.3) == 0.7
    using[0] = "phi-4-mini"
    assert score.score(TALK) == 0.4
    calibrations.keep("phi-4-mini", Calibration(-1.0))
    assert calibrations.of("builtin").kinds == {"code": 0.5}
    assert calibrations.path.stat().st_mode & 0o077 == 0


def test_a_calibration_can_be_undone(tmp_path: Path) -> None:
    """The shipped score counts again at once."""
    calibrations = Calibrations(tmp_path)
    calibrations.keep("builtin", Calibration(1.0))
    assert calibrations.of("builtin").shift == 1.0
    assert calibrations.reset()
    assert calibrations.of("builtin") == Calibration()
    assert not calibrations.reset()


ENTRY = {"shift": 1.0, "kinds": {}, "judged": 20, "bad": 10}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"models": 5}',
        '{"models": {"builtin": 5}}',
        json.dumps({"models": {"builtin": ENTRY | {"shift": 1e9}}}),
        json.dumps({"models": {"builtin": ENTRY | {"shift": float("nan")}}}),
        json.dumps({"models": {"builtin": ENTRY | {"kinds": {"code": "much"}}}}),
    ],
)
def test_a_damaged_file_changes_nothing(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The shipped calibration counts, and the log says so once."""
    calibrations = Calibrations(tmp_path)
    calibrations.path.write_text(content)
    with caplog.at_level(logging.WARNING):
        assert calibrations.of("builtin") == calibrations.of("builtin") == Calibration()
    assert len(caplog.records) == 1


def test_a_file_that_cannot_be_read_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As where a folder has its name."""
    calibrations = Calibrations(tmp_path)
    calibrations.path.mkdir()
    assert calibrations.of("builtin") == calibrations.of("builtin") == Calibration()
    assert len(caplog.records) == 1
