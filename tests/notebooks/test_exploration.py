"""The exploration, executed from top to bottom."""

from __future__ import annotations

import re

from services.history.engine import connect
from services.history.ledger import LedgerReader
from tests.notebooks.conftest import SECRET, WithCloud
from tests.notebooks.running import Ran

FOREIGN = re.compile(r"""(?:src|href)=["'](?:https?:)?//|@import|url\(["']?(?:https?:)?//""")


def test_every_cell_runs_without_a_network(explored: Ran) -> None:
    """No cell was left out, none failed, and none had anything to complain about."""
    assert explored.complaints() == []


def test_every_cell_runs_with_a_cloud_and_a_history(explored_with_cloud: WithCloud) -> None:
    """The same where there is everything."""
    assert explored_with_cloud.ran.complaints() == []


def test_every_section_has_its_picture(explored: Ran) -> None:
    """Scores, stream, categories, curves, calibration, thresholds, share, speed, stream."""
    assert explored.pictures() == 9


def test_a_prompts_way_is_shown(explored: Ran) -> None:
    """Passages are marked and named, and the decision is explained in words."""
    assert re.search(r"<mark[^>]*>anna\.schulz@posteo\.de</mark>", explored.text)
    assert "e-mail address" in explored.text
    assert "so it stays on this computer" in explored.text
    assert "cloud: 1 messages, 2 left out" in explored.text


def test_what_is_not_there_is_said(explored: Ran) -> None:
    """Without a cloud and without a history there are sentences, not empty pictures."""
    assert "No cloud is set up, so nothing can leave." in explored.text
    assert "There is no history yet." in explored.text
    assert "judged by people, not measured" in explored.text


def test_the_missed_ones_are_listed(explored: Ran) -> None:
    """The privacy check's own mistakes are part of the picture."""
    missed = re.search(r"(\d+) private prompts were missed", explored.text)
    assert missed
    listed = explored.text[missed.end() :].partition("harmless prompts were taken")[0]
    assert listed.count("<tr>") == int(missed[1])


def test_the_answers_of_the_exercises_do_what_they_say(explored: Ran) -> None:
    """The rule keeps, the category is found, the other model answers."""
    assert "messages with “Aurora” are always answered on this computer" in explored.text
    assert "local with [('personnel_number', 29, 36)" in explored.text
    assert "That was 5 words.\nlocal, complete, by word-counter" in explored.text


def test_the_page_carries_everything(explored: Ran) -> None:
    """The rendered page shows all pictures, needs no widget and loads nothing."""
    page = explored.page.read_text("utf-8")
    assert page.count("data:image/png;base64,") == explored.pictures()
    assert "Here JupyterLab shows a slider" in page
    assert "<script" not in page
    assert not FOREIGN.search(page)


def test_a_cloud_fills_its_half(explored_with_cloud: WithCloud) -> None:
    """Both sides are timed, and the cloud's answers have a price."""
    text = explored_with_cloud.ran.text
    assert "Cloud: gpt-4o-mini at 127.0.0.1" in text
    assert "No cloud is set up" not in text
    assert text.count(" USD") >= 3


def test_the_cloud_gets_what_the_cell_names(explored_with_cloud: WithCloud) -> None:
    """Three harmless questions leave, nothing of the history or the other cells."""
    asked = explored_with_cloud.asked
    assert len(asked) == 3
    for question, body in zip(("page Models", "line under", "rule of my own"), asked, strict=True):
        assert question in body
    assert not re.search("Zitronenfalter|asthma|posteo", "".join(asked))


async def test_what_left_is_in_the_persons_ledger(explored_with_cloud: WithCloud) -> None:
    """Whatever a notebook sends is listed where everything is listed."""
    data_dir = explored_with_cloud.data_dir
    database = connect(f"sqlite+aiosqlite:///{data_dir / 'history.db'}", data_dir)
    try:
        assert (await LedgerReader(database).totals()).sent == 1 + len(explored_with_cloud.asked)
    finally:
        await database.aclose()


def test_the_history_is_told_without_its_texts(explored_with_cloud: WithCloud) -> None:
    """Routes, reasons and costs of real rows; of what was said, nothing."""
    ran = explored_with_cloud.ran
    assert "3 answers from" in ran.text
    assert "There is no history yet" not in ran.text
    assert "your choice" in ran.text
    assert SECRET not in ran.page.read_text("utf-8")
    assert ran.pictures() == 11
