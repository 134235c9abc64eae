"""The corpus of the privacy model: well formed, and apart from what measures it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.categories import STATEMENTS
from tests.benchmarks.prompts import HELDOUT, heldout

CORPUS = Path(__file__).parents[3] / "training" / "privacy" / "corpus"
TEMPLATES = [
    *CORPUS.glob("private_*.txt"),
    *CORPUS.glob("harmless_*.txt"),
    *CORPUS.glob("named_*.txt"),
]
INVENTED = {"first", "last", "full", "address"}


def lines(path: Path) -> list[str]:
    """Templates of a file, without sections and comments."""
    text = path.read_text("utf-8").splitlines()
    return [line for line in text if line and not re.match(r"# |\[\w+\]$", line)]


def test_every_slot_can_be_filled() -> None:
    """No template would stop the training."""
    known = {line.split(":")[0] for line in lines(CORPUS / "slots.txt")} | INVENTED
    used = {
        slot for path in TEMPLATES for slot in re.findall(r"\{([a-z]+)\}", "\n".join(lines(path)))
    }
    assert used <= known


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_matter_has_templates(language: str) -> None:
    """What the network is asked to tell apart, it has seen."""
    text = (CORPUS / f"private_{language}.txt").read_text("utf-8")
    assert set(re.findall(r"^\[(\w+)\]$", text, re.MULTILINE)) == set(STATEMENTS)


def test_nothing_that_measures_is_trained_on() -> None:
    """No held-out prompt is a template or chose a threshold."""
    known = {line.lower() for path in CORPUS.glob("*.txt") for line in lines(path)}
    assert [prompt.text for prompt in heldout() if prompt.text.lower() in known] == []
    assert len(list(HELDOUT.glob("*.txt"))) == len({p.language for p in heldout()}) == 2
