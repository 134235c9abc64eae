"""What the guide's teacher is asked about, and what becomes of its answers."""

from __future__ import annotations

import json
import random
from pathlib import Path

from training.examples import Source
from training.lessons import Lesson, in_other_words, lessons, longer_words

QUESTION = Lesson("How do I delete this chat", "en", "history:1", "history/delete_one")


def test_every_intent_is_asked_for_in_either_language() -> None:
    """Small talk, topics and follow-ups too; none of it in held-out words."""
    source = Source(None)
    given = lessons(source, random.Random(1))
    assert {(one.target, one.language) for one in given} == {
        (intent.target, language) for intent in source.intents for language in ("en", "de")
    }
    held = {family.key for i in source.intents for family in i.families if family.held_out}
    assert held
    assert not held & {one.group for one in given}


def test_a_prompt_in_other_words_keeps_its_group() -> None:
    """By its group the teacher knows which heads may judge it."""
    rng = random.Random(2)
    others = in_other_words([QUESTION] * 30, {"delete": ("remove",)}, ["lantern"], rng)
    assert {(one.group, one.language) for one in others} == {("history:1", "en")}
    texts = " ".join(one.text.lower() for one in others)
    assert "remove" in texts
    assert "lantern" in texts


def test_longer_words_are_those_that_can_be_exchanged() -> None:
    """In lower case, each once."""
    assert longer_words([QUESTION, QUESTION]) == {"delete", "this", "chat"}


def test_what_the_teacher_said_is_learned(tmp_path: Path) -> None:
    """A prompt of the file comes with the answer to what the teacher took it for."""
    file = tmp_path / "taught.jsonl"
    file.write_text(json.dumps(["de", "smalltalk/greeting", "Ahoi, du Wegweiser"]), "utf-8")
    source = Source(None, taught=file)
    rng = random.Random(3)
    items = [source.item(rng) for _ in range(3000)]
    found = [item for item in items if item.prompt == "Ahoi, du Wegweiser"]
    assert found
    assert {(item.intent.target, item.language) for item in found} == {("smalltalk/greeting", "de")}
