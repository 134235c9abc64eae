"""Conversations -> weights. Resumable, with a fixed seed.

The learning rate rises, stays, and falls to zero at the end ("warm-up, stable,
decay"), so that a run can be continued with a better corpus before the fall.
Loss is taken on what the assistant says and, lightly, on what the user says,
which teaches the words.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, distributed, multiprocessing
from torch.nn import functional

from training.begin import begin_tokenizer, begin_weights
from training.examples import Source, Turn
from training.grow import grown
from training.heldout import Case, cases
from training.model import make_model
from training.teacher import teach
from training.tokenizer import TURN_END, TURN_START, save_tokenizer, train_tokenizer

log = logging.getLogger(__name__)
TAUGHT_FILE = "taught.jsonl"
BATCH_TOKENS = 4096
POOL_BATCHES = 8
MAX_TOKENS = 1400
PADDING = 0
USER_WEIGHT = 0.1
CUT_ANSWER = 12
CUT_SHARE = 0.8
"""Tokens kept of a cut answer, and the share of conversations whose last answer
is cut: a model that has begun the right answer soon knows its rest."""
HIDDEN_SHARES = (0.0, 0.0, 0.0, 0.1, 0.2)
"""Share of a prompt's tokens that are hidden, drawn for each prompt: what is asked
must be found in whatever words are left, as it must with words never seen before."""
SPLIT_SHARES = (0.0, 0.0, 0.05, 0.15)
"""Share of the places between two letters where no piece may go across, drawn for each
prompt: a word seen in other pieces teaches what its parts mean, which typos, compounds
and endings need. As BPE-dropout (Provilkov et al. 2020), but from our own seed."""
PLAIN_SHARES = (0.7, 0.35)
"""Share of single prompts while the learning rate stays, and while it falls."""
LAST_SHARE = 1 / 8
LAST_OUTSIDE_SHARE = 0.8
"""Share of prompts to hand over in the last steps: an honest hand-over is worth more than the right
answer to another question, so the guide learns to be inclined to it."""
DECIDING_TOKENS = 8
DECIDING_WEIGHT = 3.0
"""An answer's first tokens decide which answer it becomes; they weigh more."""


@dataclass(frozen=True)
class Encoded:
    """Token ids of a conversation, the weight of each as a thing to predict, the
    place where the last answer begins."""

    ids: list[int]
    weights: list[float]
    answer: int

    def cut(self) -> Encoded:
        """The same up to the first tokens of the last answer."""
        end = self.answer + CUT_ANSWER
        return Encoded(self.ids[:end], self.weights[:end], self.answer)


def vocabulary_texts(source: Source, count: int = 40_000) -> Iterator[str]:
    """What the tokenizer is learnt from: conversations and single letters."""
    rng = random.Random(11)
    for _ in range(count):
        for _, content in source.conversation(rng):
            yield content
    for letter in "äöüßÄÖÜ€":
        yield from (letter, f" {letter}") * 2000


def hide(ids: list[int], rng: random.Random) -> list[int]:
    """``ids`` with some of them replaced by the padding token."""
    share = rng.choice(HIDDEN_SHARES)
    return [PADDING if rng.random() < share else token for token in ids]


def rough_ids(tokenizer: Tokenizer, prompt: str, rng: random.Random) -> list[int]:
    """Token ids of ``prompt`` in other pieces, some of them hidden; another way each time."""
    share = rng.choice(SPLIT_SHARES)
    cuts = [0, *(n for n in range(1, len(prompt)) if rng.random() < share), len(prompt)]
    parts = [prompt[start:end] for start, end in pairwise(cuts)]
    return hide([token for part in tokenizer.encode_batch(parts) for token in part.ids], rng)


def encode(tokenizer: Tokenizer, turns: list[Turn], rng: random.Random | None = None) -> Encoded:
    """The chat template's tokens; only the assistant's turns weigh fully.

    With ``rng``, prompts are read roughly: see :func:`rough_ids`.
    """
    ids: list[int] = []
    weights: list[float] = []
    answer = 0
    for role, content in turns:
        head = tokenizer.encode(f"{TURN_START}{role}\n").ids
        body = tokenizer.encode(content).ids
        tail = tokenizer.encode(f"{TURN_END}\n").ids
        if rng is not None and role == "user":
            body = rough_ids(tokenizer, content, rng)
        weight = {"assistant": 1.0, "user": USER_WEIGHT}.get(role, 0.0)
        answer = len(ids) + len(head)
        ids += head + body + tail
        spoken = [weight if token != PADDING else 0.0 for token in [*body, tail[0]]]
        if role == "assistant":
            deciding = min(DECIDING_TOKENS, len(spoken))
            spoken[:deciding] = [DECIDING_WEIGHT] * deciding
        weights += [0.0] * len(head) + spoken + [0.0] * (len(tail) - 1)
    return Encoded(ids[:MAX_TOKENS], weights[:MAX_TOKENS], answer)


def batches(
    source: Source, tokenizer: Tokenizer, seed: int, pool: int, plain: float = 0.0
) -> list[list[Encoded]]:
    """Pool number ``pool`` as batches of about ``BATCH_TOKENS``, alike in length.

    ``plain`` as in :meth:`Source.conversation`.
    """
    rng = random.Random(seed * 1_000_003 + pool)
    drawn: list[Encoded] = []
    while sum(len(e.ids) for e in drawn) < BATCH_TOKENS * POOL_BATCHES:
        for _ in range(16):
            one = encode(tokenizer, source.conversation(rng, plain), rng)
            drawn.append(one.cut() if rng.random() < CUT_SHARE else one)
    drawn.sort(key=lambda e: len(e.ids))
    made: list[list[Encoded]] = [[]]  # alike in length, so that little is padded
    for one in drawn:
        if (len(made[-1]) + 1) * len(one.ids) > BATCH_TOKENS and made[-1]:
            made.append([])
        made[-1].append(one)
    rng.shuffle(made)
    return made[:POOL_BATCHES]


def tensors(batch: list[Encoded]) -> tuple[Tensor, Tensor]:
    """Ids and weights, padded on the right, where causal attention never looks."""
    longest = max(len(e.ids) for e in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    weights = torch.zeros(len(batch), longest)
    for row, e in enumerate(batch):
        ids[row, : len(e.ids)] = torch.tensor(e.ids)
        weights[row, : len(e.weights)] = torch.tensor(e.weights)
    return ids, weights


def weighted_loss(
    model: torch.nn.Module, decoder: torch.nn.Module, ids: Tensor, weights: Tensor
) -> Tensor:
    """Mean cross-entropy over the tokens to predict, by their weights.

    ``decoder`` is ``model.model``, possibly compiled. Only hidden states that predict
    something are projected on the vocabulary, which saves a third of the time.
    """
    hidden = decoder(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    targets, weight = ids[:, 1:], weights[:, 1:]
    kept = weight > 0
    logits = functional.linear(hidden[kept], model.model.embed_tokens.weight)
    losses = functional.cross_entropy(logits.float(), targets[kept], reduction="none")
    return (losses * weight[kept]).sum() / weight[kept].sum()


def rate(step: int, steps: int, peak: float, fall: float, warm: int = 100) -> float:
    """The learning rate of a step."""
    start = int(steps * (1 - fall))
    if step < warm:
        return peak * (step + 1) / warm
    return peak if step < start else peak * max(0.01, (steps - step) / (steps - start))


@torch.no_grad()
def held_out_score(
    model: torch.nn.Module, tokenizer: Tokenizer, found: list[Case]
) -> dict[str, float]:
    """Share of held-out prompts whose right answer the model would begin rightly.

    The first ten tokens must each be the likeliest one; a quick stand-in for
    generating, by kind of prompt.
    """
    model.eval()
    right: dict[str, list[bool]] = {}
    for start in range(0, len(found), 32):
        part = found[start : start + 32]
        encoded = [encode(tokenizer, [*c.turns, ("assistant", c.answer)]) for c in part]
        ids, _ = tensors(encoded)
        guess = model(input_ids=ids, use_cache=False).logits.argmax(-1)
        for row, case in enumerate(part):
            begin = encoded[row].answer
            end = min(begin + 10, len(encoded[row].ids) - 1)
            same = bool((guess[row, begin - 1 : end - 1] == ids[row, begin:end]).all())
            right.setdefault(case.kind, []).append(same)
    model.train()
    scores = {kind: sum(values) / len(values) for kind, values in right.items()}
    scores["mean"] = sum(scores.values()) / len(scores)
    return scores


def save(folder: Path, model: torch.nn.Module, state: dict[str, object]) -> None:
    """Write weights for export, and all that is needed to go on."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    part = folder / "state.part"
    torch.save(state, part)
    part.replace(folder / "state.pt")


def make_optimizers(model: torch.nn.Module, peak: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for embedding, norms and biases.

    Muon (Jordan et al. 2024): from the same checkpoint the loss fell by 0.03 in
    50 steps where AdamW had taken 200. Its rate is matched to AdamW's as in
    Liu et al. 2025, "Muon is scalable for LLM training".
    """
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    return [
        torch.optim.Muon(matrices, lr=peak, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=peak, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
    ]


def average_gradients(model: torch.nn.Module, workers: int) -> None:
    """Give every worker the mean of all workers' gradients."""
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    distributed.all_reduce(flat)
    flat /= workers
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


def prepare(arguments: argparse.Namespace) -> None:
    """Tokenizer and the teacher's judgements, unless the work folder has them.

    An exported model to begin from brings its own tokenizer.
    """
    work: Path = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    source = Source(arguments.intents, arguments.exams, arguments.sentences)
    if not (work / "tokenizer.json").is_file():
        if arguments.begin is not None:
            begin_tokenizer(arguments.begin, work)
        else:
            save_tokenizer(train_tokenizer(vocabulary_texts(source), arguments.vocabulary), work)
    if not (work / TAUGHT_FILE).is_file():
        teach(source, arguments.seed, work / TAUGHT_FILE)


def run(rank: int, arguments: argparse.Namespace) -> None:
    """Train as worker ``rank``, from the last checkpoint in ``--work`` if there is one."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    work, workers = arguments.work, arguments.workers
    if workers > 1:
        meeting = f"file://{(work / 'meeting').absolute()}"
        distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=workers)
    source = Source(arguments.intents, arguments.exams, arguments.sentences, work / TAUGHT_FILE)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    model = make_model(arguments.vocabulary, arguments.seed)
    optimizers = make_optimizers(model, arguments.rate)
    step, pool = 0, 0
    if (work / "last" / "state.pt").is_file():
        state = torch.load(work / "last" / "state.pt")
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        step, pool = state["step"], state["pool"]
    elif arguments.begin is not None:
        model.load_state_dict(grown(begin_weights(arguments.begin), model.state_dict()))
    # Fused by the compiler, forward and backward take half the time.
    decoder = torch.compile(model.model, dynamic=True) if arguments.compile else model.model
    found = cases(arguments.intents, arguments.exams)[::3]
    model.train()
    began, tokens, mean = time.monotonic(), 0, 0.0
    while step < arguments.steps:
        plain = PLAIN_SHARES[step >= arguments.steps * (1 - arguments.fall)]
        if step >= arguments.steps * (1 - LAST_SHARE):
            source.outside = LAST_OUTSIDE_SHARE
        number = pool * workers + rank
        for batch in batches(source, tokenizer, arguments.seed, number, plain):
            for group in (group for o in optimizers for group in o.param_groups):
                group["lr"] = rate(step, arguments.steps, arguments.rate, arguments.fall)
            ids, weights = tensors(batch)
            with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bf16):
                loss = weighted_loss(model, decoder, ids, weights)
            loss.backward()
            if workers > 1:
                average_gradients(model, workers)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
            model.zero_grad(set_to_none=True)
            step += 1
            tokens += ids.numel() * workers
            mean = 0.98 * mean + 0.02 * loss.item() if mean else loss.item()
            if step % 50 == 0 and rank == 0:
                speed = tokens / (time.monotonic() - began)
                log.info("step %d loss %.4f, %.0f tokens/s", step, mean, speed)
        pool += 1
        if rank == 0 and (pool % arguments.check == 0 or step >= arguments.steps):
            scores = held_out_score(model, tokenizer, found)
            log.info("step %d held out %s", step, json.dumps(scores))
            state = {
                "model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers],
                "step": step, "pool": pool,
            }  # fmt: skip
            save(work / "last", model, state)


def has_bfloat16() -> bool:
    """Whether the processor multiplies in bfloat16; where it cannot, it is 15 times as slow."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def parser() -> argparse.ArgumentParser:
    """The command line of ``python -m training.train``."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--work", type=Path, default=Path("build/training"))
    made.add_argument("--intents", type=Path, help="folder with clinc150.json and massive_de_*.tsv")
    made.add_argument("--exams", type=Path, help="folder with mmlu_pro_outcomes.csv.gz and math_l5")
    made.add_argument("--sentences", type=Path, help="folder with germeval14_a.tsv")
    made.add_argument("--begin", type=Path, help="an exported model to go on from")
    made.add_argument("--steps", type=int, default=10_000)
    made.add_argument("--rate", type=float, default=1.8e-3)
    made.add_argument("--vocabulary", type=int, default=4096)
    made.add_argument("--seed", type=int, default=20)
    made.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    made.add_argument("--check", type=int, default=20, help="pools of batches between checks")
    made.add_argument("--fall", type=float, default=0.45, help="share of steps with falling rate")
    made.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    made.add_argument(
        "--bf16", action=argparse.BooleanOptionalAction, default=has_bfloat16(),
        help="compute in bfloat16; by default where the processor can",
    )  # fmt: skip
    return made


def train(arguments: argparse.Namespace) -> None:
    """Prepare, then train in ``--workers`` processes."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    prepare(arguments)
    (arguments.work / "meeting").unlink(missing_ok=True)
    if arguments.workers == 1:
        run(0, arguments)
    else:
        multiprocessing.spawn(run, (arguments,), nprocs=arguments.workers)


if __name__ == "__main__":
    train(parser().parse_args())
