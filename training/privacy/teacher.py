"""What a larger model says of many more texts: the network's teacher.

Heads learn from our texts which meanings are private (``training.heads``). The network then
learns what they say ("distillation", Hinton et al. 2015) of texts in which words were replaced
by any others, so that it comes to know words and turns that no template has. Heads on the
spelling besides made no better teacher: the network reads that itself.

A head judges texts of templates, intents and subjects only that it did not see itself:
of the others it would repeat what it was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from services.routing.vocabulary import Vocabulary
from training.encoder import encoder
from training.heads import OnMeaning, Texts, fit, shares
from training.privacy.examples import Encoded, untold
from training.privacy.lessons import Lesson

_FOLDS = 5
_EPOCHS = 6
_HIDDEN = (384, 128)
_SUREST = 0.005


class Teacher:
    """The encoder and what it says of the ``lessons``; takes some ten minutes of one core."""

    def __init__(self, given: Sequence[Lesson], seed: int) -> None:
        torch.manual_seed(seed)
        self._encoder = encoder(torch.get_num_threads())
        self._given = given
        self._known = np.array([lesson.private is not None for lesson in given])
        self._right = torch.tensor([int(bool(lesson.private)) for lesson in given])
        meanings = self._encoder.encode([lesson.text for lesson in given])
        self._meant = Texts(torch.from_numpy(np.asarray(meanings, np.float32)))

    def heeded(self, words: Sequence[str]) -> NDArray[np.float64]:
        """What each word means, in the directions that a head on all lessons looks at."""
        first = self._fitted(self._known).layers[1].weight
        looked = first.detach().numpy().T.astype(np.float64)
        return np.asarray(self._encoder.encode(words), np.float64) @ looked

    def taught(self, vocabulary: Vocabulary) -> list[Encoded]:
        """The lessons with how likely they are private, as heads say that saw other groups."""
        fold = np.array([_fold(lesson) for lesson in self._given])
        said = np.zeros(len(fold), np.float32)
        for number in range(_FOLDS):
            others = fold == number
            head = self._fitted(~others & self._known)
            likely = shares([head], self._meant, torch.from_numpy(np.flatnonzero(others)))[:, 1]
            said[others] = likely.clamp(_SUREST, 1 - _SUREST).numpy()
        known = torch.from_numpy(self._known)
        hits = (torch.from_numpy(said)[known] > 0.5) == (self._right[known] > 0)
        print(f"the teacher is right on {hits.float().mean():.3f} of what we know", flush=True)
        return [
            untold(lesson.text, share, vocabulary)
            for lesson, share in zip(self._given, said.tolist(), strict=True)
        ]

    def _fitted(self, chosen: NDArray[np.bool_]) -> OnMeaning:
        """A head that learned from the ``chosen`` lessons."""

        def loss(logits: Tensor, rows: Tensor) -> Tensor:
            return functional.cross_entropy(logits, self._right[rows])

        rows = torch.from_numpy(np.flatnonzero(chosen))
        return fit(OnMeaning(_HIDDEN, 2), self._meant, rows, loss, _EPOCHS)


def _fold(lesson: Lesson) -> int:
    """The number of the head that does not learn from the lesson's group; news has none."""
    group = lesson.text if lesson.group == "germeval" else lesson.group
    return crc32(group.encode(), 1) % _FOLDS
