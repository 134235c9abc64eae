"""What cloud answers cost."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from services.domain import Usage
from services.errors import SettingsError
from services.prices import Cost, PriceList, load_prices

MILLION = Usage(1_000_000, 1_000_000)


def write(folder: Path, content: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "prices.json").write_text(
        content if isinstance(content, str) else json.dumps(content), "utf-8"
    )
    return folder


def test_input_and_output_have_their_own_price() -> None:
    """A million tokens each cost the sum of both prices; one token a millionth."""
    prices = load_prices()
    assert prices.cost("gpt-4o-mini", MILLION) == Cost(0.75, "USD")
    assert prices.cost("gpt-4o-mini", Usage(1000, 0)) == Cost(0.00015, "USD")


@pytest.mark.parametrize(
    ("name", "same_as"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("gpt-4-0613", "gpt-4"),
        ("o3-20250416", "o3"),
        (" GPT-4.1 ", "gpt-4.1"),
    ],
)
def test_dates_in_names_are_ignored(name: str, same_as: str) -> None:
    """A dated model costs what its family costs."""
    prices = load_prices()
    assert prices.cost(name, MILLION) == prices.cost(same_as, MILLION)


def test_a_dated_name_may_have_a_price_of_its_own() -> None:
    """The exact name goes before the name without its date."""
    assert load_prices().cost("gpt-4o-2024-05-13", MILLION) == Cost(20.0, "USD")


@pytest.mark.parametrize("name", ["", "llama-3", "gpt-4o-audio-preview", "my-gpt-4o"])
def test_an_unlisted_model_has_no_cost(name: str) -> None:
    """Nothing is guessed from similar names."""
    assert load_prices().cost(name, MILLION) is None


def test_the_worst_cost_is_no_less_than_any() -> None:
    """At the highest prices every listed model is covered."""
    prices = load_prices()
    for usage in (Usage(1000, 0), Usage(0, 1000), MILLION):
        worst = prices.worst_cost(usage).amount
        assert all(price.of(usage) <= worst for price in prices.models.values())
    assert prices.worst_cost(MILLION) == Cost(90.0, "USD")


def test_a_file_of_ones_own_overrides_and_extends(tmp_path: Path) -> None:
    """Own prices win, others stay."""
    own = {
        "as_of": "2026-01-02",
        "currency": "USD",
        "models": {"gpt-4o": {"input": 1, "output": 1}, "Mine": {"input": 0, "output": 0.5}},
    }
    prices = load_prices(write(tmp_path / "data", own))
    assert prices.cost("gpt-4o", MILLION) == Cost(2.0, "USD")
    assert prices.cost("mine", MILLION) == Cost(0.5, "USD")
    assert prices.cost("gpt-4o-mini", MILLION) == Cost(0.75, "USD")
    assert prices.as_of == date(2026, 1, 2)


def test_another_currency_replaces_the_list(tmp_path: Path) -> None:
    """Dollar prices are not mixed into a list in euros."""
    own = {"as_of": "2026-01-02", "currency": "EUR", "models": {"m": {"input": 1, "output": 2}}}
    prices = load_prices(write(tmp_path / "data", own))
    assert prices.cost("m", MILLION) == Cost(3.0, "EUR")
    assert prices.cost("gpt-4o", MILLION) is None


def test_without_a_file_the_built_in_list_holds(tmp_path: Path) -> None:
    """A data folder without a price list, even a missing one, changes nothing."""
    assert load_prices(tmp_path / "missing") == load_prices()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        {"as_of": "2026-01-02", "currency": "USD"},
        {"as_of": "soon", "currency": "USD", "models": {}},
        {"as_of": "2026-01-02", "currency": "dollars", "models": {}},
        {"as_of": "2026-01-02", "currency": 3, "models": {}},
        {"as_of": "2026-01-02", "currency": "USD", "models": {"m": {"input": 1}}},
        {"as_of": "2026-01-02", "currency": "USD", "models": {"m": 3}},
        {"as_of": "2026-01-02", "currency": "USD", "models": {"m": {"input": -1, "output": 1}}},
        {"as_of": "2026-01-02", "currency": "USD", "models": {"m": {"input": "1", "output": 1}}},
        {"as_of": "2026-01-02", "currency": "USD", "models": {"m": {"input": True, "output": 1}}},
        '{"as_of": "2026-01-02", "currency": "USD", "models": {"m": {"input": NaN, "output": 1}}}',
    ],
)
def test_a_bad_file_is_one_clear_sentence(tmp_path: Path, content: object) -> None:
    """Whatever is wrong, the sentence names the file and shows the right form."""
    with pytest.raises(SettingsError) as caught:
        load_prices(write(tmp_path / "data", content))
    assert str(tmp_path / "data" / "prices.json") in str(caught.value)
    assert '"currency": "USD"' in caught.value.sentence("de")


def test_an_empty_list_is_free() -> None:
    """Without any price the worst cost is nothing rather than an error."""
    assert PriceList({}, "USD", date(2026, 1, 1)).worst_cost(MILLION) == Cost(0.0, "USD")
