"""What answers cost, and the month's budget."""

from __future__ import annotations

from pathlib import Path

from services.accounting import Accounts, estimate
from services.domain import (
    AnswerFacts,
    Candidate,
    Finish,
    FinishReason,
    Message,
    Role,
    Route,
    Site,
    Usage,
)
from services.errors import StorageFull, StorageLocked
from services.prices import load_prices
from tests.fakes.services import FakeSpending

MESSAGES = (Message(Role.USER, "x" * 400),)
CLOUD = Candidate(Site.CLOUD, MESSAGES)
FACTS = AnswerFacts(Route.CLOUD, (), False, 0.5, 0.5, model="gpt-4o-mini")
FINISH = Finish(FinishReason.STOP, "gpt-4o-mini", Usage(1_000_000, 1_000_000))


async def test_a_cloud_answer_is_priced_and_recorded(tmp_path: Path) -> None:
    """The list price of what was read and written is booked."""
    spending, prices = FakeSpending(), load_prices(tmp_path)
    facts = await Accounts(spending, prices).book(FACTS, CLOUD, FINISH, "", None)
    price = prices.cost("gpt-4o-mini", FINISH.usage)
    assert price is not None
    assert (facts.cost, facts.currency) == (price.amount, price.currency)
    assert spending.rows == [price.amount]


async def test_the_asked_model_prices_an_unknown_name(tmp_path: Path) -> None:
    """A server that calls its model something else is priced by what was asked."""
    accounts = Accounts(FakeSpending(), load_prices(tmp_path))
    facts = await accounts.book(
        FACTS, CLOUD, Finish(FinishReason.STOP, "x", FINISH.usage), "", "gpt-4o-mini"
    )
    assert facts.cost


async def test_a_local_answer_costs_nothing(tmp_path: Path) -> None:
    """Nothing is recorded for this computer's own work."""
    spending = FakeSpending()
    local = Candidate(Site.LOCAL, MESSAGES)
    facts = await Accounts(spending, load_prices(tmp_path)).book(FACTS, local, FINISH, "", None)
    assert (facts.cost, spending.rows) == (None, [])


async def test_a_budget_books_unknown_models_at_the_dearest_price(tmp_path: Path) -> None:
    """A model without a price cannot slip through a budget; without one it has no cost."""
    prices = load_prices(tmp_path)
    unknown = Finish(FinishReason.STOP, "mystery", Usage(1000, 1000))
    facts = AnswerFacts(Route.CLOUD, (), False, 0.5, 0.5, model="mystery")
    free = await Accounts(FakeSpending(), prices).book(facts, CLOUD, unknown, "", "mystery")
    booked = await Accounts(FakeSpending(), prices, 5.0).book(facts, CLOUD, unknown, "", "mystery")
    assert free.cost is None
    assert booked.cost == prices.worst_cost(unknown.usage).amount


async def test_the_budget_closes_the_cloud(tmp_path: Path) -> None:
    """Once the month's money is spent the cloud is closed; without a budget never."""
    spending, prices = FakeSpending([2.0]), load_prices(tmp_path)
    assert await Accounts(spending, prices).cloud_blocked() is None
    assert await Accounts(spending, prices, 2.5).cloud_blocked() is None
    assert await Accounts(spending, prices, 2.0).cloud_blocked() == "budget_used_up"
    assert await Accounts(FakeSpending(), prices, 0.0).cloud_blocked() == "budget_used_up"


async def test_when_nobody_can_tell_the_cloud_is_closed(tmp_path: Path) -> None:
    """A log that cannot be read counts as used up."""
    accounts = Accounts(FakeSpending(error=StorageLocked()), load_prices(tmp_path), 5.0)
    assert await accounts.cloud_blocked() == "budget_unknown"


async def test_what_could_not_be_recorded_still_counts(tmp_path: Path) -> None:
    """A full disk does not make cloud answers free."""
    spending = FakeSpending(error=StorageFull())
    accounts = Accounts(spending, load_prices(tmp_path), 0.5)
    assert (await accounts.book(FACTS, CLOUD, FINISH, "", None)).cost
    spending.error = None
    assert await accounts.cloud_blocked() == "budget_used_up"


def test_an_estimate_is_marked_as_one() -> None:
    """Four characters a token, where nobody counted."""
    usage = estimate(MESSAGES, "y" * 40)
    assert usage.estimated
    assert usage.completion_tokens == 10
    assert usage.prompt_tokens >= 100
