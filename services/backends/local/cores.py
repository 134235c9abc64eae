"""How many threads pay off on this computer."""

from __future__ import annotations

import os
from pathlib import Path

_SYSTEM = Path("/sys/devices/system/cpu")


def physical_cores(system: Path = _SYSTEM) -> int | None:
    """The physical cores that this process may use; ``None`` where the system does not say.

    Two threads on one core share its units and gain nothing in a matrix product.
    ``system`` is where Linux tells which processors share a core.
    """
    if not hasattr(os, "sched_getaffinity"):
        return None
    try:
        return len(
            {
                (system / f"cpu{number}" / "topology" / "thread_siblings_list").read_text("ascii")
                for number in os.sched_getaffinity(0)
            }
        )
    except OSError:
        return None
