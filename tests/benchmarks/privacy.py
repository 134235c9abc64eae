"""Measure the privacy check: ``python -m tests.benchmarks.privacy [--data DIR]``.

On prompts that nothing was trained or tuned on (``heldout``), on identifiers in
sentences of their own, and, with ``DIR`` (``privacy/``, ``intents/``, ``routing/``),
on the templates, intents and subjects of public collections that the training kept
apart. Side by side: Nearside, its rules alone, a keyword rule, and Presidio without
a language model as it comes and with its German recognizers, where it is installed
(``tests/benchmarks/requirements.txt``). Then speed by length, memory and the time
until the router is warm. ``--show`` prints what was missed and what was taken for
private.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from services.domain import Message, Role
from services.routing.complexity import TrainedComplexity
from services.routing.privacy import RULES, PrivacyDetector
from tests.benchmarks import rivals
from tests.benchmarks.prompts import Prompt, heldout, identifiers, public

Judge = Callable[[Prompt], bool]


def judges() -> dict[str, Judge]:
    """The checks that are compared, by name."""
    whole, rules = PrivacyDetector(), PrivacyDetector(RULES)
    return {
        "Nearside": lambda prompt: bool(whole.find(prompt.text)),
        "rules": lambda prompt: bool(rules.find(prompt.text)),
        "keywords": lambda prompt: rivals.keywords(prompt.text),
        **rivals.presidio(),
    }


def share(judge: Judge, prompts: Sequence[Prompt]) -> float:
    """The part of ``prompts`` that ``judge`` takes for private."""
    return statistics.fmean(judge(prompt) for prompt in prompts)


def table(prompts: Iterable[Prompt], compared: dict[str, Judge]) -> None:
    """A line for every section and language: what each check takes for private."""
    groups: dict[tuple[bool, str, str], list[Prompt]] = defaultdict(list)
    for prompt in prompts:
        groups[not prompt.private, prompt.language, prompt.section].append(prompt)
        groups[not prompt.private, prompt.language, "~ all"].append(prompt)
    print(f"{'':34}" + "".join(f"{name:>18}" for name in compared))
    for (harmless, language, section), rows in sorted(groups.items()):
        kind = "false alarms" if harmless else "recall"
        figures = "".join(f"{share(judge, rows):18.3f}" for judge in compared.values())
        print(f"{kind:13}{language} {section:14}{len(rows):4}{figures}", flush=True)


def mistakes(prompts: Iterable[Prompt]) -> None:
    """Every prompt that Nearside judges wrongly."""
    detector = PrivacyDetector()
    for prompt in prompts:
        found = detector.find(prompt.text)
        if bool(found) is not prompt.private:
            marked = [(category, prompt.text[a:b]) for category, a, b in found]
            print(f"  {prompt.section:12} {prompt.text[:150]!r} {marked}")


def speed(prompts: Sequence[Prompt]) -> None:
    """Milliseconds of processor time of the whole judgement of one turn, by its length.

    It runs on one thread; on a quiet computer this is the time that passes.
    """
    detector, rule = PrivacyDetector(), TrainedComplexity()
    words = " ".join(
        prompt.text for prompt in random.Random(3).sample(list(prompts), len(prompts))
    ).split()
    while len(words) < 200_000:
        words += words
    for length in (10, 100, 300, 1000, 17_000, 170_000):
        times = []
        for n in range(300 if length <= 300 else 20 if length <= 1000 else 3):
            turn = [Message(Role.USER, " ".join(words[n * 7 : n * 7 + length]))]
            start = time.process_time()
            detector.check(turn)
            rule.score(turn)
            times.append((time.process_time() - start) * 1000)
        times.sort()
        late = times[int(len(times) * 0.99)]
        print(
            f"  {length:7} words {len(turn[0].content):8} characters: median "
            f"{statistics.median(times):8.2f} ms, 99 % within {late:8.2f} ms"
        )


_WARM = """
import time
from pathlib import Path
start = time.perf_counter()
from services.domain import Message, Role
from services.routing.complexity import TrainedComplexity
from services.routing.privacy import PrivacyDetector
turn = [Message(Role.USER, "Is this warm?")]
PrivacyDetector().check(turn)
TrainedComplexity().score(turn)
taken = time.perf_counter() - start
status = Path("/proc/self/status")
known = status.read_text() if status.exists() else "VmHWM: unknown"
most = next(line for line in known.splitlines() if line.startswith("VmHWM"))
print(f"router warm after {taken:.2f} s with its imports; memory at most, {most}", flush=True)
"""


def loading() -> None:
    """Seconds until the router is warm in a process of its own, and the memory of that process."""
    subprocess.run([sys.executable, "-c", _WARM], check=True)


def main() -> None:
    """Run every measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    loading()
    prompts = heldout()
    everything = [*prompts, *identifiers()]
    if options.data is not None:
        everything += public(options.data)
    table(everything, judges())
    if options.show:
        mistakes(everything)
    print("the whole decision, one turn:")
    speed(prompts)


if __name__ == "__main__":
    main()
