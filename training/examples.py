"""Conversations with their right answers, made from the corpus.

Everything is drawn from a ``random.Random`` that the caller seeds: the same
seed gives the same conversations.
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class Item:
    """A prompt, its right answer, and what it is about."""

    prompt: str
    answer: str
    language: str
    intent: Intent


class Source:
    """Draws training prompts; the folders hold the public collections, if any."""

    def __init__(
        self,
        folder: Path | None,
        exam_folder: Path | None = None,
        sentence_folder: Path | None = None,
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

    def item(self, rng: random.Random) -> Item:
        """One prompt of any kind: about half of them about the app, nearly as many handed over."""
        language = rng.choice(LANGUAGES)
        kind = rng.random()
        if kind < 0.44:
            return self._drawn(rng.choice(self.app), language, rng)
        if kind < 0.54:
            return self._drawn(rng.choice(self.small), language, rng)
        if language in self.strange and rng.random() < 0.2:
            text = roughen(self.strange.prompt(language, rng), language, rng, 0.4, about_us=False)
            return Item(text, answers(self.general)[language], language, self.general)
        topic = self.general if rng.random() < 0.06 else rng.choice(self.topics)
        return self._drawn(topic, language, rng)

    def _drawn(self, intent: Intent, language: str, rng: random.Random) -> Item:
        target = f"{intent.file}/{intent.name}"
        public = self.public[language].get(target)
        exams = self.exams.get(target) if language == "en" else None
        answer = answers(intent)[language]
        if exams and rng.random() < 0.15:
            return Item(rng.choice(exams), answer, language, intent)
        if public and rng.random() < 0.4:
            text = roughen(rng.choice(public), language, rng, 0.4, about_us=False)
        else:
            family = rng.choice(intent.of(language, held_out=False))
            about_us = intent.file in APP_FILES
            strength = 0.35 if intent.file == "smalltalk" else 1.0
            text = roughen(family.sample(rng), language, rng, strength, about_us=about_us)
        return Item(text, answer, language, intent)

    def follow_up(self, before: Item, rng: random.Random) -> Item:
        """A prompt that refers to the answer before it."""
        intent = rng.choice(self.follow)
        language = before.language if rng.random() < 0.85 else rng.choice(LANGUAGES)
        to = intent.values["to"]
        if to in {"short", "again"}:
            language = before.language
        family = rng.choice(intent.of(language, held_out=False))
        prompt = roughen(family.sample(rng), language, rng, 0.3)
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
