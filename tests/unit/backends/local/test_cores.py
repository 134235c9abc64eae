"""Threads that share a core are counted once."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from services.backends.local.cores import physical_cores

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say")


def test_threads_of_one_core_are_one(tmp_path: Path) -> None:
    """Processors that are each other's siblings count as one core."""
    for number in os.sched_getaffinity(0):
        topology = tmp_path / f"cpu{number}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text("0-255\n", "ascii")
    assert physical_cores(tmp_path) == 1


def test_processors_apart_count_each(tmp_path: Path) -> None:
    """Without siblings, each processor that we may use is a core."""
    for number in os.sched_getaffinity(0):
        topology = tmp_path / f"cpu{number}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(f"{number}\n", "ascii")
    assert physical_cores(tmp_path) == len(os.sched_getaffinity(0))


def test_a_system_that_says_nothing_is_left_alone(tmp_path: Path) -> None:
    """Without the system's word the library decides."""
    assert physical_cores(tmp_path) is None
