"""The chat's controls as plain data."""

from __future__ import annotations

import pytest

from services.controls import STARTERS, route_picker, settings_panel, starters
from services.domain import Mode, PrivatePolicy
from services.preferences import Preferences
from tests.source import ROOT


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_picker_offers_three_ways(language: str) -> None:
    """Auto is preselected; without a cloud its option says that there is none."""
    picker = route_picker(language, cloud=False)
    assert [option["id"] for option in picker["options"]] == ["auto", "local", "cloud"]
    assert [option["default"] for option in picker["options"]] == [True, False, False]
    with_cloud = route_picker(language, cloud=True)["options"][2]["description"]
    assert with_cloud != picker["options"][2]["description"]


def test_the_picker_shows_what_was_picked() -> None:
    """A conversation goes on with its last choice, except with a cloud that is gone."""

    def shown(picked: Mode, *, cloud: bool) -> list[str]:
        options = route_picker("en", picked, cloud=cloud)["options"]
        return [option["id"] for option in options if option["default"]]

    assert shown(Mode.LOCAL, cloud=False) == ["local"]
    assert shown(Mode.CLOUD, cloud=True) == ["cloud"]
    assert shown(Mode.CLOUD, cloud=False) == ["auto"]


def test_the_panel_shows_what_is_set() -> None:
    """The panel starts from the conversation's present settings."""
    wanted = Preferences("short", "exact", "Sei knapp.", "little")
    panel = settings_panel("de", PrivatePolicy.ASK, wanted, temporary=True)
    assert {control["id"]: control["initial"] for control in panel} == {
        "policy": "ask",
        "length": "short",
        "style": "exact",
        "context": "little",
        "instructions": "Sei knapp.",
        "temporary": True,
    }
    assert [item["value"] for item in panel[0]["items"]] == ["local", "redact", "ask"]


def test_every_first_prompt_has_its_picture() -> None:
    """Labels, prompts and icons are there in both languages."""
    for language in ("en", "de"):
        for starter in starters(language):
            assert starter["label"]
            assert starter["message"]
            assert (ROOT / starter["icon"].lstrip("/")).is_file()
    assert len(starters("en")) == len(STARTERS)
