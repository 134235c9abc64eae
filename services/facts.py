"""What is stored and shown about an answer, gathered when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from services.accounting import Accounts
from services.domain import AnswerFacts, AnswerStatus, Decision, Mode, Site
from services.generation import Outcome
from services.ports import ChatBackend


class Clock:
    """Milliseconds from the moment a prompt was taken."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.first_token_ms: float | None = None

    def elapsed_ms(self) -> float:
        return (time.perf_counter() - self._start) * 1000

    def token(self) -> None:
        if self.first_token_ms is None:
            self.first_token_ms = self.elapsed_ms()


def decided(decision: Decision, mode: Mode) -> AnswerFacts:
    return AnswerFacts(
        route=decision.route,
        reasons=decision.reasons,
        private=decision.private,
        complexity=decision.complexity,
        threshold=decision.threshold,
        mode=mode,
    )


class FactsKeeper:
    """Makes an answer's facts; ``answered`` is told of each answer that has ended."""

    def __init__(
        self,
        backends: Mapping[Site, ChatBackend],
        accounts: Accounts,
        answered: Callable[[AnswerFacts, AnswerStatus], None],
    ) -> None:
        self._backends = backends
        self._accounts = accounts
        self._answered = answered

    async def facts(
        self, decision: Decision, outcome: Outcome, mode: Mode, text: str, clock: Clock
    ) -> AnswerFacts:
        candidate, finish = outcome.candidate, outcome.finish
        facts = replace(
            decided(decision, mode),
            route=outcome.route,
            reasons=outcome.reasons,
            first_token_ms=clock.first_token_ms,
            duration_ms=clock.elapsed_ms(),
            finish_reason=finish.reason if finish else None,
            error=outcome.error.text_key if outcome.error else None,
        )
        if candidate is None:
            self._answered(facts, outcome.status)
            return facts
        backend = self._backends[candidate.site]
        facts = replace(
            facts,
            model=finish.model if finish else backend.status().model,
            omitted_turns=candidate.omitted + (finish.dropped_turns if finish else 0),
            replaced=len(candidate.placeholders),
            confidence=finish.confidence if finish else None,
        )
        facts = await self._accounts.book(facts, candidate, finish, text, backend.status().model)
        self._answered(facts, outcome.status)
        return facts
