"""Prompts full of unknown words come from the folders that are given, and are handed over."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from training.examples import Source
from training.strange import Strange, is_strange

SENTENCE = ("Im", "Wonnemond", "1956", "wurde", "der", "Brauhaus", "von", "Pilsum", "gebaut", ".")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One sentence in the form of the collection."""
    rows = (f"{number}\t{word}\tO\tO\n" for number, word in enumerate(SENTENCE, 1))
    (tmp_path / "germeval14_a.tsv").write_text("#\tsource\n" + "".join(rows) + "\n", "utf-8")
    return tmp_path


def test_pieces_and_questions_are_about_the_sentence(folder: Path) -> None:
    """Every prompt is a piece of it, or asks about a thing that it names."""
    strange, rng = Strange(folder, None), random.Random(1)
    drawn = {strange.prompt("de", rng) for _ in range(2000)}
    assert all(set(prompt.split()) & {*SENTENCE, "gebaut."} for prompt in drawn)
    asked = {prompt for prompt in drawn if prompt.startswith("was ist ")}
    assert asked == {f"was ist {noun}" for noun in ("Wonnemond", "Brauhaus", "Pilsum")}


def test_there_is_nothing_strange_without_a_folder() -> None:
    """Without the collections the guide is trained on our own phrasings alone."""
    strange = Strange(None, None)
    assert "de" not in strange
    assert "en" not in strange


@pytest.mark.parametrize(
    ("word", "strange"),
    [("Brauhaus", True), ("gebaut", False), ("Datenschutz", False), ("1956", False)],
)
def test_words_of_our_own_are_not_strange(word: str, strange: bool) -> None:
    """What the phrasings about the app speak of, verbs and numbers are left out."""
    assert is_strange(word, "de") is strange


def test_what_is_strange_is_handed_over(folder: Path) -> None:
    """Its answer is the honest one for general knowledge."""
    source, rng = Source(None, None, folder), random.Random(2)
    items = [source.item(rng) for _ in range(600)]
    strange = [item for item in items if "rauhaus" in item.prompt or "PILSUM" in item.prompt]
    assert strange
    assert {item.intent.name for item in strange} == {"general"}
