"""What counts as this computer, and as the user's own network."""

from __future__ import annotations

import pytest

from services.addresses import is_loopback, is_near, near_url


def test_loopback_is_this_computer_only() -> None:
    """Everything else counts as exposed."""
    hosts = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.168.0.1", "nearside")  # noqa: S104
    assert [is_loopback(host) for host in hosts] == [True, True, True, False, False, False]


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("192.168.178.20", True),
        ("172.31.0.1", True),
        ("fd00::1", True),
        ("fe80::1%eth0", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:8.8.8.8", False),
        ("8.8.8.8", False),
        ("172.32.0.1", False),
        ("2001:4860:4860::8888", False),
        ("0.0.0.0", False),  # noqa: S104 - judged, not listened on
        ("::", False),
        ("240.0.0.1", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_what_is_near(address: str, near: bool) -> None:
    """Loopback and private addresses are near, all else is not."""
    assert is_near(address) is near


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
        (" http://localhost:1234/v1/ ", "http://localhost:1234/v1"),
        ("localhost:11434", "http://localhost:11434/v1"),
        ("192.168.1.5:8000", "http://192.168.1.5:8000/v1"),
        ("https://10.0.0.2/own/path", "https://10.0.0.2/own/path"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
    ],
)
def test_a_near_server_by_its_address(typed: str, url: str) -> None:
    """The usual scheme and path are added where they are missing."""
    assert near_url(typed) == url


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "http://",
        "https://api.openai.com/v1",
        "http://8.8.8.8/v1",
        "http://127.0.0.1.evil.example/v1",
        "http://127.0.0.1@evil.example/v1",
        "http://me:secret@127.0.0.1/v1",
        "http://127.0.0.1/v1?key=x",
        "http://127.0.0.1:99999/v1",
        "http://127.0.0.1:0/v1",
        "http://[::1/v1",
        "file:///etc/passwd",
        "ftp://127.0.0.1/v1",
    ],
)
def test_what_is_no_near_server(typed: str) -> None:
    """Other hosts, other schemes, passwords and what is no address are refused."""
    assert near_url(typed) is None
