"""Rows -> model: a ridge regression and boosted trees, averaged, then calibrated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from services.routing.prompt_features import BUCKETS, features
from training.complexity.data import Row

FIGURES_SCALE, GRAMS_SCALE, PENALTY = 0.3, 1.5, 10.0
"""Weights of the two parts of the linear model against its penalty; by cross-validation."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Rows as matrices, read once."""

    rows: list[Row]
    figures: NDArray[np.float32]
    grams: scipy.sparse.csr_matrix

    @property
    def target(self) -> Values:
        """The target of each row."""
        return np.array([row.target for row in self.rows])

    @property
    def weight(self) -> Values:
        """The weight of each row."""
        return np.array([row.weight for row in self.rows])

    def where(self, wanted: Callable[[Row], bool]) -> NDArray[np.intp]:
        """Numbers of the rows that ``wanted`` accepts."""
        return np.flatnonzero([wanted(row) for row in self.rows])


def table(rows: Sequence[Row]) -> Table:
    """Read the prompts of ``rows``."""
    read = [features(row.prompt) for row in rows]
    ends = np.cumsum([0, *(len(one.grams) for one in read)])
    values = np.concatenate([np.full(len(one.grams), len(one.grams) ** -0.5) for one in read])
    places = np.concatenate([np.array(one.grams) for one in read])
    grams = scipy.sparse.csr_matrix((values, places, ends), shape=(len(read), BUCKETS))
    return Table(list(rows), np.array([one.figures for one in read], np.float32), grams)


@dataclass(frozen=True)
class Model:
    """Two regressions on the target; ``mean`` and ``spread`` are those of the figures."""

    mean: Values
    spread: Values
    linear: Ridge
    trees: GradientBoostingRegressor

    def predict(self, data: Table, part: NDArray[np.intp]) -> Values:
        """The mean of both for the rows ``part``."""
        joined = _joined(data, part, self.mean, self.spread)
        both: Values = (self.linear.predict(joined) + self.trees.predict(data.figures[part])) / 2
        return both


def fit(data: Table, part: NDArray[np.intp], seed: int = 0) -> Model:
    """Train on the rows ``part``."""
    seen = data.figures[part].astype(np.float64)
    target, weight = data.target[part], data.weight[part]
    mean = np.average(seen, axis=0, weights=weight)
    spread = np.average((seen - mean) ** 2, axis=0, weights=weight) ** 0.5 + 1e-6
    linear = Ridge(PENALTY, solver="sparse_cg", tol=1e-3, max_iter=300)
    linear.fit(_joined(data, part, mean, spread), target, weight)
    trees = GradientBoostingRegressor(
        n_estimators=140,
        learning_rate=0.06,
        max_depth=3,
        subsample=0.6,
        max_features=0.3,
        min_samples_leaf=40,
        random_state=seed,
    )
    trees.fit(data.figures[part], target, weight)
    return Model(mean, spread, linear, trees)


def _joined(
    data: Table, part: NDArray[np.intp], mean: Values, spread: Values
) -> scipy.sparse.csr_matrix:
    figures = (data.figures[part] - mean) / spread * FIGURES_SCALE
    return scipy.sparse.hstack([figures, data.grams[part] * GRAMS_SCALE]).tocsr()


def crossed(
    data: Table,
    fold: Sequence[str | int],
    part: NDArray[np.intp],
    only: NDArray[np.intp] | None = None,
) -> Values:
    """Predictions, each by a model that was trained on ``part`` without the row's fold.

    ``fold`` names the fold of every row of ``data``. Predicted are the rows
    ``only``, by default all of ``part``; folds without any are never held out.
    """
    wanted = part if only is None else only
    named = np.array([str(name) for name in fold])
    scores = np.zeros(len(wanted))
    for name in sorted(set(named[wanted])):
        model = fit(data, part[named[part] != name])
        held_out = named[wanted] == name
        scores[held_out] = model.predict(data, wanted[held_out])
    return scores


def dealt(count: int, folds: int, seed: int = 5) -> list[int]:
    """A random fold for each of ``count`` rows."""
    return [int(n) for n in np.random.default_rng(seed).permutation(count) % folds]


def settled(scores: Values, wrong: Values, weight: Values) -> tuple[float, float]:
    """Slope and offset of the logit that turns ``scores`` into probabilities of ``wrong``.

    Platt, "Probabilistic Outputs for Support Vector Machines", 1999; ``wrong``
    may lie between 0 and 1.
    """
    known = np.concatenate([np.ones(len(wrong)), np.zeros(len(wrong))])
    counted = np.concatenate([weight * wrong, weight * (1 - wrong)])
    column = np.concatenate([scores, scores])[:, None]
    found = LogisticRegression(C=1e6).fit(column, known, counted)
    return float(found.coef_[0, 0]), float(found.intercept_[0])
