"""The network: hashed features, three convolutions, one head for the text, one for its words.

The shape follows spaCy's small taggers (hashed embeddings with convolutions,
Honnibal & Montani 2017); what a word means is judged from seven words on either side.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from services.routing.reading import MATTERS
from services.routing.tokens import BUCKETS, FEATURES
from services.routing.vocabulary import MEANING, Vocabulary

WIDTH = 40
"""Numbers for each row of the table."""
HIDDEN = 96
DILATIONS = (1, 2, 4)


class Reader(nn.Module):
    """Gives, for each window, how private it is and its matter; for each token, what it names."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary
        self.table = nn.Embedding(BUCKETS, WIDTH, padding_idx=0)
        nn.init.normal_(self.table.weight, std=0.1)
        with torch.no_grad():
            self.table.weight[0] = 0
        self.enter = nn.Linear(WIDTH + MEANING, HIDDEN)
        self.convolve = nn.ModuleList(
            nn.Conv1d(HIDDEN, HIDDEN, 3, padding=dilation, dilation=dilation)
            for dilation in DILATIONS
        )
        self.attend = nn.Linear(HIDDEN, 1)
        self.gather = nn.Linear(2 * HIDDEN, HIDDEN)
        self.judge = nn.Linear(HIDDEN, 1 + len(MATTERS))
        self.mix = nn.Linear(2 * HIDDEN, HIDDEN)
        self.tag = nn.Linear(HIDDEN, 3)
        self.dropout = nn.Dropout(0.15)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Judgements, tags (both logits) and attention.

        ``ids``: windows x tokens x (features, row of the vocabulary).
        """
        there = (ids[:, :, 0] != 0).float().unsqueeze(2)
        ids = self._forget(ids)
        rows = ids[:, :, :FEATURES].flatten(0, 1)
        x = functional.embedding_bag(rows, self.table.weight, mode="sum", padding_idx=0)
        meant = torch.from_numpy(self._vocabulary.meanings(ids[:, :, FEATURES].numpy()))
        x = torch.cat([x.unflatten(0, ids.shape[:2]), meant], 2)
        x = self.dropout(functional.relu(self.enter(x))) * there
        kept = self.dropout(x.new_ones(len(x), 1, HIDDEN))
        for layer in self.convolve:
            x = (x + kept * functional.relu(layer(x.transpose(1, 2)).transpose(1, 2))) * there
        attention = (self.attend(x).squeeze(2) - 1e4 * (1 - there.squeeze(2))).softmax(1)
        heeded = (attention.unsqueeze(2) * x).sum(1)
        whole = self.dropout(functional.relu(self.gather(torch.cat([x.amax(1), heeded], 1))))
        spread = whole.unsqueeze(1).expand(-1, x.shape[1], -1)
        words = self.dropout(functional.relu(self.mix(torch.cat([x, spread], 2))))
        return self.judge(whole), self.tag(words), attention

    def _forget(self, ids: Tensor) -> Tensor:
        """In training, hide some words, so that their parts and neighbours must do."""
        if not self.training:
            return ids
        chance = torch.rand(ids.shape[:2])
        keep = torch.ones_like(ids)
        parts, no_parts = [1] * (FEATURES - 3), [0] * (FEATURES - 3)
        keep[chance < 0.38] = keep.new_tensor([0, *parts, 1, 1, 1])  # a word new to the table
        keep[chance < 0.23] = keep.new_tensor([0, *no_parts, 1, 1, 1])  # of unknown parts, too
        keep[chance < 0.08] = keep.new_tensor([0, *no_parts, 1, 1, 0])  # and meaning
        keep[chance < 0.03] = keep.new_tensor([0, *no_parts, 1, 0, 0])  # only its shape
        return ids * keep
