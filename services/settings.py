"""Settings, read once from the environment and ``.env``; secrets are masked.

The names and defaults are those of ``docs/reference/settings.md``; :data:`NAMES` lists them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import platformdirs
from dotenv import dotenv_values

from services.domain import PrivatePolicy
from services.endpoints import (
    CloudSettings,
    Secret,
    catalog_url_of,
    cloud_of,
    local_url_of,
    without_credentials,
    wrong,
)
from services.local_choice import BUILTIN, LocalChoice, kept_choice
from services.switches import switched_off

NAMES = (
    "NEARSIDE_LOCAL_MODEL",
    "NEARSIDE_LOCAL_URL",
    "NEARSIDE_LOCAL_API_KEY",
    "NEARSIDE_TRUST_LOCAL_URL",
    "NEARSIDE_CATALOG_URL",
    "NEARSIDE_THREADS",
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
    "NEARSIDE_NOT_PRIVATE",
    "NEARSIDE_API_KEY",
    "NEARSIDE_PASSWORD",
    "NEARSIDE_HOSTS",
)
"""Every variable of ours. Where a cloud variable is unset, the field's own
names are honoured; see :func:`services.endpoints.cloud_of`."""

_PINNING = ("NEARSIDE_LOCAL_URL", "NEARSIDE_LOCAL_MODEL")
MOST_THREADS = 256
"""More than any computer's that this is made for: a larger number is a slip."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one run; see :data:`NAMES`.

    ``threads`` is how many the local model computes with; ``None`` leaves it to
    the model's folder and the library. ``local_pinned`` is the variable that sets
    the local model, where one does, so that no choice counts.
    """

    data_dir: Path
    database_url: str
    local_model: str = "builtin"
    local_url: str | None = None
    local_api_key: Secret = field(default_factory=lambda: Secret(""))
    trust_local_url: bool = False
    local_pinned: str | None = None
    catalog_url: str | None = None
    threads: int | None = None
    cloud: CloudSettings | None = None
    private_policy: PrivatePolicy = PrivatePolicy.LOCAL
    not_private: frozenset[str] = frozenset()
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
    pinned = next((name for name in _PINNING if name in values), None)
    if pinned:
        choice = LocalChoice(get("NEARSIDE_LOCAL_MODEL") or "", local_url_of(values, trust))
    else:
        choice = kept_choice(data_dir)
    return Settings(
        data_dir=data_dir,
        database_url=_database_url(values, data_dir),
        local_model=choice.model or BUILTIN,
        local_url=choice.url,
        # The key belongs to the address beside it, not to a server that was chosen.
        local_api_key=Secret((pinned and get("NEARSIDE_LOCAL_API_KEY")) or ""),
        trust_local_url=trust and pinned is not None,
        local_pinned=pinned,
        catalog_url=catalog_url_of(values),
        threads=_threads(values),
        cloud=cloud_of(values),
        private_policy=_policy(values),
        not_private=switched_off(get("NEARSIDE_NOT_PRIVATE")),
        cloud_share=_number(values, "NEARSIDE_CLOUD_SHARE", 0.3, highest=1.0),
        cloud_budget=_number(values, "NEARSIDE_CLOUD_BUDGET", None),
        api_key=_secret(values, "NEARSIDE_API_KEY"),
        password=_secret(values, "NEARSIDE_PASSWORD"),
        hosts=tuple((get("NEARSIDE_HOSTS") or "").lower().replace(",", " ").split()),
    )


def _secret(values: Mapping[str, str], name: str) -> Secret | None:
    value = values.get(name)
    return Secret(value) if value else None


def _flag(values: Mapping[str, str], name: str) -> bool:
    value = values.get(name, "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise wrong(name, value, "0 or 1")


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
        raise wrong(name, value, allowed) from None
    if not 0 <= number <= highest or number == math.inf:
        raise wrong(name, value, allowed)
    return number


def _threads(values: Mapping[str, str]) -> int | None:
    name = "NEARSIDE_THREADS"
    value = values.get(name, "auto").lower()
    if value == "auto":
        return None
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= MOST_THREADS):
        raise wrong(name, value, f"auto, or a whole number from 1 to {MOST_THREADS}")
    return int(value)


def _policy(values: Mapping[str, str]) -> PrivatePolicy:
    value = values.get("NEARSIDE_PRIVATE_POLICY", "local").lower()
    try:
        return PrivatePolicy(value)
    except ValueError:
        raise wrong("NEARSIDE_PRIVATE_POLICY", value, "local, redact or ask") from None


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
        raise wrong(
            "NEARSIDE_DATABASE_URL",
            without_credentials(value),
            "a SQLAlchemy URL such as sqlite:///history.db or postgresql://host/name",
        )
    return value if "+" in scheme else value.replace(scheme, drivers[scheme], 1)
