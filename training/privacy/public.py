"""The public collections as samples. Their text is read, never copied here.

presidio-research's templates with an odd number, and every fifth intent and subject
(``measured``), stay apart, to be measured on.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from training.privacy.corpus import slots
from training.privacy.examples import Mark, Sample

Invent = Callable[[str, random.Random], str]
_TITLES = {"Mr.", "Mrs.", "Ms.", "Dr."}
_KINDS = {"PERSON": "person", "ADDRESS": "address", "LOCATION": "unknown"}


_MAIL = re.compile(r"\b(?:at|ät) \w+ (?:dot|punkt) |@")


def measured(number: int) -> bool:
    """Whether the intent or subject of this number is only measured on."""
    return number % 5 == 1


def presidio(data: Path) -> list[Sample]:
    """presidio-research: English sentences with marked names and addresses."""
    rows = json.loads((data / "privacy/presidio_research_generated_large.json").read_text("utf-8"))
    samples = []
    for row in rows:
        if int(row["template_id"]) % 2:
            continue
        marks = [
            (_KINDS[span["entity_type"]], span["start_position"], span["end_position"])
            for span in row["spans"]
            if span["entity_type"] in _KINDS and span["entity_value"] not in _TITLES
        ]
        marks.sort(key=lambda mark: mark[0] != "unknown")
        samples.append(
            Sample(row["full_text"], tuple(marks), None, f"presidio:{row['template_id']}")
        )
    return samples


def germeval(data: Path) -> list[Sample]:
    """GermEval 2014: German sentences from news and encyclopaedias with marked names."""
    famous = {name.split()[-1] for name in slots()["public"]}
    samples = []
    for sentence in _sentences(data / "privacy/germeval14_a.tsv"):
        text, marks = "", []
        for word, tag in sentence:
            text += "" if not text or word in ".,;:!?)" else " "
            if tag in {"B-PER", "I-PER"}:
                marks.append(("person", len(text), len(text) + len(word)))
            elif tag.startswith(("B-PERderiv", "B-PERpart", "I-PERpart")):
                marks.append(("unknown", len(text), len(text) + len(word)))
            text += word
        if not any(word in famous for word, _ in sentence):
            samples.append(Sample(text, tuple(marks), "", "germeval", "de"))
    return samples


def _sentences(path: Path) -> Iterator[list[tuple[str, str]]]:
    sentence: list[tuple[str, str]] = []
    for line in path.read_text("utf-8").splitlines():
        parts = line.split("\t")
        if len(parts) >= 3 and parts[0].isdigit():
            sentence.append((parts[1], parts[2]))
        elif sentence and not line.strip():
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def everyday(data: Path) -> list[Sample]:
    """CLINC150 and the German part of MASSIVE: short requests, all harmless."""
    clinc = json.loads((data / "intents/clinc150.json").read_text("utf-8"))
    intents = sorted({intent for part in clinc.values() for _, intent in part})
    samples = [
        Sample(text, (), "", f"clinc:{intent}")
        for part in sorted(clinc)
        for text, intent in clinc[part]
        if not measured(intents.index(intent))
    ]
    for line in (data / "intents/massive_de_train.tsv").read_text("utf-8").splitlines():
        text, intent = line.rsplit("\t", 1)
        if not measured(int(intent)) and not _MAIL.search(text):
            samples.append(Sample(text, (), "", f"massive:{intent}", "de"))
    return samples


def exams(data: Path) -> list[Sample]:
    """MMLU-Pro and MATH questions: full of people who do not exist, all harmless."""
    samples = []
    for name, label in (("mmlu_pro", "category"), ("math_l5", "id")):
        with gzip.open(data / f"routing/{name}_outcomes.csv.gz", "rt", encoding="utf-8") as file:
            table = list(csv.DictReader(file))
        groups = sorted({row[label] for row in table})
        for row in table:
            if not measured(groups.index(row[label])):
                samples.append(Sample(row["prompt"], (), "", f"{name}:{row[label]}"))
    return samples


def lowered(sample: Sample, rng: random.Random) -> Sample:
    """``sample`` in lower case now and then, as people type."""
    if rng.random() < 0.2 and len(sample.text.lower()) == len(sample.text):
        return replace(sample, text=sample.text.lower())
    return sample


def names_swapped(sample: Sample, rng: random.Random, invent: dict[str, Invent]) -> Sample:
    """``sample`` with its marked names and addresses replaced by invented ones."""
    text, marks, done = "", [], 0
    ordered: list[Mark] = sorted(sample.marks, key=lambda mark: mark[1])
    for kind, start, end in ordered:
        if start < done:
            return sample
        value = sample.text[start:end]
        if kind == "person" and re.fullmatch(r"\w+(?: \w+)?", value):
            maker = invent["full" if " " in value else "first"]
            value = maker("en", rng)
        text += sample.text[done:start]
        marks.append((kind, len(text), len(text) + len(value)))
        text += value
        done = end
    return replace(sample, text=text + sample.text[done:], marks=tuple(marks))
