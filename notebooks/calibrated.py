"""What the score says against what happened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from notebooks import style
from notebooks.opening import ROOT

CARD = ROOT / "models" / "complexity" / "README.md"


def bins(scores: Sequence[float], failed: Sequence[float]) -> pd.DataFrame:
    """Prompts in groups of like size by score: the mean of what was said and of what was so.

    With few prompts there are few groups, as each needs a dozen to say anything.
    """
    count = max(1, min(10, len(scores) // 12))
    order = np.argsort(np.asarray(scores), kind="stable")
    groups = [group for group in np.array_split(order, count) if len(group)]
    said, was = np.asarray(scores), np.asarray(failed)
    return pd.DataFrame(
        {
            "prompts": [len(group) for group in groups],
            "score": [float(said[group].mean()) for group in groups],
            "local answer would not do": [float(was[group].mean()) for group in groups],
        }
    )


def calibration_picture(table: pd.DataFrame) -> Figure:
    """The groups of :func:`bins` beside the line on which a perfect score lies."""
    figure, (axes,) = style.figure(5.4, 4.4)
    axes.plot([0, 1], [0, 1], color=style.PALE, linestyle=(0, (1, 1.5)))
    axes.annotate("as said", (0.9, 0.9), (0, -14), textcoords="offset points", color=style.QUIET)
    columns = table["score"], table["local answer would not do"]
    axes.plot(*columns, "o-", color=style.LOCAL, markersize=7)
    axes.set_xlabel("said: mean score of the group")
    axes.set_ylabel("was so: share of local answers that would not do")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_title(f"{len(table)} groups of about {round(table['prompts'].mean())} prompts")
    return figure


def card_section(title: str, card: Path = CARD) -> str:
    """The section ``title`` of a model's card, as Markdown.

    Raises:
        KeyError: the card has no such section.
    """
    parts = card.read_text("utf-8").split("\n## ")
    sections = {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in parts[1:]}
    return sections[title]
