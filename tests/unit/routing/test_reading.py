"""The trained part of the privacy check, with the model that ships."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from services.domain import Message, Role
from services.errors import PrivacyModelDamaged
from services.integrity import CHECKSUMS, first_damaged
from services.routing.privacy import PrivacyDetector
from services.routing.reading import MODEL, TrainedReader
from services.routing.vocabulary import MEANINGS_FILE, WORDS_FILE

READER = TrainedReader()
LARGEST = 16 * 2**20
"""Bytes that the model may take: it comes with the source."""

# What no rule knows, by the category that must be found.
PRIVATE = [
    ("health", "my gums have been bleeding since I started the new tablets and I'm scared"),
    ("health", "seit ich die neuen Tabletten nehme, kann ich nicht mehr schlafen"),
    ("finances", "the bailiffs want to take our car next week because we can't pay"),
    ("finances", "der Gerichtsvollzieher holt nächste Woche unser Auto, wir können nicht zahlen"),
    ("relationship", "my husband left me for my sister and I don't know how to go on"),
    ("children", "meine Kleine wird in der Schule von anderen Kindern gehänselt"),
    ("person", "why is Radmila always so rude to me?"),
    ("person", "Radmila hat mir gestern schon wieder nicht geantwortet"),
]
# The same words without anybody's life in them.
HARMLESS = [
    "Why do gums bleed?",
    "Warum können manche Medikamente den Schlaf stören?",
    "What may bailiffs take in England?",
    "Was darf ein Gerichtsvollzieher pfänden?",
    "What are signs of a controlling partner?",
    "Wie können Eltern ihren Kindern bei Mobbing helfen?",
    "Radmila has 12 apples and gives 5 to Anna. How many are left?",
    "Schreib eine Geschichte über eine Hexe namens Radmila",
    "Who was Rosa Luxemburg?",
    "gpt-4o-mini",
    "chat",
    "completions",
]


@pytest.mark.parametrize(("category", "text"), PRIVATE)
def test_private_life_is_recognised(category: str, text: str) -> None:
    """What somebody tells of their life is found without any identifier or phrase."""
    assert category in [name for name, _, _ in READER(text)]


@pytest.mark.parametrize("text", HARMLESS)
def test_general_questions_are_not_private(text: str) -> None:
    """The same matters in general, in exercises and in fiction are left alone."""
    assert list(READER(text)) == []


def test_placeholders_are_nobody() -> None:
    """A text whose names were replaced can leave."""
    assert list(READER("Please ask [PERSON_1] whether [PERSON_2] is free on Thursday.")) == []


def test_a_private_sentence_in_long_text_is_found() -> None:
    """Text is judged in parts, so that length hides nothing."""
    filler = "Bees live in colonies. The queen lays eggs. Workers collect nectar. " * 40
    secret = "I was raped by my uncle and never told my mother about it."
    spans = list(READER(f"{filler}{secret} {filler}"))
    assert any(start < len(filler) + len(secret) and end > len(filler) for _, start, end in spans)


def test_text_without_words_is_harmless() -> None:
    """Nothing to read is nothing private."""
    assert list(READER("")) == []
    assert list(READER(" \n\t ")) == []


def test_the_shipped_model_is_whole_and_small() -> None:
    """The files are those of the checksums, and light enough for a repository."""
    assert first_damaged(MODEL) is None
    assert sum(file.stat().st_size for file in MODEL.iterdir()) < LARGEST
    assert set(json.loads((MODEL / "thresholds.json").read_text())) == {
        "private",
        "person",
        "address",
    }


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the model that may be damaged."""
    return Path(shutil.copytree(MODEL, tmp_path / "privacy"))


@pytest.mark.parametrize(
    "name", ["model.onnx", "thresholds.json", WORDS_FILE, MEANINGS_FILE, CHECKSUMS]
)
def test_a_missing_file_is_told(copied: Path, name: str) -> None:
    """Without its files the check cannot be made, and says which one is missing."""
    (copied / name).unlink()
    with pytest.raises(PrivacyModelDamaged, match=name.replace(".", r"\.")):
        TrainedReader(copied).load()


def test_a_changed_file_is_told(copied: Path) -> None:
    """A threshold that somebody changed is not used."""
    (copied / "thresholds.json").write_text('{"private": 1, "person": 1, "address": 1}')
    reader = TrainedReader(copied)
    with pytest.raises(PrivacyModelDamaged):
        PrivacyDetector([reader]).check([Message(Role.USER, "hello")])
    assert isinstance(reader.trouble, PrivacyModelDamaged)


def test_a_repaired_model_works_without_a_restart(copied: Path) -> None:
    """The next prompt tries again."""
    listed = (copied / CHECKSUMS).read_text()
    (copied / CHECKSUMS).write_text("")
    reader = TrainedReader(copied)
    with pytest.raises(PrivacyModelDamaged):
        reader.load()
    (copied / CHECKSUMS).write_text(listed)
    reader.load()
    assert reader.trouble is None
