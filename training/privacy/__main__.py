"""Make the model of the privacy check: ``python -m training.privacy --data DIR``.

``DIR`` holds the public collections (``privacy/``, ``intents/``, ``routing/``);
without it only our own templates are used. Every draw comes from ``--seed``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from services.routing.reading import MODEL, TrainedReader
from services.routing.vocabulary import Vocabulary
from training.privacy import meanings
from training.privacy.export import export
from training.privacy.fit import fit, sources
from training.privacy.thresholds import choose, development


def main() -> None:
    """Make the vocabulary, train, export, choose thresholds, export with them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="folder of the public collections")
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--rate", type=float, default=2e-3, help="learning rate at the start")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    meanings.build(options.out)
    vocabulary = Vocabulary.load(options.out)
    network = fit(
        sources(options.data), vocabulary, options.rounds, options.seed, options.rate
    )
    export(network, {"private": 0.5, "person": 0.5, "address": 0.5}, options.out)
    chosen = choose(TrainedReader(options.out), development(options.data))
    export(network, chosen, options.out)


if __name__ == "__main__":
    main()
