"""Counters for ``GET /metrics``: figures only, never anything of what was said."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from services.domain import AnswerFacts, AnswerStatus


class Metrics:
    """Counts answers in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "nearside_answers",
            "Answers by route and status",
            ["route", "status"],
            registry=self._registry,
        )
        self._tokens = Counter(
            "nearside_tokens",
            "Tokens by route and kind",
            ["route", "kind"],
            registry=self._registry,
        )
        self._first_token = Histogram(
            "nearside_first_token_seconds",
            "Time from the prompt to the first piece",
            ["route"],
            registry=self._registry,
        )

    def answered(self, facts: AnswerFacts, status: AnswerStatus) -> None:
        """Count one answer that has ended."""
        route = facts.route.value
        self._answers.labels(route, status.value).inc()
        if facts.usage:
            self._tokens.labels(route, "prompt").inc(facts.usage.prompt_tokens)
            self._tokens.labels(route, "completion").inc(facts.usage.completion_tokens)
        if facts.first_token_ms is not None:
            self._first_token.labels(route).observe(facts.first_token_ms / 1000)

    def text(self) -> str:
        """Everything in Prometheus's text format."""
        return generate_latest(self._registry).decode()
