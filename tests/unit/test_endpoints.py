"""Where models are reached. How the settings are read is in ``test_settings.py``."""

from __future__ import annotations

import pytest

from services.endpoints import without_credentials


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hush@h/v1", "https://…@h/v1"),
        ("postgresql://me@h/db", "postgresql://…@h/db"),
        ("http://h:1/v1", "http://h:1/v1"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    """Error messages and logs name the place, not who may enter."""
    assert without_credentials(url) == shown
