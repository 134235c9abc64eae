"""The person's own history: what was routed where, when, why, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from notebooks import style
from services.domain import AnswerFacts
from services.history.looking import RoutedAnswer
from services.routing.reasons import short
from services.texts import catalog

ROUTES = tuple(style.OF_ROUTE)
NOTHING = "There is no history yet. Chat a little (`python run.py`), then run this cell again."


def table_of(answers: Sequence[RoutedAnswer]) -> pd.DataFrame:
    """A row for every answer, oldest first; times are those of this computer's clock."""
    return pd.DataFrame(
        {
            "when": answer.at.astimezone().replace(tzinfo=None, microsecond=0),
            "route": answer.facts.route.value,
            "why": _why(answer.facts),
            "asked for": answer.facts.mode.value,
            "private": answer.facts.private,
            "model": answer.facts.model or "",
            "score": round(answer.facts.complexity, 3),
            "threshold": round(answer.facts.threshold, 3),
            "first token (s)": _seconds(answer.facts.first_token_ms),
            "whole answer (s)": _seconds(answer.facts.duration_ms),
            "tokens": answer.facts.usage.completion_tokens if answer.facts.usage else None,
            "cost": answer.facts.cost,
            "currency": answer.facts.currency or "",
            "ended": answer.status.value,
        }
        for answer in answers
    )


def _why(facts: AnswerFacts) -> str:
    """The decisive reason in a few words; a code of another version as it is."""
    if not facts.reasons:
        return ""
    first = facts.reasons[0]
    known = f"reason.{first.code}" in catalog("en") and "key" not in first.values
    return (short(first, "en") if known else None) or first.code


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else round(ms / 1000, 2)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """By route: how many answers, how fast in the median, and what they cost in all."""
    grouped = table.groupby("route")
    return pd.DataFrame(
        {
            "answers": grouped.size(),
            "private": grouped["private"].sum(),
            "first token, median (s)": grouped["first token (s)"].median(),
            "tokens": grouped["tokens"].sum(),
            "cost": grouped["cost"].sum(),
        }
    )


def past_picture(table: pd.DataFrame) -> Figure:
    """Answers by day and route, and the reasons that decided."""
    figure, (left, right) = style.figure(9.4, 3.4, columns=2)
    _days(left, table)
    _reasons(right, table)
    return figure


def _days(axes: Axes, table: pd.DataFrame) -> None:
    day = table["when"].dt.normalize()
    counts = table.groupby([day, "route"]).size().unstack("route", fill_value=0).tail(14)
    below = [0.0] * len(counts)
    for route in ROUTES:
        if route in counts:
            heights = counts[route].tolist()
            axes.bar(
                range(len(counts)),
                heights,
                bottom=below,
                width=min(0.6, 0.12 * len(counts) + 0.15),
                color=style.OF_ROUTE[route],
                label=route,
            )
            below = [a + b for a, b in zip(below, heights, strict=True)]
    names = [f"{moment:%d %b}" for moment in counts.index]
    axes.set_xticks(range(len(counts)), names, rotation=45, ha="right")
    axes.set_xlim(-0.6, len(counts) - 0.4)
    axes.set_ylim(0, max(below) * 1.3)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("answers")
    axes.set_title("Where, by day (the last 14 with any)")
    axes.grid(visible=False, axis="x")
    axes.legend(ncols=2, loc="upper left", fontsize=8.5)


def _reasons(axes: Axes, table: pd.DataFrame) -> None:
    counts = table.groupby(["why", "route"]).size().sort_values().tail(8)
    axes.barh(
        range(len(counts)),
        counts.tolist(),
        color=[style.OF_ROUTE[route] for _, route in counts.index],
        height=0.6,
    )
    axes.set_yticks(range(len(counts)), [why for why, _ in counts.index])
    axes.set_xlabel("answers")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title("Why: the decisive reason")
    axes.grid(visible=False, axis="y")


def scores_picture(table: pd.DataFrame) -> Figure:
    """Score less threshold of every answer over time: above zero, the cloud was wanted."""
    figure, (axes,) = style.figure(8.0, 3.0)
    for route in ROUTES:
        part = table[table["route"] == route]
        if len(part):
            distance = part["score"] - part["threshold"]
            colour = style.OF_ROUTE[route]
            axes.scatter(part["when"], distance, color=colour, s=26, label=route)
    axes.axhline(0, color=style.INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_ylabel("score − threshold")
    axes.set_title("Above the line the cloud was wanted; privacy and rules come first")
    first, last = table["when"].min(), table["when"].max()
    # At least an hour is shown: seconds as dates would tell nobody anything.
    edge = max(timedelta(minutes=30), (last - first) / 20)
    axes.set_xlim(first - edge, last + edge)
    times = AutoDateLocator()
    axes.xaxis.set_major_locator(times)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(times))
    axes.legend(ncols=4, loc="best", fontsize=8.5)
    return figure
