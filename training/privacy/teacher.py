"""What a larger model says of many more texts: the network's teacher.

Heads learn from our texts which meanings are private, as an encoder has them
(``training.encoder``). The network then learns what they say ("distillation", Hinton et
al. 2015) of texts in which words were replaced by any others, so that it comes to know words
and turns that no template has.

A head judges texts of templates, intents and subjects only that it did not see itself:
of the others it would repeat what it was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from services.routing.vocabulary import Vocabulary
from training.encoder import SIZE, encoder
from training.privacy.examples import Encoded, untold
from training.privacy.lessons import Lesson

_FOLDS = 5
_EPOCHS = 9
_BATCH = 512
_RATE = 2e-3
_SUREST = 0.005


class Teacher:
    """The encoder and what it says of the ``lessons``; takes some ten minutes of one core."""

    def __init__(self, given: Sequence[Lesson], seed: int) -> None:
        torch.manual_seed(seed)
        self._encoder = encoder(torch.get_num_threads())
        self._given = given
        self._known = np.array([lesson.private is not None for lesson in given])
        self._right = torch.tensor([float(bool(lesson.private)) for lesson in given])
        self._meanings = torch.from_numpy(self._encoder.encode([g.text for g in given]))

    def heeded(self, words: Sequence[str]) -> NDArray[np.float64]:
        """What each word means, in the directions that a head on all lessons looks at."""
        first = self._head(self._known)[1].weight.detach().numpy()
        return np.asarray(self._encoder.encode(words), np.float64) @ first.T.astype(np.float64)

    def taught(self, vocabulary: Vocabulary) -> list[Encoded]:
        """The lessons with how likely they are private, as heads say that saw other groups."""
        fold = np.array([_fold(lesson) for lesson in self._given])
        said = np.zeros(len(fold), np.float32)
        for number in range(_FOLDS):
            head = self._head((fold != number) & self._known)
            with torch.no_grad():
                logits = head(self._meanings[torch.from_numpy(fold == number)])[:, 0]
            said[fold == number] = logits.sigmoid().clamp(_SUREST, 1 - _SUREST).numpy()
        return [
            untold(lesson.text, share, vocabulary)
            for lesson, share in zip(self._given, said.tolist(), strict=True)
        ]

    def _head(self, chosen: NDArray[np.bool_]) -> nn.Sequential:
        """A head that learned from the ``chosen`` lessons."""
        head = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(SIZE, 384), nn.ReLU(),
            nn.Dropout(0.4), nn.Linear(384, 128), nn.ReLU(),
            nn.Dropout(0.3), nn.Linear(128, 1),
        )  # fmt: skip
        rows: Tensor = torch.from_numpy(np.flatnonzero(chosen))
        optimiser = torch.optim.AdamW(head.parameters(), lr=_RATE, weight_decay=0.05)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda done: 1 - done / _EPOCHS + 0.01
        )
        for _ in range(_EPOCHS):
            for batch in rows[torch.randperm(len(rows))].split(_BATCH):
                said = head(self._meanings[batch])[:, 0]
                loss = functional.binary_cross_entropy_with_logits(said, self._right[batch])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
            schedule.step()
        return head.eval()


def _fold(lesson: Lesson) -> int:
    """The number of the head that does not learn from the lesson's group; news has none."""
    group = lesson.text if lesson.group == "germeval" else lesson.group
    return crc32(group.encode(), 1) % _FOLDS
