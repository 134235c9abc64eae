"""How likely the local model's answer would not do, as learned from models' results.

``models/complexity`` holds the model and its card: what it was trained on, what it
reaches and what limits it. The ranking of prompts is one for all local models;
the probability and the threshold are those of the class of the local model. Where
the model cannot be loaded, the rule score stands in.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from services.domain import Message
from services.errors import ModelDamaged
from services.routing.local_class import LocalClass
from services.routing.onnx_model import open_model
from services.routing.prompt_features import features
from services.routing.rule_score import RuleComplexity
from services.routing.scale import LOWEST, probability, score_of, threshold_for_share

log = logging.getLogger(__name__)

MODEL = Path(__file__).parents[2] / "models" / "complexity"
CALIBRATION = "calibration.json"

LEAN = MappingProxyType(
    {
        LocalClass.GUIDE: 0.025,
        LocalClass.SMALL: 0.01,
        LocalClass.MEDIUM: 0.0,
        LocalClass.LARGE: -0.025,
    }
)
"""By how much a class of local models moves the share at a setting of one half.

The setting promises a share within 5 points; half of that is spent on the local
model's ability, the rest is left for prompts unlike the reference mix.
"""


class TrainedComplexity:
    """Scores the newest user turn by a trained model; implements ``ports.ComplexityScore``.

    Raises:
        ModelDamaged: a file is missing, or is not the one that was made.
    """

    def __init__(self, local: LocalClass = LocalClass.MEDIUM, directory: Path = MODEL) -> None:
        self._session = open_model(directory)
        try:
            known = json.loads((directory / CALIBRATION).read_text("utf-8"))
            self._quantiles = tuple(float(logit) for logit in known["quantiles"])
            self._shift = float(known["shift"][local.name.lower()])
        except (OSError, ValueError, KeyError, TypeError) as failure:
            raise ModelDamaged(folder=directory.name, file=CALIBRATION) from failure
        self._lean = LEAN[local]

    def score(self, messages: Sequence[Message]) -> float:
        """Probability in 0.001..0.999 that the local model's answer would not do.

        For follow-ups see ``scale.score_of``.
        """
        return score_of(messages, self._one)

    def threshold_for_share(self, share: float) -> float:
        """The threshold above which ``share`` (0..1) of the reference mix lies.

        The more able the local model, the less: see ``LEAN``.
        """
        if not 0 < share < 1:
            return threshold_for_share(share, ())
        leaning = share + self._lean * 4 * share * (1 - share)
        return probability(threshold_for_share(leaning, self._quantiles) + self._shift)

    def _one(self, prompt: str) -> float:
        if not prompt.strip():
            return LOWEST
        return probability(self.logit(prompt) + self._shift)

    def logit(self, prompt: str) -> float:
        """The model's bare output for one prompt, for calibrating and measuring."""
        read = features(prompt)
        (logit,) = self._session.run(
            None,
            {
                "figures": np.array([read.figures], np.float32),
                "grams": np.array(read.grams, np.int64),
            },
        )
        value = float(np.asarray(logit).item())
        if math.isnan(value):
            raise ValueError("the model gave no number")
        return value


class ScoreInUse:
    """The score for the class of whichever local model is in use; ``local`` tells it."""

    def __init__(self, local: Callable[[], LocalClass]) -> None:
        self._local = local
        self._scores: dict[LocalClass, TrainedComplexity | RuleComplexity] = {}

    def score(self, messages: Sequence[Message]) -> float:
        """Probability in 0.001..0.999 that the local model's answer would not do."""
        return self._now().score(messages)

    def threshold_for_share(self, share: float) -> float:
        """The threshold above which ``share`` (0..1) of the reference mix lies."""
        return self._now().threshold_for_share(share)

    def _now(self) -> TrainedComplexity | RuleComplexity:
        local = self._local()
        if local not in self._scores:
            self._scores[local] = open_complexity(local)
        return self._scores[local]


def open_complexity(
    local: LocalClass, directory: Path = MODEL
) -> TrainedComplexity | RuleComplexity:
    """The trained score; where it cannot be loaded, the rule score, and the log says so."""
    try:
        return TrainedComplexity(local, directory)
    except ModelDamaged as error:
        log.warning("%s", error)
        return RuleComplexity()
