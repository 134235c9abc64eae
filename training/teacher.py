"""What a larger model says of many more prompts: the guide's teacher.

Heads learn from our phrasings which intent a prompt asks for (``heads``). The guide then learns
what they say of prompts in other words ("distillation", Hinton et al. 2015), so that it comes to
know words that no phrasing of ours has.

Heads judge prompts of families only that they did not learn from: of the others they would
repeat what they were told.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import torch
from torch import Tensor
from torch.nn import functional

from training.encoder import alike, common_words, encoder
from training.examples import Source
from training.families import LANGUAGES
from training.heads import OnMeaning, OnSpelling, fit, shares, texts
from training.lessons import Lesson, in_other_words, lessons, longer_words

log = logging.getLogger(__name__)
_FOLDS = 3
_EPOCHS = 8
_HIDDEN = (768,)
_WORDS = 40_000
_OUTSIDE = 0.5
"""A prompt is handed over if topics together are half as likely as the likeliest intent: an honest
hand-over is worth more than the right answer to another question."""
_SURE = 0.5
"""Prompts of which the heads are less sure teach nothing."""


class Teacher:
    """The encoder and the heads of each fold, which learned from ``given``."""

    def __init__(self, given: Sequence[Lesson], seed: int) -> None:
        self.encoder = encoder()
        self.targets = sorted({lesson.target for lesson in given})
        self._outside = torch.tensor([name.startswith("topics/") for name in self.targets])
        place = {name: number for number, name in enumerate(self.targets)}
        right = torch.tensor([place[lesson.target] for lesson in given])
        known, fold = texts(self.encoder, [lesson.text for lesson in given]), _folds(given)
        torch.manual_seed(seed)

        def loss(logits: Tensor, rows: Tensor) -> Tensor:
            return functional.cross_entropy(logits, right[rows], label_smoothing=0.05)

        self._heads = [
            [
                fit(head, known, torch.nonzero(fold != number)[:, 0], loss, _EPOCHS)
                for head in (OnMeaning(_HIDDEN, len(place)), OnSpelling(len(place)))
            ]
            for number in range(_FOLDS)
        ]

    def says(self, given: Sequence[Lesson]) -> list[str | None]:
        """The target of each prompt, by heads that did not learn from its group; none if unsure."""
        asked, fold = texts(self.encoder, [lesson.text for lesson in given]), _folds(given)
        said: list[str | None] = [None] * len(given)
        for number, heads in enumerate(self._heads):
            rows = torch.nonzero(fold == number)[:, 0]
            for row, name in zip(
                rows.tolist(), self._chosen(shares(heads, asked, rows)), strict=True
            ):
                said[row] = name
        return said

    def _chosen(self, likely: Tensor) -> list[str | None]:
        outside = likely[:, self._outside].sum(1)
        inside, intent = (likely * ~self._outside).max(1)
        topic = (likely * self._outside).argmax(1)
        handed = outside >= _OUTSIDE * inside
        place = torch.where(handed, topic, intent)
        sure = torch.where(handed, outside, inside) >= _SURE
        return [
            self.targets[number] if certain else None
            for number, certain in zip(place.tolist(), sure.tolist(), strict=True)
        ]


def _folds(given: Sequence[Lesson]) -> Tensor:
    """The number of the heads that do not learn from each lesson's group."""
    return torch.tensor([crc32(lesson.group.encode()) % _FOLDS for lesson in given])


def teach(source: Source, seed: int, file: Path) -> None:
    """Write prompts in other words with what they ask for; takes some ten minutes of one core.

    One line for each: language, target, prompt.
    """
    torch.set_num_threads(1)
    rng = random.Random(seed)
    given = lessons(source, rng)
    teacher = Teacher(given, seed)
    log.info("the teacher has learned from %d prompts", len(given))
    others = []
    for language in LANGUAGES:
        ours = [lesson for lesson in given if lesson.language == language]
        words = common_words(_WORDS, [language])
        spelled_rightly = sorted(longer_words(ours) & set(words))
        near = alike(teacher.encoder, spelled_rightly, words)
        others += in_other_words(ours, near, words, rng)
    said = teacher.says(others)
    part = file.with_suffix(".part")
    with part.open("w", encoding="utf-8") as out:
        for lesson, target in zip(others, said, strict=True):
            if target is not None:
                line = [lesson.language, target, lesson.text]
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
    part.replace(file)
    log.info("of %d prompts in other words it is sure of %d", len(said), sum(map(bool, said)))
