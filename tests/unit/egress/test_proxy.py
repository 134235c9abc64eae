"""The proxy of a company network."""

from __future__ import annotations

import pytest

from services.egress.proxy import cloud_proxy
from services.errors import SettingsError

CLOUD = "https://api.openai.com/v1"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_the_users_proxy_is_honoured(name: str) -> None:
    """Both spellings count."""
    assert cloud_proxy(CLOUD, {name: "http://proxy:3128"}) == "http://proxy:3128"


def test_a_proxy_without_a_scheme_is_http() -> None:
    """As in curl, ``proxy:3128`` is enough."""
    assert cloud_proxy(CLOUD, {"HTTPS_PROXY": "proxy:3128"}) == "http://proxy:3128"


def test_no_proxy_when_none_is_set() -> None:
    """Without the variable the connection is direct; HTTP_PROXY does not count."""
    assert cloud_proxy(CLOUD, {"HTTP_PROXY": "http://proxy:3128"}) is None


def test_plain_http_never_goes_through_a_proxy() -> None:
    """A proxy would read an unencrypted request."""
    assert cloud_proxy("http://192.168.1.2/v1", {"HTTPS_PROXY": "http://proxy"}) is None


@pytest.mark.parametrize("excepted", ["*", "openai.com", ".openai.com", "a.b, api.openai.com"])
def test_exceptions_are_honoured(excepted: str) -> None:
    """NO_PROXY names the host, a domain above it, or everything."""
    assert cloud_proxy(CLOUD, {"HTTPS_PROXY": "http://p", "NO_PROXY": excepted}) is None


def test_other_exceptions_do_not_count() -> None:
    """A host that only ends alike goes through the proxy."""
    environ = {"HTTPS_PROXY": "http://p", "NO_PROXY": "enai.com,localhost"}
    assert cloud_proxy(CLOUD, environ) == "http://p"


def test_a_proxy_of_another_kind_is_a_clear_sentence() -> None:
    """The variable is named, a password in it is not shown."""
    with pytest.raises(SettingsError) as caught:
        cloud_proxy(CLOUD, {"HTTPS_PROXY": "socks5://user:secret@proxy"})
    assert "HTTPS_PROXY" in str(caught.value)
    assert "secret" not in str(caught.value)
