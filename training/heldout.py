"""The held-out prompts: whole families and whole public intents that are never trained on."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from training import intents
from training.examples import Item, Source, Turn, follow_up_answer
from training.families import APP_FILES, LANGUAGES, Intent, answers, app_intents, read
from training.noise import roughen

SEED = 2026
SYSTEM = (
    "You are Nearside, a helpful assistant. Answer in the language of the question, "
    "briefly and honestly."
)


@dataclass(frozen=True)
class Case:
    """A held-out prompt: the conversation up to it, and its right answer.

    ``kind`` is ``app``, ``small``, ``out`` or ``follow``; ``language`` is that
    of the right answer.
    """

    kind: str
    name: str
    language: str
    turns: list[Turn]
    answer: str


def cases(folder: Path | None = None, exams: Path | None = None) -> list[Case]:
    """All held-out prompts, the same ones each time.

    ``folder`` and ``exams`` add held-out public prompts to those of our own.
    """
    rng = random.Random(SEED)
    found = [*_families(app_intents(), "app", rng), *_families(read("smalltalk"), "small", rng)]
    found += _families(read("topics"), "out", rng)
    found += _follow_ups(rng)
    if folder is not None:
        for language, held in (
            ("en", intents.clinc(folder)[1]),
            ("de", intents.massive(folder)[1]),
        ):
            found += _public(held, language, 150, rng)
    if exams is not None:
        found += _public(intents.exams(exams)[1], "en", 40, rng)
    return found


def _families(
    found: tuple[Intent, ...] | list[Intent], kind: str, rng: random.Random
) -> list[Case]:
    return [
        Case(
            kind,
            f"{intent.file}/{intent.name}",
            language,
            _turns(text, rng),
            answers(intent)[language],
        )
        for intent in found
        for language in LANGUAGES
        for family in intent.of(language, held_out=True)
        for text in (
            roughen(family.sample(rng), language, rng, 0.5, about_us=intent.file in APP_FILES),
        )
    ]


def _turns(prompt: str, rng: random.Random) -> list[Turn]:
    turns: list[Turn] = [("user", prompt)]
    return [("system", SYSTEM), *turns] if rng.random() < 0.5 else turns


def _follow_ups(rng: random.Random) -> list[Case]:
    source = Source(None)
    made = []
    for intent in read("followups"):
        for language in LANGUAGES:
            for family in intent.of(language, held_out=True):
                for _ in range(2):
                    before = source._drawn(rng.choice(source.app), language, rng)
                    prompt = family.sample(rng)
                    answer, spoken = follow_up_answer(intent, language, before, source.reasons)
                    turns = [("user", before.prompt), ("assistant", before.answer)]
                    name = f"followups/{intent.name}"
                    made.append(Case("follow", name, spoken, [*turns, ("user", prompt)], answer))
    return made


def _public(held: intents.Prompts, language: str, count: int, rng: random.Random) -> list[Case]:
    by_name = {f"{i.file}/{i.name}": i for i in (*read("topics"), *read("smalltalk"))}
    pool = [(target, text) for target in sorted(held) for text in held[target]]
    rng.shuffle(pool)
    made = []
    for target, text in pool[:count]:
        item = Item(text, answers(by_name[target])[language], language, by_name[target])
        made.append(Case("public", target, language, _turns(item.prompt, rng), item.answer))
    return made
