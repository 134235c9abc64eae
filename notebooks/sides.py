"""The local model against the cloud: time to the first token, speed, cost."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from notebooks import style
from notebooks.asking import Answer, ask
from notebooks.opening import Nearside
from services.domain import Mode

FIRST, SPEED, COST = "first token (ms)", "tokens/s", "cost"
_COLOUR = {"local": style.LOCAL, "cloud": style.CLOUD}


async def both(
    nearside: Nearside, prompts: Sequence[str], *, max_tokens: int = 120
) -> list[tuple[str, Answer]]:
    """Every prompt asked locally and, where one is set up, in the cloud."""
    sides = [Mode.LOCAL, *([Mode.CLOUD] if nearside.settings.cloud else [])]
    return [
        (side.value, await ask(nearside.services, prompt, mode=side, max_tokens=max_tokens))
        for prompt in prompts
        for side in sides
    ]


def compared(answers: Sequence[tuple[str, Answer]]) -> pd.DataFrame:
    """A row for every answer; ``route`` tells where it really came from."""
    return pd.DataFrame(
        {
            "prompt": answer.prompt,
            "asked": side,
            "route": answer.facts.route.value,
            "model": answer.facts.model,
            FIRST: answer.facts.first_token_ms,
            SPEED: answer.tokens_per_second,
            "tokens": answer.facts.usage.completion_tokens if answer.facts.usage else None,
            COST: _cost(answer),
            "error": answer.error or "",
        }
        for side, answer in answers
    )


def _cost(answer: Answer) -> str:
    facts = answer.facts
    if facts.cost is not None:
        return f"{facts.cost:.6f} {facts.currency}"
    return "none" if facts.route.value == "local" else "no price listed"


def sides_picture(table: pd.DataFrame) -> Figure:
    """Median time to the first token and median speed of each side that answered."""
    figure, (left, right) = style.figure(8.4, 2.3, columns=2)
    by_side = table[table["asked"] == table["route"]].groupby("asked")[[FIRST, SPEED]].median()
    _bars(left, by_side[FIRST], "time to the first token (ms)", "{:.0f} ms")
    _bars(right, by_side[SPEED], "tokens per second", "{:.0f}/s")
    left.set_title("Less is better")
    right.set_title("More is better")
    return figure


def _bars(axes: Axes, values: pd.Series[float], label: str, form: str) -> None:
    sides = ["local", "cloud"]
    for row, side in enumerate(sides):
        value = values.get(side)
        known = value is not None and value == value  # NaN is not itself
        axes.barh(row, value if known else 0, color=_COLOUR[side], height=0.55)
        axes.annotate(
            form.format(value) if known else "not measured",
            (value if known else 0, row),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=style.QUIET,
        )
    axes.set_yticks(range(len(sides)), sides)
    axes.set_ylim(len(sides) - 0.5, -0.5)
    axes.set_xlim(0, 1.25 * max([1.0, *values.dropna()]))
    axes.set_xlabel(label)
    axes.grid(visible=False, axis="y")
