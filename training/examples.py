"""Conversations with their right answers, made from the corpus.

Everything is drawn from a ``random.Random`` that the caller seeds: the same
seed gives the same conversations.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from training import intents
from training.families import (
    APP_FILES,
    LANGUAGES,
    Intent,
    answers,
    app_intents,
    pairs,
    read,
)
from training.noise import roughen
from training.strange import Strange

Turn = tuple[str, str]
"""Role and content."""
TAUGHT_SHARE = 0.5
"""Share of the prompts that are such as the teacher judged, if there are any."""
OUTSIDE_SHARE = 0.55
"""Share of the prompts that are to be handed over, but for the end of a training."""
SMALL_SHARE = 0.18
"""Share of small talk among what is not handed over."""


@dataclass(frozen=True)
class Item:
    """A prompt, its right answer, and what it is about."""

    prompt: str
    answer: str
    language: str
    intent: Intent


class Source:
    """Draws training prompts; the folders hold the public collections, if any.

    ``outside`` is the share of prompts that are to be handed over.
    """

    def __init__(
        self,
        folder: Path | None,
        exam_folder: Path | None = None,
        sentence_folder: Path | None = None,
        taught: Path | None = None,
    ) -> None:
        self.app = app_intents()
        self.small = list(read("smalltalk"))
        self.topics = list(read("topics"))
        self.follow = list(read("followups"))
        self.reasons = dict(pairs("reasons"))
        self.system = [value for _, value in pairs("system")]
        self.public: dict[str, intents.Prompts] = {"en": {}, "de": {}}
        if folder is not None:
            self.public["en"] = intents.clinc(folder)[0]
            self.public["de"] = intents.massive(folder)[0]
        self.exams = intents.exams(exam_folder)[0] if exam_folder is not None else {}
        self.strange = Strange(sentence_folder, exam_folder)
        self.general = next(topic for topic in self.topics if topic.name == "general")
        self.taught = read_taught(taught) if taught is not None else {}
        self.outside = OUTSIDE_SHARE

    @property
    def intents(self) -> list[Intent]:
        """Everything that a prompt can ask for."""
        return [*self.app, *self.small, *self.topics, *self.follow]

    def item(self, rng: random.Random) -> Item:
        """One prompt of any kind, ``outside`` of them to be handed over."""
        language = rng.choice(LANGUAGES)
        if rng.random() >= self.outside:
            ours = self.small if rng.random() < SMALL_SHARE else self.app
            return self._drawn(rng.choice(ours), language, rng)
        if language in self.strange and rng.random() < 0.2:
            text = roughen(self.strange.prompt(language, rng), language, rng, 0.4, about_us=False)
            return Item(text, answers(self.general)[language], language, self.general)
        topic = self.general if rng.random() < 0.06 else rng.choice(self.topics)
        return self._drawn(topic, language, rng)

    def _drawn(self, intent: Intent, language: str, rng: random.Random) -> Item:
        return Item(self._asked(intent, language, rng), answers(intent)[language], language, intent)

    def _asked(self, intent: Intent, language: str, rng: random.Random) -> str:
        """A prompt that asks for ``intent``, as our corpus or the teacher says."""
        taught = self.taught.get((language, intent.target))
        if taught and rng.random() < TAUGHT_SHARE:
            return rng.choice(taught)
        return self.phrasing(intent, language, rng)[0]

    def phrasing(self, intent: Intent, language: str, rng: random.Random) -> tuple[str, str]:
        """A prompt that asks for ``intent``, and what it was made of."""
        public = self.public[language].get(intent.target)
        exams = self.exams.get(intent.target) if language == "en" else None
        if exams and rng.random() < 0.15:
            text = rng.choice(exams)
            return text, text
        if public and rng.random() < 0.4:
            text = rng.choice(public)
            return roughen(text, language, rng, 0.4, about_us=False), text
        family = rng.choice(intent.of(language, held_out=False))
        about_us = intent.file in (*APP_FILES, "followups")
        strength = {"smalltalk": 0.35, "followups": 0.3}.get(intent.file, 1.0)
        text = roughen(family.sample(rng), language, rng, strength, about_us=about_us)
        return text, family.key

    def follow_up(self, before: Item, rng: random.Random) -> Item:
        """A prompt that refers to the answer before it."""
        intent = rng.choice(self.follow)
        language = before.language if rng.random() < 0.85 else rng.choice(LANGUAGES)
        to = intent.values["to"]
        if to in {"short", "again"}:
            language = before.language
        prompt = self._asked(intent, language, rng)
        return Item(
            prompt, *follow_up_answer(intent, language, before, self.reasons), before.intent
        )

    def conversation(self, rng: random.Random, plain: float = 0.0) -> list[Turn]:
        """One conversation, with or without a system turn, of one to some turns.

        ``plain`` is the share of single prompts without a system turn, which teach
        the most in a given time.
        """
        if rng.random() < plain:
            item = self.item(rng)
            return [("user", item.prompt), ("assistant", item.answer)]
        turns: list[Turn] = []
        if rng.random() < 0.4:
            turns.append(("system", rng.choice(self.system)))
        count = rng.choices((1, 2, 3, 5, 10, 22), (40, 42, 14, 3, 0.8, 0.2))[0]
        before: Item | None = None
        for _ in range(count):
            if before is not None and rng.random() < 0.55:
                item = self.follow_up(before, rng)
            else:
                item = self.item(rng)
            turns += [("user", item.prompt), ("assistant", item.answer)]
            before = item
        return turns


def read_taught(file: Path) -> dict[tuple[str, str], list[str]]:
    """The prompts that :func:`training.teacher.teach` wrote, by language and target."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in file.read_text("utf-8").splitlines():
        language, target, text = json.loads(line)
        found.setdefault((language, target), []).append(text)
    return found


def follow_up_answer(
    intent: Intent, language: str, before: Item, reasons: dict[str, str]
) -> tuple[str, str]:
    """The right answer to a follow-up, and the language that it is in."""
    to = intent.values["to"]
    if to in {"german", "english"}:
        wanted = "de" if to == "german" else "en"
        return in_language(before, wanted, reasons), wanted
    if to == "short":
        return first_sentence(before.answer), before.language
    if to == "again":
        return before.answer, before.language
    if to == "why":
        return reasons[f"{before.intent.file}.{language}"], language
    return intent.values[language], language


def in_language(item: Item, language: str, reasons: dict[str, str]) -> str:
    """An answer said before, whole or its first sentence, in ``language``."""
    if item.language == language:
        return item.answer
    said = [answers(item.intent)]
    said.append({spoken: reasons[f"{item.intent.file}.{spoken}"] for spoken in LANGUAGES})
    said += [follow.values for follow in read("followups") if follow.values["to"] == "text"]
    for texts in said:
        if item.answer == texts[item.language]:
            return texts[language]
    for texts in said:
        if item.answer == first_sentence(texts[item.language]):
            return first_sentence(texts[language])
    raise KeyError(item.answer)


def first_sentence(text: str) -> str:
    """What stands before the first sentence's end."""
    return re.split(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ\"`])", text, maxsplit=1)[0]
