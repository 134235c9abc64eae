"""Where models are reached, as the settings say: servers, their keys, their addresses.

Pure: the values come from the caller, and no name is looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from services.addresses import is_near_host
from services.errors import SettingsError

DEFAULT_CLOUD_MODEL = "gpt-4o-mini"
AZURE_API_VERSION = "2024-10-21"
LLMAAS_URL = "https://api.ai.cloud-temple.com/v1"


class Secret(str):
    """A string that shows itself masked in ``repr`` and so in logs."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{mask(self)}'"


def mask(secret: str) -> str:
    """``secret`` made safe to show: its last two characters, if it is long."""
    return f"…{secret[-2:]}" if len(secret) >= 8 else "…"


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """An OpenAI-compatible endpoint outside this computer."""

    url: str
    model: str
    api_key: Secret = field(default_factory=lambda: Secret(""))
    kind: str = "openai"
    api_version: str | None = None

    @property
    def host(self) -> str:
        """The destination as a person knows it, without path or credentials."""
        return urlsplit(self.url).hostname or self.url


def cloud_of(values: Mapping[str, str]) -> CloudSettings | None:
    """The cloud endpoint: ours, else Azure's, LLMaaS's or OpenAI's own names.

    A key is only ever sent to the endpoint that it was set for: with
    ``NEARSIDE_CLOUD_URL`` no key of another vendor is borrowed.

    Raises:
        SettingsError: a value that cannot be used.
    """
    get = values.get
    kind = get("NEARSIDE_CLOUD_KIND", "").lower()
    if kind not in {"", "openai", "azure"}:
        raise wrong("NEARSIDE_CLOUD_KIND", kind, "openai or azure")
    url, key = get("NEARSIDE_CLOUD_URL"), get("NEARSIDE_CLOUD_API_KEY")
    source = "NEARSIDE_CLOUD_URL"
    if not url:
        if (
            get("AZURE_OPENAI_ENDPOINT")
            and (key or get("AZURE_OPENAI_API_KEY"))
            and kind != "openai"
        ):
            source, url, kind = "AZURE_OPENAI_ENDPOINT", get("AZURE_OPENAI_ENDPOINT"), "azure"
            key = key or get("AZURE_OPENAI_API_KEY")
        elif get("LLMAAS_API_KEY") and kind != "azure":
            source, url = "API_URL", get("API_URL") or LLMAAS_URL
            key = key or get("LLMAAS_API_KEY")
        elif (key or get("OPENAI_API_KEY") or get("OPENAI_BASE_URL")) and kind != "azure":
            source, url = "OPENAI_BASE_URL", get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
            key = key or get("OPENAI_API_KEY")
    if not url:
        if kind == "azure":
            raise wrong("NEARSIDE_CLOUD_URL", "", "the endpoint of your Azure OpenAI resource")
        return None
    return CloudSettings(
        url=_url(source, url),
        model=get("NEARSIDE_CLOUD_MODEL") or DEFAULT_CLOUD_MODEL,
        api_key=Secret(key or ""),
        kind=kind or "openai",
        api_version=get("NEARSIDE_CLOUD_API_VERSION")
        or (AZURE_API_VERSION if kind == "azure" else None),
    )


def _url(name: str, value: str) -> str:
    allowed = "a URL such as https://api.example.com/v1"
    try:
        parts = urlsplit(value)
        hostname, _ = parts.hostname, parts.port
    except ValueError:
        raise wrong(name, without_credentials(value), allowed) from None
    if parts.scheme not in {"http", "https"} or not hostname:
        raise wrong(name, without_credentials(value), allowed)
    return value.rstrip("/")


def without_credentials(url: str) -> str:
    """``url`` as it may be shown: without user name and password."""
    return url.split("://")[0] + "://…@" + url.rsplit("@", 1)[1] if "@" in url else url


def local_url_of(values: Mapping[str, str], trust: bool) -> str | None:
    """The server that counts as local; with ``trust`` wherever it is.

    Raises:
        SettingsError: it is no URL, or somebody else's computer as far as one can see.
    """
    name = "NEARSIDE_LOCAL_URL"
    value = values.get(name)
    if value is None:
        return None
    url = _url(name, value)
    host = urlsplit(url).hostname or ""
    if not trust and not is_near_host(host):
        raise wrong(
            name,
            without_credentials(url),
            "an address on this computer or in a private network; if this server is "
            "really yours, set NEARSIDE_TRUST_LOCAL_URL=1",
        )
    return url


def catalog_url_of(values: Mapping[str, str]) -> str | None:
    """The catalog of local models that is asked in place of Foundry Local's own.

    Raises:
        SettingsError: it is no URL.
    """
    name = "NEARSIDE_CATALOG_URL"
    value = values.get(name)
    return _url(name, value) if value else None


def wrong(name: str, value: str, allowed: str) -> SettingsError:
    """The error for a value that cannot be used."""
    return SettingsError(name=name, value=value, allowed=allowed)
