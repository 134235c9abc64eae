"""What answers cost, and when the month's budget is used up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from services.domain import AnswerFacts, Candidate, Finish, Message, Site, Usage
from services.errors import StorageError
from services.ports import SpendingLog
from services.prices import PriceList
from services.window import CHARACTERS_PER_TOKEN, estimate_tokens


def estimate(messages: tuple[Message, ...], answer: str) -> Usage:
    """Tokens of an exchange that nobody counted, from its characters."""
    prompt = sum(estimate_tokens(message) for message in messages)
    return Usage(prompt, len(answer) // CHARACTERS_PER_TOKEN, estimated=True)


class Accounts:
    """Counts tokens and money. ``budget`` is money per calendar month (UTC)."""

    def __init__(
        self, spending: SpendingLog, prices: PriceList, budget: float | None = None
    ) -> None:
        self._spending = spending
        self._prices = prices
        self._budget = budget
        self._unrecorded = 0.0

    async def cloud_blocked(self) -> str | None:
        """``budget_used_up`` when it is, ``budget_unknown`` when nobody can tell."""
        if self._budget is None:
            return None
        month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        try:
            spent = await self._spending.spent_since(month)
        except StorageError:
            return "budget_unknown"
        return "budget_used_up" if spent + self._unrecorded >= self._budget else None

    async def book(
        self,
        facts: AnswerFacts,
        candidate: Candidate,
        finish: Finish | None,
        answer: str,
        asked: str | None,
    ) -> AnswerFacts:
        """``facts`` with usage and, for the cloud, cost, which is recorded.

        The price is that of the model that answered, else of the model that was
        ``asked``: servers name their models in many ways. With a budget, a model
        without a price is booked at the dearest listed one, so that it holds.
        """
        usage = finish.usage if finish else estimate(candidate.messages, answer)
        facts = replace(facts, usage=usage)
        if candidate.site is Site.LOCAL:
            return facts
        cost = self._prices.cost(facts.model or "", usage) or self._prices.cost(asked or "", usage)
        if cost is None and self._budget is not None:
            cost = self._prices.worst_cost(usage)
        if cost is None:
            return facts
        try:
            await self._spending.spend(cost.amount, cost.currency, facts.model)
        except StorageError:
            self._unrecorded += cost.amount
        return replace(facts, cost=cost.amount, currency=cost.currency)
