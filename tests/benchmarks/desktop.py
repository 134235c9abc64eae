"""The desktop window, opened, asked and closed again and again, on a screen in memory.

    python run.py bench desktop [TIMES]

Prints, for TIMES starts (default 20): seconds from the start of the program to a
window in which one can type, and to the end after the window was closed; answers;
processes left. Ends with status 1 if one start did not answer or left anything.
The first start makes the data folder; the others find it.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.desktop_window import USABLE, opened, screen


async def once(display: str, folder: Path) -> tuple[float, float, bool, list[str]]:
    """One start: seconds to usable, seconds to the end, whether all was well, what was left."""
    begin = time.monotonic()
    async with opened(display, folder) as desktop:
        await desktop.until(USABLE)
        usable = time.monotonic() - begin
        answer = await desktop.ask("Hello!")
        closing = time.monotonic()
        status = await desktop.close()
        ended = time.monotonic() - closing
        left = await desktop.left()
    return usable, ended, bool(answer) and status == 0, left


def main(arguments: list[str]) -> int:
    """Run and print; returns the exit status."""
    times = int(arguments[0]) if arguments else 20
    rows = []
    with screen() as display, tempfile.TemporaryDirectory(prefix="nearside-") as folder:
        for number in range(times):
            row = asyncio.run(once(display, Path(folder)))
            rows.append(row)
            said = "answered" if row[2] else "FAILED"
            print(
                f"{number + 1:2}: usable after {row[0]:.1f} s, ended {row[1]:.1f} s after closing, "
                f"{said}, left: {row[3] or 'nothing'}; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    usable, ended = [row[0] for row in rows], [row[1] for row in rows]
    print(f"usable: median {statistics.median(usable):.1f} s, slowest {max(usable):.1f} s")
    print(f"ended: median {statistics.median(ended):.1f} s, slowest {max(ended):.1f} s")
    good = sum(row[2] and not row[3] for row in rows)
    print(f"answered and ended with nothing left: {good} of {times}; cores: {os.cpu_count()}")
    return 0 if good == times else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
