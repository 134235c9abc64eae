"""The proxy of the user's network, if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from services.errors import SettingsError


def cloud_proxy(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy for the cloud at ``url``: ``HTTPS_PROXY``, unless ``NO_PROXY`` excepts it.

    Many company networks have no other way out. Only an ``https`` cloud goes
    through a proxy, as an encrypted tunnel: the proxy learns the host name and
    nothing else. Local servers are never asked through a proxy.

    Raises:
        SettingsError: the proxy is not an ``http`` or ``https`` URL.
    """
    parts = urlsplit(url)
    proxy = environ.get("https_proxy") or environ.get("HTTPS_PROXY")
    if parts.scheme != "https" or not proxy:
        return None
    excepted = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if _excepted(parts.hostname or "", excepted):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if urlsplit(proxy).scheme not in {"http", "https"} or not urlsplit(proxy).hostname:
        raise SettingsError(
            name="HTTPS_PROXY",
            value=proxy.split("://")[0] + "://…",
            allowed="a URL such as http://proxy.example.com:3128",
        )
    return proxy


def _excepted(host: str, exceptions: str) -> bool:
    """Whether ``NO_PROXY`` names the host, a domain above it, or everything (``*``)."""
    names = (name.strip().lower().lstrip(".") for name in exceptions.split(","))
    return any(name == "*" or host == name or host.endswith(f".{name}") for name in names if name)
