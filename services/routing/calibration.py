"""What a person's judgements of local answers change about the complexity score.

The shipped score says how likely the local model's answer would not do. Somebody
may find it too strict or too lax for their own questions, or for one kind of them.
A calibration moves the score, in logits, by one number for all prompts and one for
each kind of task:

    logit(score') = logit(score) + shift + shift of the kind

The shifts are those of a logistic regression on the judged answers with the score
as its offset and a normal prior of mean 0 (a maximum a posteriori estimate): few
judgements move little, none move nothing. The threshold stays as it is.
"""

from __future__ import annotations

import json
import logging
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from services.domain import Message
from services.routing.kinds import KINDS, asked_kinds
from services.routing.watched import WatchedFile, write_whole

LEAST = 20
"""Judged answers below which nothing is learned."""

LEAST_OF_KIND = 10
"""Judged answers of a kind below which it gets no shift of its own."""

MOST_SHIFT = 2.0
"""Logits, of each shift: the odds change by no more than a factor of about 7."""

PRIOR_DEVIATION = 0.5
"""Logits. As strong as 16 judged answers at even odds, which carry 1/4 each."""

_LOWEST, _HIGHEST = 0.001, 0.999
_STEPS = 50  # of Newton's method, which needs some ten
log = logging.getLogger(__name__)


class Scored(Protocol):
    """A complexity score that knows its threshold for a share."""

    def score(self, messages: Sequence[Message]) -> float:
        """Probability in 0..1 that the local model's answer would not do."""
        ...

    def threshold_for_share(self, share: float) -> float:
        """The threshold that ``share`` (0..1) of the reference mix exceeds."""
        ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """One local answer that a person judged; ``score`` as shipped, before any calibration."""

    score: float
    kind: str | None
    would_do: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """Shifts in logits, learned from ``judged`` answers of which ``bad`` would not do."""

    shift: float = 0.0
    kinds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    judged: int = 0
    bad: int = 0

    def apply(self, score: float, kind: str | None) -> float:
        """The calibrated score of a prompt, in 0.001..0.999 unless it was beyond."""
        moved = self.shift + self.kinds.get(kind or "", 0.0)
        if not moved:
            return score
        return min(_HIGHEST, max(_LOWEST, _probability(_logit(score) + moved)))


def fit(judgements: Sequence[Judgement]) -> Calibration | None:
    """What ``judgements`` teach; ``None`` where there are fewer than :data:`LEAST`."""
    if len(judgements) < LEAST:
        return None
    counts = Counter(judgement.kind for judgement in judgements)
    kinds = [kind for kind in KINDS if counts[kind] >= LEAST_OF_KIND]
    design = np.array([[1.0, *(j.kind == kind for kind in kinds)] for j in judgements])
    offset = np.array([_logit(j.score) for j in judgements])
    bad = np.array([not j.would_do for j in judgements], dtype=float)
    shifts = np.zeros(design.shape[1])
    prior = np.eye(len(shifts)) / PRIOR_DEVIATION**2
    for _ in range(_STEPS):
        expected = 1 / (1 + np.exp(-(offset + design @ shifts)))
        slope = design.T @ (bad - expected) - prior @ shifts
        curve = design.T @ (design * (expected * (1 - expected))[:, None]) + prior
        shifts = np.clip(shifts + np.linalg.solve(curve, slope), -MOST_SHIFT, MOST_SHIFT)
    rounded = [round(float(shift), 4) for shift in shifts]
    learned = MappingProxyType(dict(zip(kinds, rounded[1:], strict=True)))
    return Calibration(rounded[0], learned, len(judgements), int(bad.sum()))


def share_with(scored: Scored, calibration: Calibration, share: float) -> float:
    """The share of the reference mix that goes to the cloud with ``calibration``.

    ``share`` is what was asked for. Kinds are left out: those of the mix are not known.
    """
    if not 0 < share < 1 or not calibration.shift:
        return share
    threshold = _probability(_logit(scored.threshold_for_share(share)) - calibration.shift)
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        if scored.threshold_for_share(middle) > threshold:
            low = middle
        else:
            high = middle
    return low


class Calibrations:
    """The file ``calibration.json``: what was learned about each local model, by name."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "calibration.json"
        self._file = WatchedFile[Mapping[str, Calibration]](
            self.path, self._parse, MappingProxyType({}), self._unreadable
        )

    def of(self, model: str | None) -> Calibration:
        """What was learned about ``model``; a calibration that changes nothing otherwise."""
        return self._file.current().get(model or "", Calibration())

    def keep(self, model: str, calibration: Calibration) -> None:
        """Note what was learned about ``model``; running programs use it at once.

        Raises:
            OSError: it could not be written; what was known before still counts.
        """
        known = {**self._file.current(), model: calibration}
        listed = {
            name: {"shift": c.shift, "kinds": dict(c.kinds), "judged": c.judged, "bad": c.bad}
            for name, c in known.items()
        }
        write_whole(self.path, json.dumps({"models": listed}, indent=1) + "\n")

    def reset(self) -> bool:
        """Forget everything; whether there was anything.

        Raises:
            OSError: the file could not be removed.
        """
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        return True

    def _parse(self, data: bytes) -> Mapping[str, Calibration]:
        try:
            models = json.loads(data)["models"]
            return {str(name): _calibration(entry) for name, entry in models.items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            log.warning("%s cannot be used; the shipped calibration counts", self.path)
            return {}

    def _unreadable(self, error: OSError) -> Mapping[str, Calibration]:
        log.warning("%s cannot be read (%s)", self.path, error.strerror)
        return {}


def _calibration(entry: Any) -> Calibration:
    kinds = {kind: _shift(value) for kind, value in entry["kinds"].items() if kind in KINDS}
    judged, bad = int(entry["judged"]), int(entry["bad"])
    return Calibration(_shift(entry["shift"]), MappingProxyType(kinds), judged, bad)


def _shift(value: Any) -> float:
    if not -MOST_SHIFT <= float(value) <= MOST_SHIFT:
        raise ValueError("no shift")
    return float(value)


class CalibratedScore:
    """A score with what was learned about the local model in use; ``model`` names it."""

    def __init__(
        self, scored: Scored, calibrations: Calibrations, model: Callable[[], str | None]
    ) -> None:
        self._scored = scored
        self._calibrations = calibrations
        self._model = model

    def score(self, messages: Sequence[Message]) -> float:
        """Probability in 0..1 that the local model's answer would not do."""
        calibration = self._calibrations.of(self._model())
        return calibration.apply(self._scored.score(messages), kind_of(messages))

    def threshold_for_share(self, share: float) -> float:
        """The shipped threshold: a calibration moves the scores."""
        return self._scored.threshold_for_share(share)


def kind_of(messages: Sequence[Message]) -> str | None:
    """The kind of task that counts for the calibration: the most telling one."""
    return next(iter(asked_kinds(messages)), None)


def _logit(score: float) -> float:
    inside = min(_HIGHEST, max(_LOWEST, score))
    return math.log(inside / (1 - inside))


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
