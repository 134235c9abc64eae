"""Where models are reached. How the settings are read is in ``test_settings.py``."""

from __future__ import annotations

import pytest

from services.endpoints import is_loopback, without_credentials


def test_loopback_is_this_computer_only() -> None:
    """Everything else counts as exposed."""
    hosts = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.168.0.1", "nearside")  # noqa: S104
    assert [is_loopback(host) for host in hosts] == [True, True, True, False, False, False]


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
