"""Held-out prompts -> figures, through ONNX Runtime GenAI, greedily.

``python -m training.evaluate models/builtin --against build/training/fp32``
judges an exported model, times it, and compares it with another export.
Needs no torch; the environment of the application is enough.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import onnxruntime_genai as og  # type: ignore[import-untyped]

from training.heldout import Case, cases
from training.judge import Verdict, judge

LONGEST_ANSWER = 220
"""Tokens; no taught answer is nearly as long, so whatever reaches it has no end."""


@dataclass(frozen=True)
class Answer:
    """A greedy answer with its timings in seconds."""

    text: str
    tokens: int
    finished: bool
    first: float
    total: float


class Engine:
    """A model directory, loaded as the application loads it."""

    def __init__(self, folder: Path) -> None:
        began = time.perf_counter()
        self.model = og.Model(str(folder))
        self.tokenizer = og.Tokenizer(self.model)
        self.load_seconds = time.perf_counter() - began

    def answer(self, turns: list[tuple[str, str]]) -> Answer:
        """Generate greedily, from an empty cache."""
        messages = [{"role": role, "content": content} for role, content in turns]
        prompt = self.tokenizer.apply_chat_template(
            json.dumps(messages), add_generation_prompt=True
        )
        began = time.perf_counter()
        ids = self.tokenizer.encode(prompt)
        parameters = og.GeneratorParams(self.model)
        parameters.set_search_options(
            max_length=min(2048, len(ids) + LONGEST_ANSWER), do_sample=False
        )
        generator = og.Generator(self.model, parameters)
        generator.append_tokens(ids)
        first = 0.0
        made: list[int] = []
        while not generator.is_done():
            generator.generate_next_token()
            first = first or time.perf_counter() - began
            made.append(int(generator.get_next_tokens()[0]))
        finished = len(made) < LONGEST_ANSWER
        text = self.tokenizer.decode([token for token in made if token > 2])
        return Answer(text, len(made), finished, first, time.perf_counter() - began)


def resident_mb() -> float:
    """Memory of this process that is in RAM, in MB (Linux)."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def share(values: list[bool]) -> float:
    """Per cent of true values, one decimal."""
    return round(100 * sum(values) / len(values), 1) if values else 100.0


def figures(found: list[Case], verdicts: list[Verdict]) -> dict[str, Any]:
    """Shares in per cent, overall, by kind and by language."""
    by: dict[str, list[tuple[Case, Verdict]]] = defaultdict(list)
    for case, verdict in zip(found, verdicts, strict=True):
        by[case.kind].append((case, verdict))
        by[f"{case.kind}.{case.language}"].append((case, verdict))
    outside = [v for c, v in zip(found, verdicts, strict=True) if c.name.startswith("topics/")]
    return {
        "prompts": len(found),
        "right content": share([v.content for v in verdicts]),
        "honest hand-over": share([v.honest for v in outside]),
        "right topic": share([v.topic for v in outside]),
        "right language": share([v.language for v in verdicts]),
        "broken": share([v.broken for v in verdicts]),
        "by kind": {
            k: f"{share([v.content for _, v in p])} of {len(p)}" for k, p in sorted(by.items())
        },
    }


def evaluate(folder: Path, found: list[Case], failures: Path | None = None) -> dict[str, Any]:
    """Answer every case and judge it; ``failures`` gets one JSON line per fault."""
    engine = Engine(folder)
    engine.answer([("user", "hello")])
    given = [engine.answer(case.turns) for case in found]
    verdicts = [judge(c, a.text, a.finished) for c, a in zip(found, given, strict=True)]
    if failures is not None:
        with failures.open("w", encoding="utf-8") as out:
            for case, answer, verdict in zip(found, given, verdicts, strict=True):
                if not (verdict.content and verdict.topic and verdict.language) or verdict.broken:
                    row = {"case": asdict(case), "answer": answer.text, **asdict(verdict)}
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")
    speeds = [(a.tokens - 1) / (a.total - a.first) for a in given if a.tokens > 20]
    return {
        **figures(found, verdicts),
        "load seconds": round(engine.load_seconds, 3),
        "first token ms, median": round(1000 * median(a.first for a in given), 1),
        "tokens per second, median": round(median(speeds)) if speeds else 0,
        "resident MB": round(resident_mb()),
        "directory MB": round(sum(f.stat().st_size for f in folder.iterdir()) / 1e6, 2),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="an ONNX Runtime GenAI directory")
    parser.add_argument("--against", type=Path, help="the unquantised export to compare with")
    parser.add_argument("--intents", type=Path, help="folder with the public intent collections")
    parser.add_argument("--exams", type=Path, help="folder with the exam questions")
    parser.add_argument("--failures", type=Path, help="write what went wrong here")
    arguments = parser.parse_args()
    found = cases(arguments.intents, arguments.exams)
    report = {str(arguments.model): evaluate(arguments.model, found, arguments.failures)}
    if arguments.against:
        report[str(arguments.against)] = evaluate(arguments.against, found)
    json.dump(report, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
