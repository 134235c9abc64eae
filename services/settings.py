"""Settings, read once from the environment and ``.env``; secrets are masked.

The names and defaults are those of the README; :data:`NAMES` lists them.
"""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import platformdirs
from dotenv import dotenv_values

from services.domain import PrivatePolicy
from services.errors import SettingsError
from services.local_choice import BUILTIN, chosen_model

NAMES = (
    "NEARSIDE_LOCAL_MODEL",
    "NEARSIDE_LOCAL_URL",
    "NEARSIDE_LOCAL_API_KEY",
    "NEARSIDE_TRUST_LOCAL_URL",
    "NEARSIDE_CLOUD_URL",
    "NEARSIDE_CLOUD_API_KEY",
    "NEARSIDE_CLOUD_MODEL",
    "NEARSIDE_CLOUD_KIND",
    "NEARSIDE_CLOUD_API_VERSION",
    "NEARSIDE_CLOUD_SHARE",
    "NEARSIDE_CLOUD_BUDGET",
    "NEARSIDE_DATABASE_URL",
    "NEARSIDE_DATA_DIR",
    "NEARSIDE_PRIVATE_POLICY",
    "NEARSIDE_API_KEY",
    "NEARSIDE_PASSWORD",
    "NEARSIDE_HOSTS",
)
"""Every variable of ours. Where a cloud variable is unset, the field's own
names are honoured; see :func:`_cloud`."""

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


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one run; see CONTRACT names in :data:`NAMES`."""

    data_dir: Path
    database_url: str
    local_model: str = "builtin"
    local_url: str | None = None
    local_api_key: Secret = field(default_factory=lambda: Secret(""))
    trust_local_url: bool = False
    cloud: CloudSettings | None = None
    private_policy: PrivatePolicy = PrivatePolicy.LOCAL
    cloud_share: float = 0.3
    cloud_budget: float | None = None
    api_key: Secret | None = None
    password: Secret | None = None
    hosts: tuple[str, ...] = ()


def load_settings(environ: Mapping[str, str] | None = None, dotenv: Path | None = None) -> Settings:
    """Read the settings: ``environ`` (default: the process's) wins over ``dotenv``.

    Raises:
        SettingsError: a value that cannot be used; names variable and remedy.
    """
    dotenv = Path(".env") if dotenv is None else dotenv
    values: dict[str, str] = {}
    if dotenv.is_file():
        values.update({k: v for k, v in dotenv_values(dotenv).items() if v is not None})
    values.update(os.environ if environ is None else environ)
    values = {name: value.strip() for name, value in values.items() if value.strip()}
    get = values.get

    data_dir = Path(get("NEARSIDE_DATA_DIR") or platformdirs.user_data_dir("nearside", False))
    data_dir = data_dir.expanduser().absolute()
    trust = _flag(values, "NEARSIDE_TRUST_LOCAL_URL")
    return Settings(
        data_dir=data_dir,
        database_url=_database_url(values, data_dir),
        local_model=get("NEARSIDE_LOCAL_MODEL")
        or (BUILTIN if "NEARSIDE_LOCAL_URL" in values else chosen_model(data_dir)),
        local_url=_local_url(values, trust),
        local_api_key=Secret(get("NEARSIDE_LOCAL_API_KEY") or ""),
        trust_local_url=trust,
        cloud=_cloud(values),
        private_policy=_policy(values),
        cloud_share=_number(values, "NEARSIDE_CLOUD_SHARE", 0.3, highest=1.0),
        cloud_budget=_number(values, "NEARSIDE_CLOUD_BUDGET", None),
        api_key=_secret(values, "NEARSIDE_API_KEY"),
        password=_secret(values, "NEARSIDE_PASSWORD"),
        hosts=tuple(
            host.lower() for host in (get("NEARSIDE_HOSTS") or "").replace(",", " ").split()
        ),
    )


def _bad(name: str, value: str, allowed: str) -> SettingsError:
    return SettingsError(name=name, value=value, allowed=allowed)


def _secret(values: Mapping[str, str], name: str) -> Secret | None:
    value = values.get(name)
    return Secret(value) if value else None


def _flag(values: Mapping[str, str], name: str) -> bool:
    value = values.get(name, "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise _bad(name, value, "0 or 1")


_Default = TypeVar("_Default", float, None)


def _number(
    values: Mapping[str, str], name: str, default: _Default, highest: float = math.inf
) -> float | _Default:
    value = values.get(name)
    if value is None:
        return default
    allowed = "a number from 0 to 1" if highest == 1.0 else "a number of at least 0"
    try:
        number = float(value)
    except ValueError:
        raise _bad(name, value, allowed) from None
    if not 0 <= number <= highest or number == math.inf:
        raise _bad(name, value, allowed)
    return number


def _policy(values: Mapping[str, str]) -> PrivatePolicy:
    value = values.get("NEARSIDE_PRIVATE_POLICY", "local").lower()
    try:
        return PrivatePolicy(value)
    except ValueError:
        raise _bad("NEARSIDE_PRIVATE_POLICY", value, "local, redact or ask") from None


def _url(name: str, value: str) -> str:
    allowed = "a URL such as https://api.example.com/v1"
    try:
        parts = urlsplit(value)
        hostname, _ = parts.hostname, parts.port
    except ValueError:
        raise _bad(name, _without_credentials(value), allowed) from None
    if parts.scheme not in {"http", "https"} or not hostname:
        raise _bad(name, _without_credentials(value), allowed)
    return value.rstrip("/")


def _without_credentials(url: str) -> str:
    return url.split("://")[0] + "://…@" + url.rsplit("@", 1)[1] if "@" in url else url


def _local_url(values: Mapping[str, str], trust: bool) -> str | None:
    name = "NEARSIDE_LOCAL_URL"
    value = values.get(name)
    if value is None:
        return None
    url = _url(name, value)
    host = urlsplit(url).hostname or ""
    if not trust and not _is_near(host):
        raise _bad(
            name,
            _without_credentials(url),
            "an address on this computer or in a private network; if this server is "
            "really yours, set NEARSIDE_TRUST_LOCAL_URL=1",
        )
    return url


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this computer and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_near(host: str) -> bool:
    """Whether ``host`` is loopback or private by its very name.

    Names other than ``localhost`` are not looked up: what a name resolves to
    can change between the check and the request.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or (
        address.is_private and not address.is_unspecified and not address.is_reserved
    )


def _database_url(values: Mapping[str, str], data_dir: Path) -> str:
    value = values.get("NEARSIDE_DATABASE_URL")
    if value is None:
        return f"sqlite+aiosqlite:///{data_dir / 'history.db'}"
    scheme = value.split("://")[0]
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
    }
    if scheme.split("+")[0] not in drivers or "://" not in value:
        raise _bad(
            "NEARSIDE_DATABASE_URL",
            _without_credentials(value),
            "a SQLAlchemy URL such as sqlite:///history.db or postgresql://host/name",
        )
    return value if "+" in scheme else value.replace(scheme, drivers[scheme], 1)


def _cloud(values: Mapping[str, str]) -> CloudSettings | None:
    """The cloud endpoint: ours, else Azure's, LLMaaS's or OpenAI's own names.

    A key is only ever sent to the endpoint that it was set for: with
    ``NEARSIDE_CLOUD_URL`` no key of another vendor is borrowed.
    """
    get = values.get
    kind = get("NEARSIDE_CLOUD_KIND", "").lower()
    if kind not in {"", "openai", "azure"}:
        raise _bad("NEARSIDE_CLOUD_KIND", kind, "openai or azure")
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
            raise _bad("NEARSIDE_CLOUD_URL", "", "the endpoint of your Azure OpenAI resource")
        return None
    return CloudSettings(
        url=_url(source, url),
        model=get("NEARSIDE_CLOUD_MODEL") or DEFAULT_CLOUD_MODEL,
        api_key=Secret(key or ""),
        kind=kind or "openai",
        api_version=get("NEARSIDE_CLOUD_API_VERSION")
        or (AZURE_API_VERSION if kind == "azure" else None),
    )
