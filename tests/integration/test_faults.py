"""What may befall the local engine, against the running program."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.faults import FAULTS, inflict, kill_while_writing, recovered, stop, subject, two_tabs


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_every_fault_ends_in_an_answer_or_a_sentence(tmp_path: Path) -> None:
    """A dozen faults one after another: nothing is lost, and nothing is left behind."""
    async with subject(tmp_path, seed=1) as it:
        for fault in (*FAULTS, kill_while_writing, stop, two_tabs):
            complaint = await inflict(it, fault)
            assert complaint is None, f"{fault.__name__}: {complaint}"
        assert await recovered(it)
    assert it.engines() == []
