"""Prompts of which it is known, or judged, how well two models answer them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.complexity import data

FOLDER = "NEARSIDE_OUTCOMES"
"""The environment variable that names a folder with ``routing/mmlu_pro_outcomes.csv.gz``
(the layout that ``training/README.md`` describes). The repository holds no such data."""

JUDGED = Path(__file__).parent / "judged.txt"
_HEAD = re.compile(r"\[(?:en|de) (\w+) (0\.\d+) (0\.\d+)\]")
_MOST = 1500  # exam questions that are looked at; scoring one takes milliseconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """One prompt. ``failed`` is how often (0..1) local answers would not do, ``gain`` how
    much better (-1..1) the cloud's answer is than the local one."""

    prompt: str
    kind: str
    failed: float
    gain: float


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Prompts, and what must be known before believing a figure made of them."""

    rows: tuple[Outcome, ...]
    what: str


def outcomes(folder: str | None) -> Outcomes:
    """Exam questions with models' results from ``folder``; without one, judged prompts.

    Raises:
        FileNotFoundError: the folder does not hold the data.
    """
    return _exams(Path(folder)) if folder else judged()


def judged(path: Path = JUDGED) -> Outcomes:
    """The prompts of ``judged.txt``."""
    rows = tuple(_judged(path))
    return Outcomes(
        rows,
        f"**{len(rows)} prompts written for this notebook; who answers them well was judged "
        "by people, not measured.** The score was not trained on them. They show how the "
        "curves work; for a claim about quality use measured results.",
    )


def _judged(path: Path) -> Iterator[Outcome]:
    kind, local, cloud = "", 0.0, 0.0
    for line in path.read_text("utf-8").splitlines():
        if head := _HEAD.fullmatch(line):
            kind, local, cloud = head[1], float(head[2]), float(head[3])
        elif line and not line.startswith("#"):
            yield Outcome(line, kind, 1 - local, cloud - local)


def _exams(folder: Path) -> Outcomes:
    known = [row for row in data.exams(folder) if row.gain is not None]
    drawn = random.Random(5).sample(known, min(_MOST, len(known)))
    rows = tuple(Outcome(row.prompt, row.kind, row.target, row.gain or 0.0) for row in drawn)
    return Outcomes(
        rows,
        f"**{len(rows)} exam questions (MMLU-Pro, MATH level 5) with measured results of "
        f"{data.LOCAL} and neighbours against a strong model.** The shipped score was trained "
        "on these very collections, so it looks better here than it is; the cross-validated "
        "figures are in the card below.",
    )
