"""One prompt, decided or answered, through the services that the chat uses."""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass

from services.bootstrap import Services
from services.domain import (
    AnswerFacts,
    Decision,
    GenerationOptions,
    Message,
    Mode,
    PrivatePolicy,
    Role,
    RouteRequest,
    Token,
)
from services.generation import Outcome
from services.texts import say

_LONGEST = 300  # tokens of an answer in a notebook


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer, so many milliseconds after it was asked for."""

    ms: float
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with what is known of it; ``error`` says why there is none, or not all."""

    prompt: str
    decision: Decision
    pieces: tuple[Piece, ...]
    facts: AnswerFacts
    error: str | None

    @property
    def text(self) -> str:
        """The whole answer."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def tokens_per_second(self) -> float | None:
        """How fast it came after the first token; unknown for a single piece."""
        facts = self.facts
        if facts.usage is None or facts.first_token_ms is None or facts.duration_ms is None:
            return None
        seconds = (facts.duration_ms - facts.first_token_ms) / 1000
        tokens = facts.usage.completion_tokens - 1
        return tokens / seconds if len(self.pieces) > 1 and seconds > 0 else None


def request_for(
    prompt: str, *, mode: Mode = Mode.AUTO, policy: PrivatePolicy = PrivatePolicy.LOCAL
) -> RouteRequest:
    """A conversation of one turn below the chat's own instruction to the model."""
    system = Message(Role.SYSTEM, say("interface.system_prompt", "en"))
    return RouteRequest((system, Message(Role.USER, prompt)), mode, policy)


async def decide(
    services: Services,
    prompt: str,
    *,
    cloud: bool = True,
    policy: PrivatePolicy = PrivatePolicy.LOCAL,
) -> Decision:
    """Where ``prompt`` would be answered if there were a ``cloud``; asks no model."""
    messages = (Message(Role.USER, prompt),)
    return await services.router.decide(
        RouteRequest(messages, policy=policy, cloud_available=cloud)
    )


async def ask(
    services: Services,
    prompt: str,
    *,
    mode: Mode = Mode.AUTO,
    max_tokens: int = _LONGEST,
    show: bool = False,
) -> Answer:
    """Have ``prompt`` answered, nothing stored; ``show`` prints the pieces as they come."""
    pieces: list[Piece] = []
    decision: Decision | None = None
    facts: AnswerFacts | None = None
    error: str | None = None
    start = time.perf_counter()
    options = GenerationOptions(max_tokens=max_tokens, temperature=0)
    events = services.conversations.complete(request_for(prompt, mode=mode), options)
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Token):
                pieces.append(Piece((time.perf_counter() - start) * 1000, event.text))
                if show:
                    print(event.text, end="", flush=True)
            elif isinstance(event, Decision):
                decision = event
            elif isinstance(event, Outcome) and event.error:
                error = event.error.sentence("en")
            elif isinstance(event, AnswerFacts):
                facts = event
    if show:
        print()
    if decision is None or facts is None:
        raise RuntimeError("the conversation service told neither a decision nor an end")
    return Answer(prompt, decision, tuple(pieces), facts, error)
