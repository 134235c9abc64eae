"""Two hundred random faults: does the app, or anything that was said, go with them?

``python run.py bench faults`` runs the app and lets happen to it, in a random
order that ``--seed`` fixes, what :mod:`tests.faults` knows: the engine killed
while it loads, reads and writes, Stop, edits, two tabs, prompts beyond the
window, damaged model files and wrong checksums. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults import FAULTS, inflict, recovered, subject


async def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    order = random.Random(options.seed).choices(FAULTS, k=options.times)
    wrong = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        async with subject(Path(folder), options.seed) as it:
            for number, fault in enumerate(order, 1):
                complaint = await inflict(it, fault)
                wrong[fault.__name__] += complaint is not None
                print(f"{number:3}  {fault.__name__:18}  {complaint or 'fine'}", flush=True)
            back = await recovered(it)
        left = len(it.engines())
    print(f"{wrong.total()} of {options.times} faults left something wrong")
    print(f"answers again afterwards: {'yes' if back else 'no'}; processes left behind: {left}")
    raise SystemExit(bool(wrong.total() or left or not back))


if __name__ == "__main__":
    asyncio.run(main())
