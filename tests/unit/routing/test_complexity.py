# ruff: noqa: E501 - a prompt on one line is easier to read than a folded one
"""What the trained score makes of prompts, and how a damaged model is met."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain import Message, Role
from services.errors import ModelDamaged
from services.integrity import CHECKSUMS
from services.routing.complexity import (
    CALIBRATION,
    MODEL,
    ScoreInUse,
    TrainedComplexity,
    open_complexity,
)
from services.routing.local_class import LocalClass
from services.routing.rule_score import RuleComplexity
from services.routing.scale import HIGHEST, LOWEST, probability

SCORE = TrainedComplexity()
CLASSES = {kind: TrainedComplexity(kind) for kind in LocalClass}
DEFAULT = 0.3

DEMANDING = [
    "Prove that the sum of two odd functions is odd and that every function splits into an odd and an even one.",
    "Beweise, dass es unendlich viele Primzahlen der Form 6k + 5 gibt.",
    "Implement a B-tree in C++ with insertion and deletion, and write unit tests for the splits.",
    "Schreibe eine SQL-Abfrage mit Fensterfunktionen, die den gleitenden Umsatz je Kunde über 90 Tage liefert.",
    "A steel shaft 60 mm in diameter transmits 45 kW at 900 rpm. The ultimate shear strength of the key is 310 MPa "
    "and the factor of safety is 2.5. Calculate the minimum length of a square key of 15 mm side.\n"
    "A. 12.4 mm\nB. 17.1 mm\nC. 22.8 mm\nD. 31.5 mm\nE. 40.2 mm\nF. 45.0 mm\nG. 52.3 mm\nH. 60.9 mm",
    "Eine Stahlwelle von 60 mm Durchmesser überträgt 45 kW bei 900 Umdrehungen pro Minute. Die Scherfestigkeit der "
    "Passfeder beträgt 310 MPa, der Sicherheitsbeiwert 2,5. Berechne die nötige Länge der Passfeder bei 15 mm Seite.\n"
    "A. 12,4 mm\nB. 17,1 mm\nC. 22,8 mm\nD. 31,5 mm\nE. 40,2 mm\nF. 45,0 mm\nG. 52,3 mm\nH. 60,9 mm",
]
EASY = [
    "hi",
    "Wie wird das Wetter morgen?",
    "What is the capital of France?",
    "stell einen wecker für zehn uhr",
    "set a timer for twelve minutes",
    "Write a haiku about rain",
    "Übersetze 'Guten Abend' ins Englische",
    "Correct the spelling: I wil come tomorow",
    "",
    "   \n ",
]


def score(*turns: str, by: TrainedComplexity = SCORE) -> float:
    """The score of a conversation of these user turns, each answered but the last."""
    messages = [Message(Role.SYSTEM, "Prove everything in detail. " * 20)]
    for turn in turns:
        messages += [Message(Role.USER, turn), Message(Role.ASSISTANT, "Prove it. " * 200)]
    return by.score(messages[:-1])


@pytest.mark.parametrize("prompt", DEMANDING)
def test_demanding_prompts_leave_at_the_default_share(prompt: str) -> None:
    """Proofs, programs and exam questions in both languages exceed the default threshold."""
    assert score(prompt) > SCORE.threshold_for_share(DEFAULT)


@pytest.mark.parametrize("prompt", EASY)
def test_easy_prompts_stay_at_the_default_share(prompt: str) -> None:
    """Everyday requests in both languages stay below the default threshold."""
    assert score(prompt) < SCORE.threshold_for_share(DEFAULT)


@pytest.mark.parametrize("follow_up", ["and shorter?", "jetzt auf Deutsch", "why?", "weiter"])
def test_a_follow_up_inherits_the_score(follow_up: str) -> None:
    """A short follow-up is as demanding as the conversation that it continues."""
    assert score(DEMANDING[0], follow_up) == score(DEMANDING[0])
    assert score("hi", follow_up) < SCORE.threshold_for_share(DEFAULT)


def test_only_the_person_is_scored() -> None:
    """Our instructions and earlier answers say nothing about the prompt."""
    assert SCORE.score([Message(Role.SYSTEM, DEMANDING[0])]) == LOWEST
    assert SCORE.score([]) == LOWEST


@settings(deadline=None)
@given(st.text(max_size=300))
def test_scores_stay_inside_their_bounds(prompt: str) -> None:
    """Share 0 and share 1 hold for every prompt, whatever is in it."""
    assert LOWEST <= score(prompt) <= HIGHEST
    assert not score(prompt) > SCORE.threshold_for_share(0)
    assert score(prompt) > SCORE.threshold_for_share(1)


@pytest.mark.parametrize("kind", LocalClass)
def test_a_larger_share_never_raises_the_threshold(kind: LocalClass) -> None:
    """More share, more leaves, with every local model."""
    thresholds = [CLASSES[kind].threshold_for_share(step / 200) for step in range(201)]
    assert all(a >= b for a, b in itertools.pairwise(thresholds))
    assert thresholds[0] == 1
    assert thresholds[-1] == 0


@pytest.mark.parametrize(("smaller", "larger"), list(itertools.pairwise(LocalClass)))
def test_a_larger_local_model_keeps_more(smaller: LocalClass, larger: LocalClass) -> None:
    """The more able the local model, the less likely its answer would not do, the less leaves."""
    for prompt in DEMANDING:
        assert score(prompt, by=CLASSES[larger]) < score(prompt, by=CLASSES[smaller])
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        assert leaving(larger, share) <= leaving(smaller, share)
    assert leaving(larger, 0.5) < leaving(smaller, 0.5)


@pytest.mark.parametrize("kind", LocalClass)
def test_the_share_keeps_its_promise(kind: LocalClass) -> None:
    """With every local model the share of the reference mix is within five points of the setting."""
    for percent in range(101):
        assert abs(leaving(kind, percent / 100) - percent / 100) <= 0.05


def leaving(kind: LocalClass, share: float) -> float:
    """The part of the reference mix that leaves, by the quantiles kept with the model."""
    known = json.loads((MODEL / CALIBRATION).read_text("utf-8"))
    shift = known["shift"][kind.name.lower()]
    threshold = CLASSES[kind].threshold_for_share(share)
    gone = [logit for logit in known["quantiles"] if probability(logit + shift) > threshold]
    return len(gone) / len(known["quantiles"])


def damaged(folder: Path, file: str, content: bytes | None) -> Path:
    """A copy of the model's folder in which ``file`` has ``content`` or is missing."""
    copy = folder / "complexity"
    shutil.copytree(MODEL, copy)
    if content is None:
        (copy / file).unlink()
    else:
        (copy / file).write_bytes(content)
    return copy


def relisted(copy: Path, file: str) -> Path:
    """``copy`` with the checksum of ``file`` as it is now."""
    lines = (copy / CHECKSUMS).read_text("utf-8").splitlines()
    digest = hashlib.sha256((copy / file).read_bytes()).hexdigest()
    fresh = [f"{digest}  {file}" if line.endswith(file) else line for line in lines]
    (copy / CHECKSUMS).write_text("\n".join(fresh) + "\n", "utf-8")
    return copy


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
@pytest.mark.parametrize("file", ["model.onnx", CALIBRATION, CHECKSUMS])
def test_without_its_model_the_rule_score_stands_in(
    tmp_path: Path, file: str, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A missing or altered file is told once in the log, and prompts are judged by rules."""
    caplog.set_level(logging.WARNING)
    stand_in = open_complexity(LocalClass.MEDIUM, damaged(tmp_path, file, content))
    assert isinstance(stand_in, RuleComplexity)
    assert len(caplog.records) == 1
    assert "models/complexity" in caplog.text


@pytest.mark.parametrize(
    ("file", "content"), [("model.onnx", b"not a model"), (CALIBRATION, b"{}"), (CALIBRATION, b"[")]
)
def test_a_file_that_says_nothing_is_damaged(tmp_path: Path, file: str, content: bytes) -> None:
    """A checksum that fits does not make a file usable."""
    copy = relisted(damaged(tmp_path, file, content), file)
    with pytest.raises(ModelDamaged, match=file):
        TrainedComplexity(directory=copy)


def test_the_whole_model_is_used_where_it_is_sound() -> None:
    """The stand-in is the exception."""
    assert isinstance(open_complexity(LocalClass.GUIDE), TrainedComplexity)


def test_the_score_follows_the_model_in_use() -> None:
    """A more able model that is put to use while the program runs gets more to do at once."""
    in_use = [LocalClass.GUIDE]
    following = ScoreInUse(lambda: in_use[0])
    prompt = [Message(Role.USER, "Explain how tides come about.")]
    for local in (LocalClass.GUIDE, LocalClass.LARGE, LocalClass.GUIDE):
        in_use[0] = local
        alone = TrainedComplexity(local)
        assert following.score(prompt) == alone.score(prompt)
        assert following.threshold_for_share(0.3) == alone.threshold_for_share(0.3)
    guide, large = (TrainedComplexity(kind) for kind in (LocalClass.GUIDE, LocalClass.LARGE))
    assert guide.score(prompt) > large.score(prompt)
