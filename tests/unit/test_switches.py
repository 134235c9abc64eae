"""Categories that a person switched off."""

from __future__ import annotations

import pytest

from services.categories import CATEGORIES
from services.errors import SettingsError
from services.settings import load_settings
from services.switches import switched_off


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, set()),
        ("", set()),
        ("belief", {"belief"}),
        ("IP_address, belief ,", {"ip_address", "belief"}),
    ],
)
def test_words_become_categories(value: str | None, expected: set[str]) -> None:
    """Everything counts as private by default; case and spaces do not matter."""
    assert switched_off(value) == expected


def test_an_unknown_word_is_refused_with_all_that_are_known() -> None:
    """A slip must not leave somebody believing that it is switched off, or on."""
    with pytest.raises(SettingsError, match="helth") as caught:
        switched_off("belief,helth")
    assert all(category in str(caught.value) for category in CATEGORIES)


def test_the_setting_reaches_the_settings() -> None:
    """The variable of the documentation is the one that is read."""
    assert load_settings({"NEARSIDE_NOT_PRIVATE": "marker"}).not_private == {"marker"}
