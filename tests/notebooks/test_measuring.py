"""The figures of the exploration, on cases whose result is known."""

from __future__ import annotations

import csv
import gzip
import math
from pathlib import Path

import numpy as np
import pytest

from notebooks import calibrated, outcomes, privacy, quality, tuning
from notebooks.outcomes import Outcome
from services.routing.calibration import Scored
from services.routing.complexity import TrainedComplexity
from services.routing.local_class import LocalClass
from tests.benchmarks.prompts import Prompt, heldout, identifiers
from training.complexity.data import CLOUD, CLOUD_OF, LOCAL, SMALL

ROWS = [Outcome(f"p{n}", "hard" if n % 2 else "everyday", n % 2, float(n % 2)) for n in range(20)]
KNOWING = [float(n % 2) - n / 1000 for n in range(20)]


def find(text: str) -> list[tuple[str, int, int]]:
    """Finds an e-mail address in every @, and health in every !."""
    marks = {"@": "email", "!": "health"}
    return [(marks[sign], n, n + 1) for n, sign in enumerate(text) if sign in marks]


PROMPTS = [
    Prompt("a@b", "email", True, "en", "email"),
    Prompt("a at b", "email", True, "en", "email"),
    Prompt("ill!", "health", True, "de", "health"),
    Prompt("wow!", "fiction", False, "de"),
    Prompt("fine", "fiction", False, "en"),
]


def test_recall_and_precision_are_counted_by_category() -> None:
    """Half of the addresses are found; half of what was called health is private."""
    table = privacy.by_category(privacy.judge(PROMPTS, find))
    assert list(table.index) == ["e-mail address", "health"]
    assert table["recall"].tolist() == [0.5, 1.0]
    assert table["precision"].tolist() == [1.0, 0.5]
    assert table["private"].tolist() == [2, 1]
    assert table["named"].tolist() == [1, 2]


def test_mistakes_are_listed_on_both_sides() -> None:
    """What was missed, and what was taken for private without being so."""
    judged = privacy.judge(PROMPTS, find)
    assert privacy.mistakes(judged, private=True)["prompt"].tolist() == ["a at b"]
    assert privacy.mistakes(judged, private=False)["found"].tolist() == ["health"]


def test_totals_are_told_by_language() -> None:
    """Recognised and wrongly taken, in percent."""
    table = privacy.totals(privacy.judge(PROMPTS, find))
    assert table.loc["en"].tolist() == [2, "50.0%", 1, "0.0%"]
    assert table.loc["de"].tolist() == [1, "100.0%", 1, "100.0%"]


def test_the_picture_shows_what_was_never_named_as_empty() -> None:
    """A category that was not named once has no precision, and an interval of all."""
    table = privacy.by_category(privacy.judge(PROMPTS[1:2], find))
    assert math.isnan(table["precision"].iloc[0])
    assert table[["precision from", "precision to"]].iloc[0].tolist() == [0.0, 1.0]
    assert len(privacy.categories_picture(table).axes) == 2


@pytest.mark.parametrize(
    ("right", "of", "low", "high"), [(0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1)]
)
def test_intervals_are_wilsons(right: int, of: int, low: float, high: float) -> None:
    """The published values for ten trials."""
    assert privacy.wilson(right, of) == pytest.approx((low, high), abs=0.001)


def test_every_prompt_of_the_benchmark_knows_its_category() -> None:
    """Private prompts have one, harmless ones have none."""
    prompts = [*heldout(), *identifiers()]
    assert [p for p in prompts if (p.category is not None) is not p.private] == []


def test_a_score_that_knows_closes_the_gap_first() -> None:
    """Half of the prompts close all of it, and no order is better."""
    ranked = quality.rankings(ROWS, KNOWING)
    assert ranked[quality.OURS].recovered()[10] == pytest.approx(1.0)
    table = quality.figures(ranked)
    assert table.loc[quality.RANDOM].tolist() == [0.5, 50.0]
    assert table.loc[quality.OURS].tolist() == table.loc[quality.PERFECT].tolist()
    assert table.loc[quality.OURS, "APGR"] == 0.75
    assert len(quality.curves_picture(ranked).axes[0].lines) == len(ranked) + 2


def test_groups_hold_every_prompt_once() -> None:
    """Few prompts make few groups; said and so are means."""
    table = calibrated.bins([n / 100 for n in range(100)], [float(n >= 50) for n in range(100)])
    assert table["prompts"].sum() == 100
    assert len(table) == 8
    assert table["local answer would not do"].iloc[[0, -1]].tolist() == [0.0, 1.0]
    assert len(calibrated.bins([0.1], [0.0])) == 1


def test_the_cards_figures_are_taken_from_the_card() -> None:
    """The section exists and holds the tables; one that does not exist is an error."""
    assert "| **this model**, random rows held out" in calibrated.card_section("Measured")
    with pytest.raises(KeyError):
        calibrated.card_section("No such section")


class Fixed:
    """A score whose threshold is one less the share."""

    def score(self, messages: object) -> float:
        """Not asked."""
        raise NotImplementedError

    def threshold_for_share(self, share: float) -> float:
        """A straight line."""
        return 1 - share


def test_the_effect_of_a_setting_is_that_of_its_threshold() -> None:
    """What lies above it is sent, and closes its part of the gap."""
    scored: Scored = Fixed()
    assert tuning.effect(0.5, scored, ROWS, KNOWING) == tuning.Effect(0.5, 0.5, 1.0)
    assert tuning.effect(0.0, scored, ROWS, KNOWING).sent == 0
    table = tuning.settings_table(scored, ROWS, KNOWING)
    assert table.loc[0.5].tolist() == [0.5, "50%", "100%"]
    title = tuning.share_picture(0.5, scored, ROWS, KNOWING).axes[0].get_title(loc="left")
    assert "50% sent" in title


def test_all_classes_of_local_models_have_their_line() -> None:
    """The more able the model, the lower the threshold."""
    scored: dict[str, Scored] = {k.name: TrainedComplexity(k) for k in LocalClass}
    lines = tuning.thresholds_picture(scored).axes[0].lines
    middle = [float(np.asarray(line.get_ydata())[29]) for line in lines]
    assert len(middle) == len(LocalClass)
    assert middle == sorted(middle, reverse=True)


def test_measured_outcomes_are_taken_where_they_are(tmp_path: Path) -> None:
    """A folder with results is used, and the sentence says what they are worth."""
    for name in ("mmlu_pro", "math_l5"):
        path = tmp_path / "routing" / f"{name}_outcomes.csv.gz"
        path.parent.mkdir(exist_ok=True)
        models = dict.fromkeys([*SMALL[name], CLOUD_OF[name]], "0") | {CLOUD_OF[name]: "1"}
        row = {"prompt": f"a question of {name}", "category": "law", "id": "1", **models}
        with gzip.open(path, "wt", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row)
    known = outcomes.outcomes(str(tmp_path))
    assert sorted(row.kind for row in known.rows) == ["math_l5", "mmlu_pro"]
    assert {(row.failed, row.gain) for row in known.rows} == {(1.0, 1.0)}
    assert "measured results" in known.what
    assert "trained on these very collections" in known.what
    assert {LOCAL, CLOUD} == {SMALL["mmlu_pro"][0], CLOUD_OF["mmlu_pro"]}


def test_a_folder_without_outcomes_is_an_error(tmp_path: Path) -> None:
    """No other data stand in silently for those that were asked for."""
    with pytest.raises(FileNotFoundError):
        outcomes.outcomes(str(tmp_path))
