"""What the complexity score is trained on: prompts with the target of each.

The target is how likely the answer of a local model would not do. Where models'
results are known it is

    half (Phi-3-mini was wrong) + half (share of all small models that were wrong):

several small models tell more about a prompt than one.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

TASKS = Path(__file__).parent / "tasks.txt"
LOCAL, CLOUD = "Phi-3-mini-4k-instruct", "gemini-1.5-pro-002"
"""The pair of models on which the ranking is measured."""
SMALL = {
    "mmlu_pro": (LOCAL, "Meta-Llama-3_1-8B-Instruct", "Qwen1.5-7B-Chat"),
    "math_l5": (
        LOCAL,
        "Phi-3.5-mini-instruct",
        "Qwen2.5-3B-Instruct",
        "Meta-Llama-3.1-8B-Instruct",
    ),
}
CLOUD_OF = {"mmlu_pro": CLOUD, "math_l5": "gpt-4o-2024-08-06"}
EVERYDAY = 0.03
"""Target of everyday requests: a small model does well enough, nearly always."""
WEIGHT = {"mmlu_pro": 1.0, "math_l5": 0.25, "everyday": 0.05, "task": 3.0}
"""What a prompt of each kind counts in training. Everyday requests are told from
exams easily; with full weight they would take the capacity that ranking exams needs."""
_HEAD = re.compile(r"\[(en|de) (\w+) (0\.\d+)\]")


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt. ``group`` is what is held out as a whole; ``gain`` is what the
    cloud's answer was worth more than the local one's (-1, 0, 1), where known."""

    prompt: str
    target: float
    kind: str
    group: str
    gain: float | None = None

    @property
    def weight(self) -> float:
        """What it counts in training."""
        return WEIGHT[self.kind]


def exams(folder: Path) -> list[Row]:
    """Hard prompts with models' results: MMLU-Pro by category, MATH level 5."""
    rows = []
    for name in ("mmlu_pro", "math_l5"):
        path = folder / "routing" / f"{name}_outcomes.csv.gz"
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                small = _right(line, SMALL[name])
                strong = _right(line, [CLOUD_OF[name]])
                if not small or not strong:
                    continue
                target = 1 - (small[0] + fmean(small)) / 2
                group = line["category"] if name == "mmlu_pro" else name
                gain = strong[0] - small[0]
                rows.append(Row(line["prompt"], target, name, group, gain))
    return rows


def _right(line: Mapping[str, str], models: Iterable[str]) -> list[float]:
    """Results of ``models``, 1 right and 0 wrong; those that are missing are left out."""
    return [float(line[model] in {"True", "1", "1.0"}) for model in models if line[model]]


def everyday(folder: Path) -> list[Row]:
    """Everyday requests, half English and half German, grouped by intent."""
    clinc = json.loads((folder / "intents" / "clinc150.json").read_text("utf-8"))
    english = [
        Row(text, EVERYDAY, "everyday", intent)
        for part in sorted(clinc)
        for text, intent in clinc[part]
    ]
    german = []
    for part in ("train", "dev", "test"):
        path = folder / "intents" / f"massive_de_{part}.tsv"
        for line in path.read_text("utf-8").splitlines():
            text, intent = line.rsplit("\t", 1)
            german.append(Row(text, EVERYDAY, "everyday", f"de{intent}"))
    chance = random.Random(7)
    count = min(len(english), len(german))
    return chance.sample(english, count) + chance.sample(german, count)


def tasks(path: Path = TASKS) -> list[Row]:
    """The prompts of our own, grouped by language, kind and difficulty."""
    return list(_tasks(path.read_text("utf-8").splitlines()))


def _tasks(lines: Iterable[str]) -> Iterator[Row]:
    group, target = "", 0.0
    for line in lines:
        if head := _HEAD.fullmatch(line):
            group, target = line, float(head[3])
        elif line and not line.startswith("#"):
            yield Row(line.replace("\\n", "\n"), target, "task", group)


def few(rows: Sequence[Row], count: int, seed: int = 3) -> list[Row]:
    """At most ``count`` of ``rows``, drawn at random."""
    return random.Random(seed).sample(list(rows), min(count, len(rows)))
