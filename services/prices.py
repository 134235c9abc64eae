"""What cloud models cost: a list that the person can correct.

``services/prices.json`` holds OpenAI's list prices of its chat models on the
date ``as_of`` (openai.com/api/pricing, standard tier, without discounts for
cached input). A file ``prices.json`` of the same form in the data folder
overrides and extends it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from services.domain import Usage
from services.errors import SettingsError

FILE_NAME = "prices.json"

_BUILT_IN = Path(__file__).parent / FILE_NAME
_DATE_SUFFIX = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$")
_PER_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Money per million tokens, read (``input``) and written (``output``)."""

    input: float
    output: float

    def of(self, usage: Usage) -> float:
        """What an exchange costs at this price."""
        return (
            usage.prompt_tokens * self.input + usage.completion_tokens * self.output
        ) / _PER_TOKENS


@dataclass(frozen=True, slots=True)
class Cost:
    """Money: ``amount`` in ``currency`` (an ISO 4217 code)."""

    amount: float
    currency: str


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices by model name, all in one currency, as they were on ``as_of``."""

    models: Mapping[str, Price]
    currency: str
    as_of: date

    def cost(self, model: str, usage: Usage) -> Cost | None:
        """The cost of an exchange; ``None`` for a model without a price.

        A dated name such as ``gpt-4o-2024-08-06`` has its own price if it is
        listed, else that of the name without the date.
        """
        name = model.strip().lower()
        price = self.models.get(name) or self.models.get(_DATE_SUFFIX.sub("", name))
        return Cost(price.of(usage), self.currency) if price else None

    def worst_cost(self, usage: Usage) -> Cost:
        """The cost at the highest listed prices, so that a budget surely holds."""
        prices = self.models.values()
        highest = Price(
            max((price.input for price in prices), default=0.0),
            max((price.output for price in prices), default=0.0),
        )
        return Cost(highest.of(usage), self.currency)


def load_prices(data_dir: Path | None = None) -> PriceList:
    """The built-in prices, overridden and extended by those in ``data_dir``.

    A file in another currency replaces the built-in list altogether, as sums
    of two currencies would mean nothing.

    Raises:
        SettingsError: the person's file cannot be read; says what is expected.
    """
    built_in = _read(_BUILT_IN)
    if data_dir is None or not (data_dir / FILE_NAME).exists():
        return built_in
    own = _read(data_dir / FILE_NAME)
    if own.currency != built_in.currency:
        return own
    models = MappingProxyType({**built_in.models, **own.models})
    return PriceList(models, own.currency, own.as_of)


def _read(path: Path) -> PriceList:
    try:
        content: Any = json.loads(path.read_text("utf-8"))
        currency = _currency(content["currency"])
        return PriceList(
            MappingProxyType(
                {
                    str(name).strip().lower(): Price(_money(row["input"]), _money(row["output"]))
                    for name, row in content["models"].items()
                }
            ),
            currency,
            date.fromisoformat(content["as_of"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise SettingsError("error.prices_file", file=str(path), allowed=_ALLOWED) from None


def _currency(value: str) -> str:
    if not re.fullmatch("[A-Z]{3}", value):
        raise ValueError("not a currency code")
    return value


def _money(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    if not 0 <= value < math.inf:
        raise ValueError("not a price")
    return float(value)


_ALLOWED = (
    '{"as_of": "2025-09-01", "currency": "USD", '
    '"models": {"my-model": {"input": 1.0, "output": 2.0}}}'
)
