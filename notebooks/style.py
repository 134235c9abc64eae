"""Colours and figures: calm, and the same thing always in the same colour."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

LOCAL = "#2f7f86"
CLOUD = "#c98b3a"
PRIVATE = "#8a4f7d"
PALE = "#b9c0c7"
INK = "#333a41"
QUIET = "#6b737b"

OF_ROUTE = {"local": LOCAL, "cloud": CLOUD, "cloud-redacted": "#dfb67f", "refused": PALE}

_LOOK: Any = {
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.edgecolor": PALE,
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e9ecef",
    "grid.linewidth": 0.8,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def figure(width: float = 8.0, height: float = 3.6, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty figure of so many inches with ``columns`` panels that share the height."""
    mpl.rcParams.update(_LOOK)
    made, axes = plt.subplots(1, columns, figsize=(width, height), squeeze=False)
    # Jupyter shows what a cell returns; an open figure would be shown twice.
    plt.close(made)
    return made, list(axes[0])


def percent(axis: Any) -> None:
    """Ticks of a share in percent."""
    axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
