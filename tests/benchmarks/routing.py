"""Measure the router's rules on public data: ``python -m tests.benchmarks.routing --data DIR``.

``DIR`` holds ``privacy/``, ``intents/`` and ``routing/``. Prints recall by
category, false alarms, the share of the reference mix that leaves at each
setting, and speed by length. Odd-numbered templates, intents and question
categories are held apart: the rules were looked at on the even ones only.
``--calibrate`` writes the quantiles of the reference mix for the rule score.
``--show N`` prints examples of misses and false alarms from the even half.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.domain import Message, Role
from services.routing.privacy import PrivacyDetector
from services.routing.rule_score import RuleComplexity

QUANTILES = Path(__file__).parents[2] / "services" / "routing" / RuleComplexity.quantiles
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)

# What the data set calls a category, and what we may call it.
SAME = {
    "EMAIL_ADDRESS": {"email"},
    "PHONE_NUMBER": {"phone"},
    "IBAN_CODE": {"iban"},
    "CREDIT_CARD": {"card"},
    "US_SSN": {"government_id"},
    "IP_ADDRESS": {"ip_address"},
    "US_DRIVER_LICENSE": {"government_id"},
    "ADDRESS": {"address"},
    "PERSON": {"person"},
}


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt; ``group`` is what is held apart as a whole."""

    text: str
    group: str
    even: bool


def user(text: str) -> list[Message]:
    """A conversation of one turn."""
    return [Message(Role.USER, text)]


def everyday(data: Path) -> list[Row]:
    """Everyday requests, half English and half German."""
    clinc = json.loads((data / "intents/clinc150.json").read_text("utf-8"))
    intents = sorted({intent for part in clinc.values() for _, intent in part})
    english = [
        Row(text, intent, intents.index(intent) % 2 == 0)
        for part in sorted(clinc)
        for text, intent in clinc[part]
    ]
    german = []
    for part in ("train", "dev", "test"):
        for line in (data / f"intents/massive_de_{part}.tsv").read_text("utf-8").splitlines():
            text, intent = line.rsplit("\t", 1)
            german.append(Row(text, intent, int(intent) % 2 == 0))
    chance = random.Random(7)
    count = min(len(english), len(german))
    return chance.sample(english, count) + chance.sample(german, count)


def hard(data: Path) -> list[Row]:
    """Hard prompts: multiple choice of 12 subjects, and mathematics."""
    rows = []
    for name, label in (("mmlu_pro", "category"), ("math_l5", "id")):
        with gzip.open(data / f"routing/{name}_outcomes.csv.gz", "rt", encoding="utf-8") as file:
            table = list(csv.DictReader(file))
        groups = sorted({row[label] for row in table})
        rows += [
            Row(row["prompt"], f"{name}:{row[label]}", groups.index(row[label]) % 2 == 0)
            for row in table
        ]
    return rows


def report_recall(data: Path, detector: PrivacyDetector, show: int) -> None:
    """Recall on marked spans, by category, and on sentences that hold such spans."""
    samples = json.loads(
        (data / "privacy/presidio_research_generated_large.json").read_text("utf-8")
    )
    caught: dict[str, Counter[tuple[bool, str]]] = defaultdict(Counter)
    missed: dict[str, list[str]] = defaultdict(list)
    for sample in samples:
        looked_at = int(sample["template_id"]) % 2 == 0
        text = sample["full_text"]
        found = detector.find(text)
        for span in sample["spans"]:
            kind = span["entity_type"]
            a, b = span["start_position"], span["end_position"]
            hit = any(start < b and a < end for _, start, end in found)
            named = any(
                start < b and a < end and category in SAME.get(kind, set())
                for category, start, end in found
            )
            outcome = "named" if named else "other" if hit else "kept" if found else "missed"
            caught[kind][looked_at, outcome] += 1
            if looked_at and not hit and kind in SAME:
                missed[kind].append(f"{text[a:b]!r} in {text[:110]!r}")
    print("recall on marked passages: found / under any name / message held anyway, of all")
    for kind, counts in sorted(caught.items()):
        for looked_at in (True, False):
            total = sum(count for (half, _), count in counts.items() if half is looked_at)
            right, other, kept = (counts[looked_at, k] for k in ("named", "other", "kept"))
            if total:
                print(
                    f"  {kind:20} {'seen' if looked_at else 'held out':9} {right / total:.3f} "
                    f"{(right + other) / total:.3f} {(right + other + kept) / total:.3f} of {total}"
                )
        for example in random.Random(1).sample(missed[kind], min(show, len(missed[kind]))):
            print("      missed", example)


def report_alarms(name: str, rows: Sequence[Row], detector: PrivacyDetector, show: int) -> None:
    """Share of prompts with any finding, where none is expected."""
    for even in (True, False):
        side = [row for row in rows if row.even is even]
        judged = [(row.text, detector.find(row.text)) for row in side]
        hits = [(text, found) for text, found in judged if found]
        kinds = Counter(category for _, found in hits for category, _, _ in found)
        share = len(hits) / max(1, len(side))
        print(
            f"  {name:12} {'seen' if even else 'held out':9} {share:.4f} of {len(side)} "
            f"{dict(kinds.most_common(6))}"
        )
        if even:
            for text, found in random.Random(2).sample(hits, min(show, len(hits))):
                marked = [(category, text[a:b]) for category, a, b in found]
                print("      ", marked, "|", text[:110].replace("\n", " "))


def reference_scores(rows: Iterable[Row], score: Callable[[str], float]) -> dict[bool, list[float]]:
    """Scores of both halves, by whether they were looked at."""
    scores: dict[bool, list[float]] = {True: [], False: []}
    for row in rows:
        scores[row.even].append(score(row.text))
    return scores


def quantiles(easy: Sequence[float], difficult: Sequence[float]) -> list[float]:
    """Scores that 0, 1, ... 100 % of a half-and-half mix exceed."""
    weighted = sorted(
        [(s, 0.5 / len(easy)) for s in easy] + [(s, 0.5 / len(difficult)) for s in difficult],
        reverse=True,
    )
    points, above, index = [], 0.0, 0
    for percent in range(101):
        while index < len(weighted) - 1 and above < percent / 100:
            above += weighted[index][1]
            index += 1
        points.append(round(weighted[index][0], 5))
    return points


def report_shares(
    easy: dict[bool, list[float]], difficult: dict[bool, list[float]], rule: RuleComplexity
) -> None:
    """What leaves at each setting, on both sides."""
    print("share set -> share of the mix | everyday | hard      (seen; held out)")
    for share in SHARES:
        threshold = rule.threshold_for_share(share)
        parts = []
        for even in (True, False):
            e = statistics.fmean(s > threshold for s in easy[even])
            h = statistics.fmean(s > threshold for s in difficult[even])
            parts.append(f"{(e + h) / 2:.3f} | {e:.4f} | {h:.3f}")
        print(f"  {share:.2f} (threshold {threshold:.4f})  {parts[0]}    {parts[1]}")


def report_speed(rows: Sequence[Row], detector: PrivacyDetector, rule: RuleComplexity) -> None:
    """Milliseconds of both judgements for prose of a given length."""
    prose = " ".join(row.text for row in random.Random(3).sample(list(rows), 3000))
    tokens = prose.split()
    while len(tokens) < 200_000:
        tokens += tokens
    for length in (10, 50, 300, 1000, 10_000, 100_000, 170_000):
        text = " ".join(tokens[:length])
        times = []
        for _ in range(30 if length <= 1000 else 3):
            start = time.perf_counter()
            detector.check(user(text))
            rule.score(user(text))
            times.append((time.perf_counter() - start) * 1000)
        print(
            f"  {length:7} words {len(text):8} characters: median "
            f"{statistics.median(times):9.2f} ms, worst {max(times):9.2f} ms"
        )


def main() -> None:
    """Run every measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--show", type=int, default=0, metavar="N")
    options = parser.parse_args()
    start = time.perf_counter()
    detector = PrivacyDetector()
    rule = RuleComplexity()
    easy_rows, hard_rows = everyday(options.data), hard(options.data)

    def score(text: str) -> float:
        return rule.score(user(text))

    easy, difficult = reference_scores(easy_rows, score), reference_scores(hard_rows, score)
    if options.calibrate:
        points = quantiles(easy[True], difficult[True])
        about = "score that 0, 1, ... 100 percent of the reference mix exceed"
        QUANTILES.write_text(json.dumps({"about": about, "quantiles": points}) + "\n", "utf-8")
        print(f"wrote {QUANTILES.name}; run again to measure it")
        return
    report_recall(options.data, detector, options.show)
    print("false alarms: share of prompts with any finding")
    english = [row for row in easy_rows if not row.group.isdigit()]
    german = [row for row in easy_rows if row.group.isdigit()]
    report_alarms("clinc150", english, detector, options.show)
    report_alarms("massive_de", german, detector, options.show)
    report_alarms("hard", hard_rows, detector, options.show)
    report_shares(easy, difficult, rule)
    print("both judgements, one turn:")
    report_speed([*easy_rows, *hard_rows], detector, rule)
    print(f"measured in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
