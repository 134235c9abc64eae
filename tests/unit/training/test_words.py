"""Texts with other words in them."""

from __future__ import annotations

import random

from training.words import replaced, reworded


def test_words_are_replaced_and_the_rest_stays() -> None:
    """Short words, marks and the order of a sentence are kept."""
    rng = random.Random(1)
    told = "Where is my Brother, who never calls?"
    changed = {replaced(told, ["lantern"], rng) for _ in range(40)}
    assert "Where is my Lantern, who never calls?" in changed
    assert all(text.endswith("?") and ", who " in text for text in changed)


def test_words_give_way_only_to_such_as_mean_the_same() -> None:
    """A word of which none is known stays, whatever the draw."""
    rng = random.Random(1)
    alike = {"delete": ("remove", "erase")}
    changed = {reworded("Delete this chat please", alike, rng) for _ in range(40)}
    assert changed == {
        "Delete this chat please",
        "Remove this chat please",
        "Erase this chat please",
    }
