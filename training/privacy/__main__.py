"""Make the model of the privacy check: ``python -m training.privacy --data DIR``.

``DIR`` holds the public collections (``privacy/``, ``intents/``, ``routing/``);
without it only our own templates are used. Every draw comes from ``--seed``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from services.routing.reading import MODEL, TrainedReader
from training.privacy.export import export, imported
from training.privacy.fit import fit, sources
from training.privacy.thresholds import choose, development


def main() -> None:
    """Train, export, choose thresholds, export with them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="folder of the public collections")
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--begin", type=Path, help="folder of a model to train further")
    parser.add_argument("--rate", type=float, default=2e-3, help="learning rate at the start")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    begun = imported(options.begin) if options.begin else None
    network = fit(sources(options.data), options.rounds, options.seed, options.rate, begun)
    export(network, {"private": 0.5, "person": 0.5, "address": 0.5}, options.out)
    chosen = choose(TrainedReader(options.out), development(options.data))
    export(network, chosen, options.out)


if __name__ == "__main__":
    main()
