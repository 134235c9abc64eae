"""Make the model of the privacy check: ``python -m training.privacy --data DIR``.

``DIR`` holds the public collections (``privacy/``, ``intents/``, ``routing/``);
without it only our own templates are used. Every draw comes from ``--seed``.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch

from services.routing.reading import MODEL, TrainedReader
from services.routing.vocabulary import Vocabulary
from training.encoder import common_words
from training.privacy import meanings
from training.privacy.export import export, load
from training.privacy.fit import averaged, fit
from training.privacy.lessons import lessons
from training.privacy.network import Reader
from training.privacy.sources import drawn, sources
from training.privacy.teacher import Teacher
from training.privacy.thresholds import choose, development

WORDS = 70_000
"""Words of each language in the vocabulary. Rarer ones are mostly names, and compounds,
whose ends are known."""

MEMBERS = "with --begin: runs of so many rounds each, to be averaged with what they began from"


def main() -> None:
    """Ask the teacher, train, export, choose thresholds, export with them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="folder of the public collections")
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--begin", type=Path, help="an exported model to go on from")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--members", type=int, default=0, help=MEMBERS)
    parser.add_argument("--rate", type=float, default=2e-3, help="learning rate at the start")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.members and options.begin is None:
        parser.error("--members needs --begin")
    torch.set_num_threads(options.threads)
    known, words = sources(options.data), common_words(WORDS)
    rng = random.Random(options.seed)
    given = lessons(drawn(known, rng), words, rng)
    teacher = Teacher(given, options.seed)
    if options.begin is None:
        meanings.write(words, teacher.heeded(words), options.out)
    else:
        meanings.copy(options.begin, options.out)
    vocabulary = Vocabulary.load(options.out)
    taught = teacher.taught(vocabulary)
    print(f"{len(words)} words, {len(taught)} windows judged by the teacher", flush=True)
    del teacher, given
    torch.manual_seed(options.seed)

    def fitted() -> Reader:
        network = Reader(vocabulary) if options.begin is None else load(options.begin)
        return fit(network, known, taught, vocabulary, options.rounds, options.rate, rng)

    if options.members:
        network = averaged([load(options.begin), *(fitted() for _ in range(options.members))])
    else:
        network = fitted()
    export(network, {"private": 0.5, "person": 0.5, "address": 0.5}, options.out)
    chosen = choose(TrainedReader(options.out), development(options.data))
    export(network, chosen, options.out)


if __name__ == "__main__":
    main()
