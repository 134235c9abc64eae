"""An answer piece by piece, with the time of each."""

from __future__ import annotations

from itertools import accumulate

import pandas as pd
from matplotlib.figure import Figure

from notebooks import style
from notebooks.asking import Answer


def pieces(answer: Answer) -> pd.DataFrame:
    """Every piece, when it came, and how long after the one before (both in ms)."""
    times = [piece.ms for piece in answer.pieces]
    return pd.DataFrame(
        {
            "piece": [piece.text for piece in answer.pieces],
            "at (ms)": [round(ms, 1) for ms in times],
            "gap (ms)": [round(b - a, 1) for a, b in zip([0.0, *times[:-1]], times, strict=True)],
        }
    )


def stream_picture(*answers: Answer) -> Figure:
    """How much of each answer had come at which moment."""
    figure, (axes,) = style.figure(8.0, 3.4)
    for answer in answers:
        local = answer.facts.route.value == "local"
        colour = style.LOCAL if local else style.CLOUD
        times = [0.0, *(piece.ms for piece in answer.pieces)]
        amount = [0, *accumulate(len(piece.text) for piece in answer.pieces)]
        label = f"{answer.facts.model}: {answer.prompt}"
        axes.step(times, amount, where="post", color=colour, label=label)
        axes.plot(times[1:], amount[1:], "o", color=colour, markersize=4)
        if answer.pieces:
            first = answer.pieces[0].ms
            axes.axvline(first, color=colour, linewidth=1, linestyle=(0, (4, 3)))
            axes.annotate(
                f"first piece {first:.0f} ms",
                (first, amount[-1]),
                (-6, 0),
                textcoords="offset points",
                ha="right",
                va="top",
                rotation=90,
                fontsize=8.5,
                color=colour,
            )
    axes.set_xlabel("time since the prompt was taken (ms)")
    axes.set_ylabel("answer so far (characters)")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_title("Every dot is a piece as it reaches the screen")
    return figure
