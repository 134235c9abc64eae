"""LiteLLM's complexity heuristic, for comparison, by its published description.

Source: BerriAI/litellm (MIT), ``router_strategy/complexity_router``: seven
dimensions, their weights, thresholds and words, as documented in its README and
default configuration.
"""

from __future__ import annotations

import re

# ruff: noqa: SIM905, RUF005 - word lists read better as text

CODE = (
    "function class def const let var import export return async await try catch exception error "
    "debug api endpoint request response database sql query schema algorithm implement refactor "
    "optimize python javascript typescript java rust golang react vue angular node docker "
    "kubernetes git commit merge branch"
).split() + ["pull request"]
REASONING = "evaluate logical deduce infer conclude".split() + [
    "step by step", "think through", "let's think", "reason through", "analyze this",
    "break down", "explain your reasoning", "show your work", "chain of thought",
    "think carefully", "consider all", "pros and cons", "compare and contrast",
    "weigh the options",
]  # fmt: skip
TECHNICAL = (
    "architecture distributed scalable microservice encryption authentication authorization "
    "performance latency throughput benchmark concurrency parallel threading memory cpu gpu "
    "optimization protocol tcp http grpc websocket container orchestration"
).split() + ["machine learning", "neural network", "deep learning"]
SIMPLE = "what's define simple brief short quick hello hi hey thanks goodbye bye okay".split() + [
    "what is", "definition of", "who is", "who was", "when did", "when was", "where is",
    "where was", "how many", "how much", "yes or no", "true or false", "thank you",
]  # fmt: skip
STEPS = re.compile(r"first.*?then|step\s*\d|\d+\.\s|[a-z]\)\s")
SHORT, LONG = 15, 400
"""Estimated tokens, four characters each, below and above which length counts."""


def heuristic(prompt: str) -> float:
    """The weighted score; its tiers begin at 0.15, 0.35 and 0.6."""
    text = prompt.lower()
    tokens = len(prompt) // 4
    length = -1.0 if tokens < SHORT else 1.0 if tokens > LONG else 0.0
    return (
        0.10 * length
        + 0.30 * _graded(text, CODE, (1, 2), (0.5, 1.0))
        + 0.25 * _graded(text, REASONING, (1, 2), (0.7, 1.0))
        + 0.25 * _graded(text, TECHNICAL, (2, 4), (0.5, 1.0))
        - 0.05 * _graded(text, SIMPLE, (1, 2), (1.0, 1.0))
        + 0.03 * 0.5 * bool(STEPS.search(text))
        + 0.02 * 0.5 * (prompt.count("?") > 3)
    )


def _graded(
    text: str, words: list[str], bounds: tuple[int, int], worth: tuple[float, float]
) -> float:
    """What the number of different ``words`` in ``text`` is worth."""
    found = sum(
        word in text if " " in word else re.search(rf"\b{re.escape(word)}\b", text) is not None
        for word in words
    )
    return worth[1] if found >= bounds[1] else worth[0] if found >= bounds[0] else 0.0
