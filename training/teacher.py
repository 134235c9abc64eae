"""What a larger model says of many more prompts: the guide's teacher.

Heads learn from our phrasings which intent a prompt asks for: one from what the encoder
says it means (``encoder``), one from its spelling, in pieces of three to five letters and
pairs of words. Each errs in other places; their product is right more often than either.
The guide then learns what they say of prompts in other words ("distillation", Hinton et
al. 2015), so that it comes to know words that no phrasing of ours has.

Heads judge prompts of families only that they did not learn from: of the others they would
repeat what they were told.
"""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.encoder import SIZE, alike, common_words, encoder
from training.examples import Source
from training.families import LANGUAGES
from training.lessons import Lesson, in_other_words, lessons, longer_words

log = logging.getLogger(__name__)
_FOLDS = 3
_EPOCHS = 8
_BATCH = 256
_RATE = 2e-3
_PIECES = 1 << 15
"""Rows that pieces of spelling share by their checksums."""
_SPELLED = 160
_WORDS = 40_000
_OUTSIDE = 0.5
"""A prompt is handed over if topics together are half as likely as the likeliest intent: an honest
hand-over is worth more than the right answer to another question."""
_TEMPER = 1 / 1.5
_SURE = 0.5
"""Prompts of which the heads are less sure teach nothing."""


class Head(nn.Module):
    """Logits of all targets, from the meaning or from the spelling."""

    def __init__(self, targets: int, *, spelling: bool) -> None:
        super().__init__()
        self.pieces = nn.EmbeddingBag(_PIECES, _SPELLED, mode="mean") if spelling else None
        self.inner = nn.Sequential(nn.Dropout(0.1), nn.Linear(SIZE, 768), nn.ReLU())
        self.drop = nn.Dropout(0.2 if spelling else 0.4)
        self.out = nn.Linear(_SPELLED if spelling else 768, targets)

    def forward(self, prompts: Prompts) -> Tensor:
        """One row for each prompt."""
        if self.pieces is None:
            return self.out(self.drop(self.inner(prompts.meanings)))
        return self.out(self.drop(8 * self.pieces(prompts.pieces, prompts.starts)))


class Prompts:
    """Meanings and spellings of prompts, to be chosen from."""

    def __init__(self, meanings: Tensor, spelled: Sequence[np.ndarray]) -> None:
        self.meanings = meanings
        self.spelled = spelled

    def __getitem__(self, rows: Tensor) -> Prompts:
        """The prompts at ``rows``."""
        return Prompts(self.meanings[rows], [self.spelled[row] for row in rows.tolist()])

    @property
    def pieces(self) -> Tensor:
        """Pieces of all prompts in a row."""
        return torch.from_numpy(np.concatenate(self.spelled))

    @property
    def starts(self) -> Tensor:
        """Where those of each prompt begin."""
        return torch.tensor([0, *np.cumsum([len(row) for row in self.spelled[:-1]])])


def spelling(text: str) -> np.ndarray:
    """Rows of the pieces of ``text``: words, pairs of words, three to five letters."""
    words = re.findall(r"\w+", text.lower())
    line = f" {' '.join(words)} "
    pieces = {*(f"w{word}" for word in words), *(f"{a}_{b}" for a, b in pairwise(words))}
    pieces |= {line[n : n + size] for size in (3, 4, 5) for n in range(len(line) - size + 1)}
    return np.array([crc32(piece.encode()) % _PIECES for piece in sorted(pieces)] or [0], np.int64)


class Teacher:
    """The encoder and the heads of each fold, which learned from ``given``."""

    def __init__(self, given: Sequence[Lesson], seed: int) -> None:
        self.encoder = encoder()
        self.targets = sorted({lesson.target for lesson in given})
        self._outside = torch.tensor([name.startswith("topics/") for name in self.targets])
        place = {name: number for number, name in enumerate(self.targets)}
        right = torch.tensor([place[lesson.target] for lesson in given])
        fold = torch.tensor([_fold(lesson) for lesson in given])
        prompts = self.prompts([lesson.text for lesson in given])
        torch.manual_seed(seed)
        self._heads = [
            [
                _fitted(prompts, right, torch.nonzero(fold != number)[:, 0], len(place), spelled)
                for spelled in (False, True)
            ]
            for number in range(_FOLDS)
        ]

    def prompts(self, texts: Sequence[str]) -> Prompts:
        """Texts as the heads take them."""
        meanings = np.asarray(self.encoder.encode(list(texts)), np.float32)
        return Prompts(torch.from_numpy(meanings), [spelling(text) for text in texts])

    @torch.no_grad()
    def says(self, given: Sequence[Lesson]) -> list[str | None]:
        """The target of each prompt, by heads that did not learn from its group; none if unsure."""
        prompts = self.prompts([lesson.text for lesson in given])
        fold = torch.tensor([_fold(lesson) for lesson in given])
        said: list[str | None] = [None] * len(given)
        for number, heads in enumerate(self._heads):
            for rows in torch.nonzero(fold == number)[:, 0].split(4096):
                part = prompts[rows]
                logits = sum((head(part).log_softmax(1) for head in heads), torch.tensor(0.0))
                for row, name in zip(rows.tolist(), self._chosen(_TEMPER * logits), strict=True):
                    said[row] = name
        return said

    def _chosen(self, logits: Tensor) -> list[str | None]:
        shares = logits.softmax(1)
        outside = shares[:, self._outside].sum(1)
        inside, intent = (shares * ~self._outside).max(1)
        topic = (shares * self._outside).argmax(1)
        handed = outside >= _OUTSIDE * inside
        place = torch.where(handed, topic, intent)
        sure = torch.where(handed, outside, inside) >= _SURE
        return [
            self.targets[number] if certain else None
            for number, certain in zip(place.tolist(), sure.tolist(), strict=True)
        ]


def _fold(lesson: Lesson) -> int:
    return crc32(lesson.group.encode()) % _FOLDS


def _fitted(prompts: Prompts, right: Tensor, rows: Tensor, targets: int, spelled: bool) -> Head:
    head = Head(targets, spelling=spelled)
    optimiser = torch.optim.AdamW(head.parameters(), lr=_RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda done: 1 - done / _EPOCHS + 0.01)
    for _ in range(_EPOCHS):
        for batch in rows[torch.randperm(len(rows))].split(_BATCH):
            loss = functional.cross_entropy(
                head(prompts[batch]), right[batch], label_smoothing=0.05
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    return head.eval()


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
