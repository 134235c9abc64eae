"""Measure the trained complexity score: ``python -m tests.benchmarks.complexity --data DIR``.

``DIR`` holds ``routing/`` and ``intents/``. It trains anew for every part that is
judged, so it needs the packages of ``training/requirements.txt`` beside the
application's (about ten minutes on two cores). Prints

- APGR and CPT(50) on MMLU-Pro, Phi-3-mini -> Gemini-1.5-pro, of chance, word count,
  LiteLLM's heuristic, the rule score, and the trained score by cross-validation:
  random rows held out, and whole categories held out;
- the share of the reference mix (half everyday requests, half hard prompts) that
  leaves at each setting, on rows, then on whole intents and categories, that
  training never saw;
- the shipped model: probabilities against results, speed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from services.domain import Message, Role
from services.routing.complexity import LEAN, TrainedComplexity
from services.routing.local_class import LocalClass
from services.routing.rule_score import RuleComplexity
from services.routing.scale import threshold_for_share
from tests.benchmarks.litellm_heuristic import heuristic

try:
    from training.complexity import data
    from training.complexity.__main__ import FOLDS, calibrated, training_rows
    from training.complexity.figures import ranking
    from training.complexity.fit import Table, Values, crossed, dealt, fit, table
except ModuleNotFoundError as missing:
    raise SystemExit(
        f"{missing.name} is missing: this benchmark trains, so it needs the packages of "
        "training/requirements.txt. Run it with the Python of that environment."
    ) from None

SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
DEFAULT = 0.3
REFERENCE = {"random rows": (0.582, 38.0), "whole categories": (0.579, 39.2)}
"""Published for surface features with MiniLM embeddings on data of this kind."""


def user(text: str) -> list[Message]:
    """A conversation of one turn."""
    return [Message(Role.USER, text)]


def report_ranking(rows: Table) -> None:
    """APGR and CPT(50) of every score, side by side."""
    exams = rows.where(lambda row: row.kind == "mmlu_pro")
    prompts = [rows.rows[n].prompt for n in exams]
    gains = [rows.rows[n].gain or 0.0 for n in exams]
    chance = random.Random(1)
    rule = RuleComplexity()
    simple: dict[str, Callable[[str], float]] = {
        "random": lambda _: chance.random(),
        "word count": lambda prompt: len(prompt.split()),
        "LiteLLM's heuristic": heuristic,
        "rule score": lambda prompt: rule.score(user(prompt)),
    }
    print(f"MMLU-Pro, {data.LOCAL} -> {data.CLOUD}, {len(exams)} prompts   APGR  CPT(50)")
    for name, score in simple.items():
        _line(name, ranking([score(prompt) for prompt in prompts], gains))
    whole = np.arange(len(rows.rows))
    random_rows: list[str | int] = [*dealt(len(whole), FOLDS)]
    by_category: list[str | int] = [
        row.group if row.kind == "mmlu_pro" else "rest" for row in rows.rows
    ]
    for name, folds in (("random rows", random_rows), ("whole categories", by_category)):
        scores = crossed(rows, folds, whole, only=exams)
        _line(f"trained, {name} held out", ranking(scores, gains))
        _line(f"  published for {name}", REFERENCE[name])


def _line(name: str, figures: tuple[float, float]) -> None:
    print(f"  {name:50} {figures[0]:.3f}   {figures[1]:.1f}")


def report_shares(rows: Table, seen: Callable[[int], bool], apart: str) -> None:
    """What leaves at each setting, on rows that training and calibration never saw."""
    numbers = range(len(rows.rows))
    part = np.array([n for n in numbers if seen(n)])
    other = np.array([n for n in numbers if not seen(n)])
    kinds = np.array([rows.rows[n].kind for n in other])
    scores = crossed(rows, [n // 2 % FOLDS for n in numbers], part)
    slope, offset, quantiles = calibrated(rows, part, scores)
    logits = slope * fit(rows, part).predict(rows, other) + offset
    easy = logits[kinds == "everyday"]
    hard = logits[np.isin(kinds, ["mmlu_pro", "math_l5"])]
    print(f"{apart} held out: {len(easy)} everyday requests, {len(hard)} hard prompts")
    print("share set -> share of the mix | everyday | hard; then the mix by class of local model")
    for share in SHARES:
        by_class = {}
        for kind, lean in LEAN.items():
            cut = threshold_for_share(share + lean * 4 * share * (1 - share), quantiles)
            by_class[kind] = float((easy > cut).mean()), float((hard > cut).mean())
        e, h = by_class[LocalClass.MEDIUM]
        classes = ", ".join(f"{k.name.lower()} {sum(v) / 2:.3f}" for k, v in by_class.items())
        print(f"  {share:.2f} -> {(e + h) / 2:.3f} | {e:.4f} | {h:.3f}   {classes}")
    report_tasks([rows.rows[n] for n in other], logits, threshold_for_share(DEFAULT, quantiles))


def half_of_the_groups(rows: Table) -> set[str]:
    """Categories, intents and kinds of tasks, half of them, drawn at random."""
    groups = sorted({row.group for row in rows.rows})
    random.Random(11).shuffle(groups)
    return set(groups[::2])


def report_tasks(rows: Sequence[data.Row], logits: Values, cut: float) -> None:
    """Tasks of our own that training did not see: what leaves at the default share."""
    print("tasks held out that leave at the default share, by judged difficulty")
    for group in sorted({row.group for row in rows if row.kind == "task"}):
        gone = [logit > cut for row, logit in zip(rows, logits, strict=True) if row.group == group]
        print(f"  {group:24} {statistics.fmean(gone):.2f} of {len(gone)}")


def report_shipped(folder: Path) -> None:
    """The model as shipped: everyday requests at the default share, and speed."""
    score = TrainedComplexity(LocalClass.GUIDE)
    everyday = [row.prompt for row in data.everyday(folder)[::4]]
    exams = [row.prompt for row in data.exams(folder)[::4]]
    cut = score.threshold_for_share(DEFAULT)
    gone = statistics.fmean(score.score(user(prompt)) > cut for prompt in everyday)
    left = statistics.fmean(score.score(user(prompt)) > cut for prompt in exams)
    print(f"shipped model, guide, share {DEFAULT}: everyday {gone:.4f}, hard {left:.3f}")
    words = " ".join(everyday).split()
    for length in (10, 100, 300, 1000, 15_000):
        text = " ".join(words[:length])
        times = []
        for _ in range(200 if length <= 1000 else 20):
            start = time.perf_counter()
            score.score(user(text))
            times.append((time.perf_counter() - start) * 1000)
        times.sort()
        print(
            f"  {length:6} words: median {statistics.median(times):6.2f} ms, "
            f"p99 {times[int(len(times) * 0.99)]:6.2f} ms"
        )


def main() -> None:
    """Run every measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    start = time.perf_counter()
    report_shipped(options.data)
    rows = table(training_rows(options.data))
    report_ranking(rows)
    report_shares(rows, lambda n: n % 2 == 0, "half of all rows")
    groups = half_of_the_groups(rows)
    report_shares(rows, lambda n: rows.rows[n].group in groups, "half of all groups")
    print(f"measured in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
