"""``python run.py calibrate`` on a real history."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from services.calibrate import main, told
from services.domain import AnswerStatus, Mode, Route
from services.history.ratings import Ratings
from services.history.store import opened
from services.routing.calibration import LEAST, Calibration, Calibrations
from services.routing.rule_score import RuleComplexity
from services.settings import load_settings
from tests.unit.history.builders import answer, facts, prompt

CODE = "Write a python function that sorts a list of numbers, please."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An English terminal whose data are nowhere else."""
    monkeypatch.setenv("NEARSIDE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


async def judge(count: int, *, good: bool, model: str = "builtin") -> None:
    """A history with so many judged answers of ``model``."""
    async with opened(load_settings()) as store:
        for number in range(count):
            asked, answered = f"{model}-q{number}", f"{model}-a{number}"
            await store.add_prompt(prompt(asked, CODE, asked), user_id="local", title="Code")
            await store.begin_answer(answer(answered, conversation=asked, reply_to=asked))
            here = facts(route=Route.LOCAL, mode=Mode.AUTO, model=model)
            await store.finish_answer(answered, "def f(): ...", AnswerStatus.COMPLETE, here)
            await Ratings(store.database).rate(answered, int(good))


def test_with_nothing_judged_nothing_changes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what is missing, and makes no file of a history that is not there."""
    assert main([]) == 1
    assert f"0 judged answers of the local model so far, and at least {LEAST}" in (
        capsys.readouterr().out
    )
    assert not folder.exists()


def test_it_learns_says_so_and_forgets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad local answers about code send code to the cloud sooner, until it is undone."""
    asyncio.run(judge(LEAST, good=False))
    assert main([]) == 0
    said = capsys.readouterr().out
    assert f"Learned from {LEAST} judged answers of built-in guide: {LEAST} would not do" in said
    assert "sooner than it did: programming" in said
    learned = Calibrations(folder).of("builtin")
    assert learned.shift > 0
    assert learned.kinds["code"] > 0
    assert main(["--reset"]) == 0
    assert Calibrations(folder).of("builtin") == Calibration()
    assert main(["--reset"]) == 0
    assert "Nothing had been learned" in capsys.readouterr().out


def test_learning_again_starts_from_the_shipped_score(folder: Path) -> None:
    """What was learned before is not learned once more."""
    asyncio.run(judge(LEAST, good=False))
    main([])
    first = Calibrations(folder).of("builtin")
    main([])
    assert Calibrations(folder).of("builtin") == first


def test_each_local_model_learns_from_its_own_answers(folder: Path) -> None:
    """The newest judged answer tells which model is meant; the others stay as they are."""
    asyncio.run(judge(LEAST, good=False))
    main([])
    asyncio.run(judge(LEAST, good=True, model="phi-4-mini"))
    assert main([]) == 0
    calibrations = Calibrations(folder)
    assert calibrations.of("phi-4-mini").bad == 0
    assert calibrations.of("builtin").bad == LEAST


def test_what_cannot_be_done_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence and status 2."""
    assert main(["--all"]) == 2
    asyncio.run(judge(LEAST, good=False))
    (folder / "calibration.new").mkdir()
    assert main([]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 2
    assert str(folder) in said


def test_the_words_follow_the_figures() -> None:
    """A kind that stays here more often is told as such, a tiny shift not at all."""
    calibration = Calibration(-0.5, {"code": -0.4, "maths": 0.01}, 40, 5)
    text = " ".join(told("phi-4-mini", calibration, RuleComplexity(), 0.3, "de"))
    assert "öfter auf diesem Computer als bisher: Programmieren" in text
    assert "Mathematik" not in text
