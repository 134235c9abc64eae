"""What the share of prompts that is sent to the cloud buys in quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from notebooks import style
from notebooks.outcomes import Outcome
from services.domain import Message, Role
from services.ports import ComplexityScore
from tests.benchmarks.litellm_heuristic import heuristic
from training.complexity.figures import ranking

OURS = "Nearside's score"
RANDOM = "random"  # in the mean
PERFECT = "perfect order"
_LOOK: dict[str, dict[str, Any]] = {
    RANDOM: {"color": style.PALE, "linestyle": (0, (1, 1.5))},
    "word count": {"color": style.QUIET, "linestyle": (0, (5, 2))},
    "LiteLLM's heuristic": {"color": style.PRIVATE, "linewidth": 1.2},
    OURS: {"color": style.LOCAL, "linewidth": 2.6},
    PERFECT: {"color": style.PALE, "linewidth": 1.0},
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """An order in which prompts go to the cloud, the highest score first."""

    scores: tuple[float, ...]
    gains: tuple[float, ...]

    def recovered(self) -> list[float]:
        """Part of the quality gap that is closed with 0, 1, 2 ... prompts sent."""
        order = np.argsort(-np.asarray(self.scores), kind="stable")
        closed = np.cumsum(np.asarray(self.gains)[order])
        return [0.0, *(closed / closed[-1]).tolist()]

    def figures(self) -> tuple[float, float]:
        """APGR and CPT(50); see :mod:`training.complexity.figures`."""
        return ranking(self.scores, self.gains)


def score_all(score: ComplexityScore, prompts: Sequence[str]) -> list[float]:
    """The complexity score of every prompt."""
    return [score.score([Message(Role.USER, prompt)]) for prompt in prompts]


def rankings(rows: Sequence[Outcome], ours: Sequence[float]) -> dict[str, Ranking]:
    """``ours`` beside word count, a published heuristic and the perfect order."""
    gains = tuple(row.gain for row in rows)
    orders: dict[str, list[float]] = {
        "word count": [float(len(row.prompt.split())) for row in rows],
        "LiteLLM's heuristic": [heuristic(row.prompt) for row in rows],
        OURS: list(ours),
        PERFECT: list(gains),
    }
    return {name: Ranking(tuple(scores), gains) for name, scores in orders.items()}


def figures(ranked: Mapping[str, Ranking]) -> pd.DataFrame:
    """APGR and CPT(50) in percent of every order, beside what chance gives in the mean."""
    rows = {RANDOM: (0.5, 50.0), **{name: order.figures() for name, order in ranked.items()}}
    table = pd.DataFrame(rows, index=["APGR", "CPT(50), %"]).T
    return table.round({"APGR": 3, "CPT(50), %": 1})


def curves_picture(ranked: Mapping[str, Ranking]) -> Figure:
    """The quality gap that is closed against the share sent, a line for every order."""
    figure, (axes,) = style.figure(7.2, 4.4)
    closed_by = {RANDOM: [0.0, 1.0]} | {name: order.recovered() for name, order in ranked.items()}
    for name, closed in closed_by.items():
        axes.plot(np.linspace(0, 1, len(closed)), closed, label=name, **_LOOK[name])
    axes.axhline(0.5, color=style.PALE, linewidth=0.8)
    axes.set_xlabel("share of the prompts that goes to the cloud")
    axes.set_ylabel("part of the quality gap that is closed")
    style.percent(axes.xaxis)
    style.percent(axes.yaxis)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.03)
    axes.set_title("0 %: only the local model answers. 100 %: only the cloud")
    axes.legend(loc="lower right")
    return figure
