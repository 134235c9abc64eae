"""Chooses thresholds on templates that were held out whole."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from services.routing.reading import TrainedReader
from training.privacy import corpus, public
from training.privacy.corpus import templates
from training.privacy.examples import Sample, held_out

ALARMS = {"private": 0.085, "person": 0.01, "address": 0.003}
"""False alarms that each judgement may cause on harmless texts. Most of these are twins of private
ones, written to be taken for them; of other prompts about half as many alarm. For ``private`` the
least with which 97 % of the private texts are found in either language: in doubt a prompt stays."""
_LOWEST = {"private": 0.05, "person": 0.3, "address": 0.3}
"""In doubt a prompt stays, but a threshold below these would fit the sample, not the matter."""
_DRAWS = 4


def development(data: Path | None, seed: int = 11) -> list[Sample]:
    """Texts of held-out templates, intents and subjects."""
    rng = random.Random(seed)
    drawn = [t.sample(rng) for t in templates() if held_out(t.pattern) for _ in range(_DRAWS)]
    drawn += corpus.development()
    if data is not None:
        for read in (public.everyday, public.exams, public.presidio):
            rows = [sample for sample in read(data) if held_out(sample.group)]
            drawn += rng.sample(rows, min(400, len(rows)))
    return drawn


def choose(reader: TrainedReader, samples: list[Sample]) -> dict[str, float]:
    """The lowest thresholds that keep false alarms below ``ALARMS``; prints what they find."""
    judged = [_scores(reader, sample) for sample in samples]
    chosen = {}
    for name, lowest in _LOWEST.items():
        scores = [row[name] for row in judged]
        harmless = [s for s, sample in zip(scores, samples, strict=True) if sample.harmless]
        limit = float(np.quantile(harmless, 1 - ALARMS[name]))
        chosen[name] = round(min(0.95, max(lowest, limit)), 3)
        for language in ("en", "de"):
            _report(name, chosen[name], language, list(zip(samples, scores, strict=True)))
    return chosen


def _scores(reader: TrainedReader, sample: Sample) -> dict[str, float]:
    judged = reader.judge(sample.text)
    rows = {"private": judged.private, "person": judged.persons, "address": judged.places}
    return {name: float(row.max(initial=0.0)) for name, row in rows.items()}


def _report(name: str, limit: float, language: str, scored: list[tuple[Sample, float]]) -> None:
    of_language = [
        (sample, score >= limit) for sample, score in scored if sample.language == language
    ]
    right = [hit for s, hit in of_language if (s.matter if name == "private" else s.names(name))]
    wrong = [hit for s, hit in of_language if s.harmless]
    print(
        f"{name:8} {language} from {limit}: held-out templates found {np.mean(right):.3f} of "
        f"{len(right)}, false alarms {np.mean(wrong):.3f} of {len(wrong)}"
    )
