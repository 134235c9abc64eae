"""Our own templates: read, filled in, and varied as people type.

One line of ``corpus/*.txt`` is a template: alternatives in parentheses, slots in
braces. A whole line, with all that it can become, is either trained on or held out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.routing.reading import MATTERS
from training.noise import typo
from training.privacy import people
from training.privacy.examples import Mark, Sample

CORPUS = Path(__file__).parent / "corpus"
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_SLOT = re.compile(r"\{([a-z]+)\}")
_INVENTED = {
    "first": people.first,
    "last": people.last,
    "full": people.full,
    "address": people.address,
}
_MARKS = {"first": "person", "last": "person", "full": "person", "address": "address"}
_FRAMED = 0.3
"""How many texts stand in a request around them."""
_PLAIN = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}


@dataclass(frozen=True)
class Template:
    """One line of a corpus file; ``kind`` is private, harmless or named."""

    kind: str
    language: str
    section: str
    pattern: str

    def sample(self, rng: random.Random, frames: Sequence[str] = ()) -> Sample:
        """One text of this template, with noise; now and then in one of ``frames``."""
        text, marks = _filled(self, rng)
        if frames and rng.random() < _FRAMED and "\n" not in text:
            text, marks = _framed(text, marks, rng.choice(frames), rng)
        text, marks = _as_typed(text, marks, rng, self.language)
        matter = {"private": self.section, "harmless": "", "named": None}[self.kind]
        return Sample(text, tuple(marks), matter, self.pattern, self.language)


def templates(folder: Path = CORPUS) -> list[Template]:
    """All templates of ``folder`` in the order of files and lines."""
    found = []
    for kind in ("private", "harmless", "named"):
        for language in ("en", "de"):
            path = folder / f"{kind}_{language}.txt"
            found += [Template(kind, language, *row) for row in _lines(path)]
    return found


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    section = ""
    for line in path.read_text("utf-8").splitlines():
        if re.fullmatch(r"\[\w+\]", line):
            section = line[1:-1]
        elif line.strip() and not line.startswith("# "):
            yield section, line.replace("\\n", "\n")


@cache
def frames(language: str) -> tuple[str, ...]:
    """Requests around a text, which make nothing private and nothing harmless."""
    return tuple(line for _, line in _lines(CORPUS / f"frames_{language}.txt"))


def development() -> list[Sample]:
    """Whole prompts for choosing thresholds; nothing is trained on them."""
    found = []
    for language in ("en", "de"):
        for section, text in _lines(CORPUS / f"development_{language}.txt"):
            matter = "" if section.isupper() else section if section in MATTERS else None
            marks = ((section, 0, len(text)),) if section in {"person", "address"} else ()
            found.append(Sample(text, marks, matter, "development", language))
    return found


@cache
def slots() -> dict[str, tuple[str, ...]]:
    """The words that each slot can take."""
    rows = (line.split(": ", 1) for line in (CORPUS / "slots.txt").read_text("utf-8").splitlines()
            if not line.startswith("#"))  # fmt: skip
    return {name: tuple(values.split("|")) for name, values in rows}


def _filled(template: Template, rng: random.Random) -> tuple[str, list[Mark]]:
    """The text of a template and what its invented names and addresses mark."""
    pattern = _chosen(template.pattern, rng)
    masked = template.kind == "named" and rng.random() < 0.06
    text, marks, done = "", [], 0
    for number, slot in enumerate(_SLOT.finditer(pattern)):
        text += pattern[done : slot.start()]
        name, done = slot[1], slot.end()
        if name not in _INVENTED:
            text += rng.choice(slots()[name])
            continue
        kind = _MARKS[name]
        value = (
            f"[{kind.upper()}_{number + 1}]" if masked else _INVENTED[name](template.language, rng)
        )
        if template.kind != "harmless" and not masked:
            marks.append((kind, len(text), len(text) + len(value)))
        text += value
    return text + pattern[done:], marks


def _chosen(pattern: str, rng: random.Random) -> str:
    while found := _CHOICE.search(pattern):
        pattern = (
            pattern[: found.start()] + rng.choice(found[1].split("|")) + pattern[found.end() :]
        )
    return pattern


def _framed(text: str, marks: list[Mark], frame: str, rng: random.Random) -> tuple[str, list[Mark]]:
    """``text`` inside ``frame``, whose own slots are filled; marks move along."""
    before, after = (
        _SLOT.sub(lambda slot: rng.choice(slots()[slot[1]]), part)
        for part in _chosen(frame, rng).split("{text}")
    )
    moved = [(kind, a + len(before), b + len(before)) for kind, a, b in marks]
    return before + text + after, moved


def _as_typed(
    text: str, marks: list[Mark], rng: random.Random, language: str
) -> tuple[str, list[Mark]]:
    """``text`` in lower case, with typos or without umlauts; marks move along."""
    start = len(text) - len(text.lstrip())
    text, marks = text[start:], [(k, a - start, b - start) for k, a, b in marks]
    chance = rng.random()
    if chance < 0.25 and len(text.lower()) == len(text):
        text = text.lower()
    elif chance < 0.27 and len(text.upper()) == len(text):
        text = text.upper()
    elif chance < 0.55:
        text = text[:1].upper() + text[1:]
    if not marks:
        for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
            text = typo(text, rng)
        if language == "de" and rng.random() < 0.2:
            text = "".join(_PLAIN.get(char, char) for char in text)
    if rng.random() < 0.3:
        text = text.rstrip(".?!") if not marks or marks[-1][2] < len(text) - 1 else text
    return text, marks
