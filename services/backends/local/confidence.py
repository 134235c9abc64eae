"""How sure a model was of the beginning of its answer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

FIRST_TOKENS = 64
"""The beginning decides whether a prompt was understood; later tokens mostly
follow from it, and a large vocabulary makes each one cost about 1 ms."""


class Confidence:
    """Mean log-probability of the likeliest next token, in nats (0 is certain)."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._count = 0

    @property
    def wanted(self) -> bool:
        """Whether another token is still looked at."""
        return self._count < FIRST_TOKENS

    @property
    def value(self) -> float | None:
        """The mean so far; ``None`` without any token, or from a broken model's scores."""
        mean = self._sum / self._count if self._count else math.nan
        return mean if math.isfinite(mean) else None

    def add(self, logits: Any) -> None:
        """Take in the scores of one next token."""
        scores = np.asarray(logits, dtype=np.float32).reshape(-1, logits.shape[-1])[-1]
        highest = float(scores.max())
        self._sum -= float(np.log(np.exp(scores - highest).sum()))
        self._count += 1
