"""The setting of the share: where its threshold lies and what it sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib.figure import Figure

from notebooks import style
from notebooks.outcomes import Outcome
from services.routing.calibration import Scored

SETTINGS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a setting of the share does to given prompts."""

    threshold: float
    sent: float
    recovered: float


def effect(
    share: float, scored: Scored, rows: Sequence[Outcome], scores: Sequence[float]
) -> Effect:
    """Threshold of ``share``, the part of ``rows`` above it, and of the gap that this closes."""
    threshold = scored.threshold_for_share(share)
    sent = [score > threshold for score in scores]
    gained = sum(row.gain for row, gone in zip(rows, sent, strict=True) if gone)
    return Effect(threshold, sum(sent) / len(sent), gained / sum(row.gain for row in rows))


def settings_table(
    scored: Scored, rows: Sequence[Outcome], scores: Sequence[float]
) -> pd.DataFrame:
    """The effect of the usual settings."""
    effects = [effect(share, scored, rows, scores) for share in SETTINGS]
    return pd.DataFrame(
        {
            "NEARSIDE_CLOUD_SHARE": SETTINGS,
            "threshold": [round(e.threshold, 3) for e in effects],
            "of these prompts sent": [f"{e.sent:.0%}" for e in effects],
            "gap closed": [f"{e.recovered:.0%}" for e in effects],
        }
    ).set_index("NEARSIDE_CLOUD_SHARE")


def share_picture(
    share: float, scored: Scored, rows: Sequence[Outcome], scores: Sequence[float]
) -> Figure:
    """Every prompt by its score, easy and hard apart, cut by the threshold of ``share``."""
    done = effect(share, scored, rows, scores)
    figure, (axes,) = style.figure(8.0, 2.9)
    kinds = list(dict.fromkeys(row.kind for row in rows))
    jitter = np.random.default_rng(2).uniform(-0.28, 0.28, len(rows))
    places = [kinds.index(row.kind) + shift for row, shift in zip(rows, jitter, strict=True)]
    colours = [style.CLOUD if score > done.threshold else style.LOCAL for score in scores]
    axes.scatter(scores, places, c=colours, s=26, alpha=0.8, linewidths=0)
    axes.axvline(done.threshold, color=style.INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(range(len(kinds)), kinds)
    axes.set_ylim(len(kinds) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("score: probability that the local answer would not do (dashed: threshold)")
    axes.set_title(
        f"Share {share:.2f}: threshold {done.threshold:.3f}, {done.sent:.0%} sent, "
        f"{done.recovered:.0%} of the gap closed"
    )
    axes.grid(visible=False, axis="y")
    return figure


def thresholds_picture(scored: dict[str, Scored]) -> Figure:
    """The threshold that each setting of the share gives, by class of local models."""
    figure, (axes,) = style.figure(6.4, 3.8)
    shares = np.linspace(0.01, 0.99, 99)
    tones = (style.PALE, "#7fb0b4", style.LOCAL, style.INK)
    for (name, score), tone in zip(scored.items(), tones, strict=False):
        line = [score.threshold_for_share(float(share)) for share in shares]
        axes.plot(shares, line, color=tone, label=name)
    axes.set_xlabel("NEARSIDE_CLOUD_SHARE")
    axes.set_ylabel("threshold of the score")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.legend(title="local model", loc="upper right")
    return figure


def slider(draw: Callable[[float], Figure], start: float) -> None:
    """A slider for the share below which ``draw`` is shown anew, where widgets run.

    Elsewhere one sentence stands in its place: ``draw`` belongs into a cell of its
    own as well, so that nothing is seen with the slider alone.
    """
    share = ipywidgets.FloatSlider(
        value=start, min=0, max=1, step=0.01, description="share", continuous_update=False
    )
    shown = ipywidgets.interactive_output(lambda share: display(draw(share)), {"share": share})
    bundle: Any = ipywidgets.VBox([share, shown])._repr_mimebundle_()
    text = "Here JupyterLab shows a slider that draws the picture above anew."
    display({**bundle, "text/plain": text}, raw=True)
