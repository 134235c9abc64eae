"""Fitting the network: draws fresh texts from the templates in every round."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.nn import functional

from services.routing.vocabulary import Vocabulary
from training.privacy import corpus, people, public
from training.privacy.examples import UNKNOWN, Encoded, Sample, encode
from training.privacy.network import Reader
from training.privacy.sources import Sources, some

_DRAWS = {"private": 3, "harmless": 3, "named": 11}
"""Texts for each template in one round."""
_JOINED = 5
"""One text of several others for so many texts: length must hide nothing."""
_TAUGHT = 120_000
"""Windows of the teacher's in one round."""
_INVENT: dict[str, public.Invent] = {"first": people.first, "full": people.full}
_BATCH = 128


def one_round(
    known: Sources, taught: list[Encoded], vocabulary: Vocabulary, rng: random.Random
) -> list[Encoded]:
    """The windows of one round, in no order."""
    ours = [
        t.sample(rng, corpus.frames(t.language)) for t in known.ours for _ in range(_DRAWS[t.kind])
    ]
    plain = [s for s in ours if s.matter is not None]
    news = [s for s in known.germeval if not s.marks] + some(known.everyday, 3000, rng)
    drawn = ours + [_joined(_several(plain, news, rng), rng) for _ in range(len(ours) // _JOINED)]
    drawn += some(known.everyday, 3000, rng)
    drawn += some(known.guide, 4000, rng)
    drawn += some(known.germeval, 1200, rng)
    drawn += [public.names_swapped(public.lowered(s, rng), rng, _INVENT) for s in known.presidio]
    windows = [window for sample in drawn for window in encode(sample, vocabulary)]
    for sample in some(known.exams, 500, rng):
        cut = encode(sample, vocabulary)
        windows += rng.sample(cut, min(2, len(cut)))
    return windows + rng.sample(taught, min(_TAUGHT, len(taught)))


def _several(plain: Sequence[Sample], news: Sequence[Sample], rng: random.Random) -> list[Sample]:
    """Two to six texts, of the longer rows most without anything private."""
    if not news or rng.random() < 0.6:
        return rng.sample(plain, rng.choice((2, 2, 3)))
    chosen = [*rng.sample(plain, 2), *rng.sample(news, rng.choice((1, 2, 4)))]
    rng.shuffle(chosen)
    return chosen


def _joined(samples: Sequence[Sample], rng: random.Random) -> Sample:
    """Several texts in one; private if one of them is."""
    matter = next((s.matter for s in samples if s.matter), "")
    text, told = "", []
    for sample in samples:
        glue = (
            rng.choice((" ", "\n", "\n\n", " "))
            if text.endswith((".", "?", "!"))
            else rng.choice((". ", "\n", "? "))
        )
        text += (glue if text else "") + sample.text
        if sample.matter:
            told.append((sample.matter, len(text) - len(sample.text), len(text)))
    return Sample(text, (), matter, "", samples[0].language, tuple(told))


def batches(windows: list[Encoded], rng: random.Random) -> Iterator[tuple[torch.Tensor, ...]]:
    """Batches of windows of about the same length: ids, tags, matter, what the teacher says."""
    rng.shuffle(windows)
    cut = [
        sorted(windows[n : n + 32 * _BATCH], key=lambda w: len(w.ids))
        for n in range(0, len(windows), 32 * _BATCH)
    ]
    rows = [part[n : n + _BATCH] for part in cut for n in range(0, len(part), _BATCH)]
    rng.shuffle(rows)
    for row in rows:
        longest = max(len(w.ids) for w in row)
        ids = np.zeros((len(row), longest, row[0].ids.shape[1]), np.int64)
        tags = np.full((len(row), longest), UNKNOWN, np.int64)
        for n, window in enumerate(row):
            ids[n, : len(window.ids)] = window.ids
            tags[n, : len(window.tags)] = window.tags
        matter = np.array([w.matter for w in row])
        taught = np.array([w.taught for w in row], np.float32)
        yield tuple(map(torch.from_numpy, (ids, tags, matter, taught)))


def loss_of(
    network: Reader,
    ids: torch.Tensor,
    tags: torch.Tensor,
    matter: torch.Tensor,
    taught: torch.Tensor,
) -> torch.Tensor:
    """Cross entropy of all three judgements; what nobody said counts for nothing."""
    judged, tagged, _ = network(ids)
    about = matter >= 0
    private = torch.where(matter == UNKNOWN, taught, about.float())
    said = ~private.isnan()
    total = functional.cross_entropy(tagged.flatten(0, 1), tags.flatten(), ignore_index=UNKNOWN,
                            weight=torch.tensor([1.0, 2.0, 2.0]))  # fmt: skip
    if said.any():
        total = total + functional.binary_cross_entropy_with_logits(judged[said, 0], private[said])
    if about.any():
        total = total + 0.5 * functional.cross_entropy(
            judged[about, 1:], matter[about], label_smoothing=0.05
        )
    return total


def fit(
    network: Reader,
    known: Sources,
    taught: list[Encoded],
    vocabulary: Vocabulary,
    rounds: int,
    rate: float,
    rng: random.Random,
) -> Reader:
    """``network``, trained for ``rounds`` rounds, the ``rate`` falling to nothing."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.02, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda done: min(1.0, (done + 1) / 2) * (1 - done / rounds) + 0.02
    )
    for number in range(rounds):
        start, total, count = time.monotonic(), 0.0, 0
        network.train()
        for batch in batches(one_round(known, taught, vocabulary, rng), rng):
            loss = loss_of(network, *batch)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            total, count = total + loss.item(), count + 1
        schedule.step()
        print(
            f"round {number + 1}: loss {total / count:.4f}, {time.monotonic() - start:.0f} s",
            flush=True,
        )
    return network.eval()


def averaged(networks: Sequence[Reader]) -> Reader:
    """The first of ``networks``, which becomes the mean of all.

    Of such as were trained from the same beginning and so lie in one valley of the loss, the
    mean errs less than each ("model soups", Wortsman et al. 2022).
    """
    mean = networks[0]
    states = [network.state_dict() for network in networks]
    mean.load_state_dict(
        {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}
    )
    return mean.eval()
