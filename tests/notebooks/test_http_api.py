"""The notebook about the HTTP entrance, executed against a running program."""

from __future__ import annotations

from tests.fakes.openai_server import FakeOpenAI
from tests.notebooks.running import Ran


def test_every_cell_runs(http_shown: Ran) -> None:
    """No cell was left out, none failed, and none had anything to complain about."""
    assert http_shown.complaints() == []


def test_it_takes_the_program_that_runs(http_shown: Ran) -> None:
    """It starts no second one."""
    assert "was running already." in http_shown.text
    assert "status: ok" in http_shown.text


def test_routes_are_shown(http_shown: Ran) -> None:
    """A table and a picture of where prompts would go, and why."""
    assert http_shown.pictures() == 1
    assert "bank account (IBAN)" in http_shown.text


def test_answers_say_where_they_came_from(http_shown: Ran, cloud: FakeOpenAI) -> None:
    """A private prompt is answered here although the cloud was named; a harmless one there."""
    assert "route: local for private_stays" in http_shown.text
    assert "cloud: word0 word1" in http_shown.text
    assert not any("Zitronenfalter77" in str(request.body) for request in cloud.requests)


def test_errors_and_figures_are_shown(http_shown: Ran) -> None:
    """An unknown model gets a sentence; the counters have counted."""
    assert "auto, local or cloud" in http_shown.text
    assert "nearside_answers_total" in http_shown.text
