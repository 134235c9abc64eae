"""How often private prompts are recognised, by what they are about."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from notebooks import style
from notebooks.prompt import category_name
from tests.benchmarks.prompts import Prompt

Find = Callable[[str], Iterable[tuple[str, int, int]]]
"""Private passages of a text: category, start, end."""

_Z = 1.96  # standard deviations that hold 95 % of a normal distribution


@dataclass(frozen=True, slots=True)
class Judged:
    """A prompt and the categories that were found in it."""

    prompt: Prompt
    found: frozenset[str]


def judge(prompts: Iterable[Prompt], find: Find) -> list[Judged]:
    """Look at every prompt with ``find``."""
    return [
        Judged(prompt, frozenset(category for category, _, _ in find(prompt.text)))
        for prompt in prompts
    ]


def by_category(judged: Sequence[Judged]) -> pd.DataFrame:
    """Recall and precision of each category, the shares with their 95 % intervals (Wilson).

    ``recall``: of the ``private`` prompts about it, how many were taken for private at
    all, which is what keeps a prompt here. ``precision``: of the prompts in which
    this very category was ``named``, how many are private.
    """
    rows = []
    for category in dict.fromkeys(row.prompt.category for row in judged if row.prompt.private):
        about = [bool(row.found) for row in judged if row.prompt.category == category]
        named = [row.prompt.private for row in judged if category in row.found]
        rows.append(
            {
                "category": category_name(category or ""),
                "private": len(about),
                "recall": _share(about),
                "recall from": wilson(sum(about), len(about))[0],
                "recall to": wilson(sum(about), len(about))[1],
                "named": len(named),
                "precision": _share(named),
                "precision from": wilson(sum(named), len(named))[0],
                "precision to": wilson(sum(named), len(named))[1],
            }
        )
    return pd.DataFrame(rows).set_index("category").sort_values("recall", kind="stable")


def wilson(right: int, of: int) -> tuple[float, float]:
    """The interval that holds a share of ``right`` in ``of`` with 95 % confidence."""
    if not of:
        return 0.0, 1.0
    share, spread = right / of, _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    reach = _Z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / of / 4)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else math.nan


def totals(judged: Sequence[Judged]) -> pd.DataFrame:
    """By language: how many private prompts were recognised, and how many harmless taken."""
    rows = {}
    for language in dict.fromkeys(row.prompt.language for row in judged):
        here = [row for row in judged if row.prompt.language == language]
        private = [bool(row.found) for row in here if row.prompt.private]
        harmless = [bool(row.found) for row in here if not row.prompt.private]
        rows[language] = {
            "private prompts": len(private),
            "recognised": f"{_share(private):.1%}",
            "harmless prompts": len(harmless),
            "taken for private": f"{_share(harmless):.1%}",
        }
    return pd.DataFrame(rows).T


def mistakes(judged: Sequence[Judged], *, private: bool) -> pd.DataFrame:
    """The private prompts that were missed, or the harmless ones that were taken."""
    wrong = [
        row
        for row in judged
        if row.prompt.private is private and bool(row.found) is not row.prompt.private
    ]
    column = "about" if private else "found"
    return pd.DataFrame(
        {
            "language": row.prompt.language,
            column: row.prompt.section if private else ", ".join(sorted(row.found)),
            "prompt": row.prompt.text,
        }
        for row in wrong
    )


def categories_picture(table: pd.DataFrame) -> Figure:
    """Recall and precision side by side, one row for each category."""
    figure, (left, right) = style.figure(9.0, 1.0 + 0.27 * len(table), columns=2)
    _bars(left, table, "recall", "private", style.LOCAL)
    _bars(right, table, "precision", "named", style.PRIVATE)
    left.set_title("Recall: private prompts that stay")
    right.set_title("Precision: named, and private")
    left.set_yticks(range(len(table)), list(table.index))
    right.set_yticks(range(len(table)), [""] * len(table))
    return figure


def _bars(axes: Axes, table: pd.DataFrame, name: str, count: str, colour: str) -> None:
    values = table[name].fillna(0.0)
    rows = range(len(table))
    axes.barh(rows, values, color=colour, height=0.62, alpha=0.85)
    axes.hlines(rows, table[f"{name} from"], table[f"{name} to"], color=style.INK, linewidth=1)
    for row, of in zip(rows, table[count], strict=True):
        axes.text(1.03, row, f"{of}", va="center", fontsize=8.5, color=style.QUIET)
    axes.set_xlim(0, 1.12)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    style.percent(axes.xaxis)
    axes.grid(visible=False, axis="y")
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.set_xlabel("share of so many prompts")
