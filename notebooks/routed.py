"""The answers of ``POST /v1/route`` as a picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from notebooks import style
from notebooks.prompt import cut


def routed_picture(table: pd.DataFrame) -> Figure:
    """Score against threshold of every prompt; private ones in a colour of their own."""
    figure, (axes,) = style.figure(8.0, 0.8 + 0.36 * len(table))
    for row, (_, found) in enumerate(table.iterrows()):
        colour = style.PRIVATE if found["private"] else style.OF_ROUTE[found["route"]]
        axes.barh(row, found["score"], color=colour, height=0.6, alpha=0.85)
        axes.plot(
            [found["threshold"]] * 2, [row - 0.42, row + 0.42], color=style.INK, linewidth=1.4
        )
        label = "private, stays" if found["private"] else found["route"]
        axes.text(1.02, row, label, va="center", fontsize=8.5, color=colour)
    axes.set_yticks(range(len(table)), [cut(prompt) for prompt in table["prompt"]])
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_xlim(0, 1.18)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_xlabel("score (bar) and threshold (stroke)")
    axes.grid(visible=False, axis="y")
    return figure
