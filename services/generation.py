"""From a decision to an answer: the candidates in order, until one speaks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from services.domain import (
    AnswerStatus,
    Candidate,
    Decision,
    Finish,
    GenerationOptions,
    Reason,
    Route,
    Site,
    StreamEvent,
    Token,
    Waiting,
)
from services.errors import BackendError, EgressDenied, NearsideError, Refused
from services.ports import ChatBackend
from services.redaction import Restorer
from services.second_look import LOOK_TOKENS, Unsure, handed_over, sure


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a generation ended: the last event of :func:`generate`.

    ``route`` is where the answer really came from, which differs from the
    decision's after a failover; ``reasons`` then tell of it.
    """

    status: AnswerStatus
    route: Route
    reasons: tuple[Reason, ...]
    candidate: Candidate | None = None
    finish: Finish | None = None
    error: NearsideError | None = None


def route_of(candidate: Candidate) -> Route:
    """The route word for an answer of ``candidate``."""
    if candidate.site is Site.LOCAL:
        return Route.LOCAL
    return Route.CLOUD_REDACTED if candidate.placeholders else Route.CLOUD


async def generate(
    decision: Decision,
    backends: Mapping[Site, ChatBackend],
    options: GenerationOptions,
) -> AsyncGenerator[Candidate | Waiting | Token | Outcome, None]:
    """Ask the candidates in order; yield the answer's pieces, then one ``Outcome``.

    A ``Candidate`` is yielded each time one is asked, ``Waiting`` while it
    queues. The next one is asked only when the last failed before its first
    piece, or was a trial and unsure: a piece that was shown is never shown
    twice. Errors of backends and the gate end in the outcome.
    """
    reasons = decision.reasons
    if not decision.candidates:
        yield Outcome(AnswerStatus.REFUSED, Route.REFUSED, reasons, error=Refused())
        return
    error: NearsideError = Refused()
    for candidate in decision.candidates:
        spoke = False
        finish: Finish | None = None
        yield candidate
        try:
            async with aclosing(_ask(candidate, backends[candidate.site], options)) as events:
                async for event in events:
                    if isinstance(event, Finish):
                        finish = event
                    else:
                        spoke = spoke or isinstance(event, Token)
                        yield event
        except Unsure:
            reasons = handed_over(reasons)
        except (BackendError, EgressDenied) as failure:
            error = failure
            reasons = (*reasons, failed(candidate.site, failure))
            if spoke:
                yield Outcome(
                    AnswerStatus.INTERRUPTED, route_of(candidate), reasons, candidate, None, error
                )
                return
        else:
            if finish and finish.shortened:
                reasons = (*reasons, Reason("shortened"))
            yield Outcome(AnswerStatus.COMPLETE, route_of(candidate), reasons, candidate, finish)
            return
    last = decision.candidates[-1]
    yield Outcome(AnswerStatus.FAILED, route_of(last), reasons, last, None, error)


def failed(site: Site, error: NearsideError) -> Reason:
    """The reason that tells that ``site`` did not answer, with its sentence's key."""
    return Reason(f"{site}_failed", {"key": error.text_key, **error.values})


async def _ask(
    candidate: Candidate, backend: ChatBackend, options: GenerationOptions
) -> AsyncGenerator[StreamEvent, None]:
    """One candidate's events, with placeholders restored in the pieces."""
    restorer = Restorer(candidate.placeholders)
    options = replace(
        options, released=candidate.released, look=LOOK_TOKENS if candidate.trial else None
    )
    stream = backend.stream(candidate.messages, options)
    async with aclosing(sure(stream) if candidate.trial else stream) as events:
        async for event in events:
            if isinstance(event, Token):
                if text := restorer.feed(event.text):
                    yield Token(text)
                continue
            if isinstance(event, Finish) and (rest := restorer.flush()):
                yield Token(rest)
            yield event
