"""Make the complexity score: ``python -m training.complexity --data DIR``.

``DIR`` holds the public collections (``routing/``, ``intents/``). Everything drawn
is seeded: the same packages give the same model.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.routing.complexity import MODEL
from services.routing.local_class import LocalClass
from training.complexity import data
from training.complexity.export import export
from training.complexity.fit import Table, Values, crossed, dealt, fit, settled, table

FOLDS = 5
EVERYDAY = 6_000
"""Everyday requests that are trained on; more change nothing."""

ACCURACY = {LocalClass.GUIDE: 0.05, LocalClass.SMALL: 0.15, LocalClass.LARGE: 0.6}
"""Right answers to MMLU-Pro that are assumed of a class, where none of its models was
measured here: round figures after what makers publish for models of that size. The
guide answers no exam question at all; its figure only bounds the shift."""


def training_rows(folder: Path) -> list[data.Row]:
    """All that the shipped model is trained on."""
    return data.exams(folder) + data.few(data.everyday(folder), EVERYDAY) + data.tasks()


def mixed_quantiles(easy: Values, hard: Values) -> list[float]:
    """Values that 0, 1, ... 100 % of a half-and-half mix exceed."""
    values = np.concatenate([easy, hard])
    weight = np.concatenate(
        [np.full(len(easy), 0.5 / len(easy)), np.full(len(hard), 0.5 / len(hard))]
    )
    order = np.argsort(-values)
    above = np.cumsum(weight[order]) - weight[order] / 2
    return [float(v) for v in np.interp(np.arange(101) / 100, above, values[order])]


def calibrated(rows: Table, part: np.ndarray, scores: Values) -> tuple[float, float, list[float]]:
    """Slope, offset and quantiles from ``scores`` of rows that their model had not seen."""
    kinds = np.array([rows.rows[n].kind for n in part])
    wrong = np.clip(rows.target[part], 0, 1)
    slope, offset = settled(scores, wrong, rows.weight[part])
    logits = slope * scores + offset
    easy, hard = kinds == "everyday", np.isin(kinds, ["mmlu_pro", "math_l5"])
    return slope, offset, mixed_quantiles(logits[easy], logits[hard])


def shifts(exam_logits: Values) -> dict[str, float]:
    """What is added to a logit for each class, so that exams are answered as assumed."""
    found = {LocalClass.MEDIUM.name.lower(): 0.0}
    steps = np.linspace(-4, 8, 2401)
    for kind, accuracy in ACCURACY.items():
        wrong = [float((1 / (1 + np.exp(-exam_logits - step))).mean()) for step in steps]
        found[kind.name.lower()] = float(steps[np.argmin(np.abs(np.array(wrong) - (1 - accuracy)))])
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, calibrate on predictions for unseen rows, export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="folder of the collections")
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args(arguments)
    rows = table(training_rows(options.data))
    whole = np.arange(len(rows.rows))
    print(f"{len(whole)} prompts read")
    scores = crossed(rows, dealt(len(whole), FOLDS), whole)
    slope, offset, quantiles = calibrated(rows, whole, scores)
    exams = rows.where(lambda row: row.kind == "mmlu_pro")
    shift = shifts(slope * scores[exams] + offset)
    export(fit(rows, whole), slope, offset, quantiles, shift, options.out)
    size = sum(path.stat().st_size for path in options.out.iterdir())
    print(f"wrote {options.out.name}: {size / 1e6:.2f} MB, shifts {shift}")


if __name__ == "__main__":
    main()
