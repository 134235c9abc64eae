"""The services of a notebook, and the comparison of both sides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from notebooks.asking import ask, decide
from notebooks.opening import open_nearside, settings_here
from notebooks.sides import COST, FIRST, both, compared, sides_picture
from services.domain import Mode
from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI


async def test_without_a_cloud_nothing_is_written(data_dir: Path) -> None:
    """The person's data folder is not even made; the answer is the local model's."""
    nearside = await open_nearside()
    try:
        answer = await ask(nearside.services, "Hello!")
        assert answer.facts.model == "builtin"
        assert answer.text
        assert nearside.sentence.startswith("Local model: builtin. No cloud is set up")
        assert not (await decide(nearside.services, "Hello!", cloud=False)).private
    finally:
        await nearside.aclose()
    assert not os.path.exists(data_dir)  # noqa: ASYNC240, PTH110 - nothing else runs


async def test_a_cloud_that_fails_is_a_row_not_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table says where the answer came from instead, and the picture claims nothing."""
    async with FakeOpenAI(Script(behaviour="unauthorized")) as cloud:
        monkeypatch.setenv("NEARSIDE_CLOUD_URL", cloud.url)
        nearside = await open_nearside()
        try:
            table = compared(await both(nearside, ["Hello!"]))
        finally:
            await nearside.aclose()
    assert table["asked"].tolist() == [Mode.LOCAL.value, Mode.CLOUD.value]
    assert table["route"].tolist() == ["local", "local"]
    assert table[COST].tolist() == ["none", "none"]
    assert table[FIRST].notna().all()
    left, _ = sides_picture(table).axes
    assert left.texts[1].get_text() == "not measured"


def test_the_data_folder_is_relative_to_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a notebook runs, it takes the folder that the chat takes beside ``run.py``."""
    monkeypatch.setenv("NEARSIDE_DATA_DIR", "build/no-such-folder")
    here = Path.cwd()
    assert settings_here().data_dir == Path(__file__).parents[2] / "build" / "no-such-folder"
    assert Path.cwd() == here
