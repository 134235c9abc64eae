"""Does anything private leave? ``python -m tests.benchmarks.canaries --conversations 10000``.

Random conversations with a private canary go through the HTTP entrance of the
real program, in this process, under every policy and without consent. Prints
how many of them reached the fake cloud at all, and leaks by path.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import logging
import tempfile
import time
from pathlib import Path

from tests.canaries import bench, case


async def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first conversation")
    options = parser.parse_args()
    log = io.StringIO()
    logging.basicConfig(stream=log, level=logging.INFO)

    def said() -> str:
        text = log.getvalue()
        log.seek(0)
        log.truncate()
        return text

    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        async with bench(Path(folder) / "data") as running:
            for seed in range(options.first, options.first + options.conversations):
                await running.run(seed, said)
    minutes = (time.monotonic() - started) / 60
    print(f"{options.conversations} conversations in {minutes:.1f} minutes")
    print(f"{running.reached} of them reached the cloud, without what is private in them")
    for path in ("cloud", "log", "answer", "ledger", "/metrics", "/api/health"):
        print(f"leaks in {path:12} {running.leaks[path]}")
    for seed in running.seeds[:20]:
        print(f"  seed {seed}: {case(seed).category}")
    raise SystemExit(bool(running.seeds))


if __name__ == "__main__":
    asyncio.run(main())
