"""One prompt's way: what was found in it, its score, the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from IPython.display import HTML
from matplotlib.figure import Figure

from notebooks import style
from services.domain import Decision, Finding
from services.route_line import reason_sentence
from services.texts import catalog, say

_CARD = (
    "border:1px solid #dfe3e7;border-radius:8px;padding:.8em 1em;margin:.4em 0;max-width:52em;"
    f"background:#fff;color:{style.INK};line-height:1.7"
)
_MARK = f"background:#efe3ec;border-bottom:2px solid {style.PRIVATE};padding:0 .15em"
_NAME = f"color:{style.PRIVATE};font-size:.75em;margin-left:.3em"
_QUIET = f"color:{style.QUIET};font-size:.9em"


def category_name(word: str) -> str:
    """The lay name of a category; one that has none is shown as it is."""
    key = f"category.{word}"
    return say(key, "en") if key in catalog("en") else word


def highlighted(text: str, findings: Sequence[Finding]) -> str:
    """``text`` as HTML with every passage marked and named."""
    parts, place = [], 0
    for found in sorted(findings, key=lambda finding: finding.start):
        if found.start < place:
            continue  # lies in a passage that is marked already
        parts.append(escape(text[place : found.start]))
        passage = escape(text[found.start : found.end])
        name = escape(category_name(found.category))
        parts.append(f'<mark style="{_MARK}">{passage}</mark><span style="{_NAME}">{name}</span>')
        place = found.end
    return "".join([*parts, escape(text[place:])]).replace("\n", "<br>")


def way(prompt: str, decision: Decision, message: int = 0) -> HTML:
    """A card: the text with its passages, score against threshold, decision and reasons.

    ``message`` is the place of ``prompt`` in the conversation that was judged.
    """
    own = [found for found in decision.findings if found.message == message]
    sign = ">" if decision.complexity > decision.threshold else "≤"
    score = f"score {decision.complexity:.3f} {sign} threshold {decision.threshold:.3f}"
    if decision.private:
        score += " (does not count: what is private is decided already)"
    colour = style.OF_ROUTE[decision.route.value]
    route = f'<b style="color:{colour}">{escape(decision.route.value)}</b>'
    why = " ".join(escape(reason_sentence(reason, "en")) for reason in decision.reasons)
    return HTML(
        f'<div style="{_CARD}">{highlighted(prompt, own)}'
        f'<div style="{_QUIET}">private passages: {len(own)} · {score}</div>'
        f"→ {route} <span>{why}</span></div>"
    )


def scores(decisions: Mapping[str, Decision]) -> Figure:
    """Every prompt's score on one axis, with the threshold, coloured by where it goes."""
    figure, (axes,) = style.figure(8.0, 0.7 + 0.36 * len(decisions))
    for row, decision in enumerate(decisions.values()):
        colour = style.PRIVATE if decision.private else style.OF_ROUTE[decision.route.value]
        axes.plot([0, decision.complexity], [row, row], color=style.PALE, linewidth=1)
        axes.plot(decision.complexity, row, "o", color=colour, markersize=8)
        label = "private, stays" if decision.private else decision.route.value
        axes.text(1.03, row, label, va="center", fontsize=8.5, color=colour)
        axes.axvline(decision.threshold, color=style.INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(range(len(decisions)), [cut(prompt) for prompt in decisions])
    axes.set_ylim(len(decisions) - 0.5, -0.5)
    axes.set_xlim(0, 1.17)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_xlabel("score: probability that the local answer would not do (dashed: threshold)")
    axes.grid(visible=False, axis="y")
    return figure


def cut(text: str, most: int = 44) -> str:
    """``text`` on one line of at most ``most`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
