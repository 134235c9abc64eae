"""From a conversation to a decision: data, not a call.

Privacy comes first: what is private stays, unless the policy and the person
say otherwise. Only then the mode and the complexity of the newest turn decide.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from services.domain import (
    Candidate,
    Decision,
    Message,
    Mode,
    PrivacyVerdict,
    PrivatePolicy,
    Reason,
    Route,
    RouteRequest,
    Site,
)
from services.ports import ComplexityScore, PrivacyCheck
from services.redaction import redact as replace_passages
from services.routing.kinds import asked_kinds
from services.routing.masking import Redact, masked
from services.routing.reasons import BLOCKED, about, about_turn, reason
from services.routing.rules import Rule, RuleSet
from services.routing.trail import newest_user_turn, private_turns

BAND = 0.05
"""Share of the reference mix, next below the threshold, that gets a second look: what
is handed over adds at most so much to the share that was asked for."""

log = logging.getLogger(__name__)


class Rules(Protocol):
    """The rules of a person."""

    def first_match(self, messages: Sequence[Message]) -> Rule | None:
        """The rule that decides about ``messages``, if any does."""
        ...


class CalibratedScore(ComplexityScore, Protocol):
    """A complexity score that knows its own calibration."""

    def threshold_for_share(self, share: float) -> float:
        """The threshold that ``share`` (0..1) of the reference mix exceeds."""
        ...


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known of one request. ``held`` are the turns that never travel."""

    request: RouteRequest
    verdict: PrivacyVerdict
    complexity: float
    threshold: float
    simple: str  # reason code where complexity keeps it here
    held: frozenset[int] = frozenset()
    newest: int | None = None
    kinds: tuple[str, ...] = ()
    rule: Rule | None = None

    @property
    def private(self) -> bool:
        """Whether the newest turn itself must stay."""
        return self.verdict.failed or (self.newest is not None and self.newest in self.held)

    @property
    def complex(self) -> bool:
        return self.complexity > self.threshold

    def decided(self, route: Route, reasons: Sequence[Reason], *sent: Candidate) -> Decision:
        ignored = ",".join(self.verdict.ignored)
        switched_off = [reason("switched_off", categories=ignored)] if ignored else []
        return Decision(
            route=route,
            reasons=(*reasons, *switched_off),
            private=self.private,
            findings=self.verdict.findings,
            complexity=self.complexity,
            threshold=self.threshold,
            candidates=tuple(sent),
        )

    def here(self, *reasons: Reason) -> Decision:
        """The whole conversation to the local model, or nothing to nobody."""
        if self.request.local_available:
            return self.decided(Route.LOCAL, reasons, *self.local)
        refusal = reason("private_refused" if self.private else "no_local_model")
        return self.decided(Route.REFUSED, (*reasons, refusal))

    @property
    def kind(self) -> tuple[Reason, ...]:
        """What kind of task it looks like."""
        return tuple(reason("kind", kind=kind) for kind in self.kinds[:1])

    def by(self, rule: Rule) -> Reason:
        """The reason that names the rule which decided."""
        return reason(f"rule_{rule.route}", when=rule.condition.value, value=rule.value)

    @property
    def local(self) -> tuple[Candidate, ...]:
        """The local candidate, where there is a local model."""
        whole = Candidate(Site.LOCAL, self.request.messages)
        return (whole,) if self.request.local_available else ()

    @property
    def closed(self) -> Reason | None:
        """Why the cloud cannot be asked."""
        if not self.request.cloud_available:
            return reason("no_cloud")
        code = self.request.cloud_blocked
        return reason(code if code in BLOCKED else "cloud_blocked") if code else None


class HybridRouter:
    """Implements ``ports.Router`` on a privacy check and a complexity score.

    ``cloud_share`` is ``NEARSIDE_CLOUD_SHARE`` (0..1) and steers the mode
    ``AUTO`` only: a person who picks the cloud gets it. So do the ``rules``, which
    come before the score and after privacy. The judging runs in a
    worker thread; after ``time_limit`` seconds the prompt counts as private.
    """

    def __init__(
        self,
        privacy: PrivacyCheck,
        complexity: CalibratedScore,
        cloud_share: float,
        *,
        rules: Rules | None = None,
        redact: Redact = replace_passages,
        time_limit: float = 2.0,
    ) -> None:
        self._privacy = privacy
        self._complexity = complexity
        self._share = cloud_share
        self._threshold = complexity.threshold_for_share(cloud_share)
        self._near = complexity.threshold_for_share(min(1.0, cloud_share + BAND))
        self._rules = rules or RuleSet()
        self._redact = redact
        self._time_limit = time_limit

    async def decide(self, request: RouteRequest) -> Decision:
        """Judge the whole conversation. Never raises; see ``ports.Router``.

        ``Decision.private`` speaks of the newest turn: whether it can leave as
        it is. Findings are those of the whole conversation.
        """
        try:
            judged = asyncio.to_thread(self._decide, request)
            return await asyncio.wait_for(judged, self._time_limit)
        except TimeoutError:
            return self._undecided(request, "check_too_slow")
        except Exception as failure:  # whatever broke, the prompt stays here
            log.error("Routing failed with %s", type(failure).__name__)  # noqa: TRY400 - a traceback may quote the prompt
            return self._undecided(request, "check_failed")

    def _undecided(self, request: RouteRequest, code: str) -> Decision:
        failed = PrivacyVerdict(failed=True)
        return _Case(request, failed, 0.0, self._threshold, "simple").here(reason(code))

    def _decide(self, request: RouteRequest) -> Decision:
        verdict = self._privacy.check(request.messages)
        if verdict.failed:
            return self._undecided(request, "check_failed")
        complexity, simple = self._score(request.messages)
        case = _Case(
            request,
            verdict,
            complexity,
            self._threshold,
            simple,
            private_turns(request.messages, verdict.findings),
            newest_user_turn(request.messages),
            asked_kinds(request.messages),
            self._rules.first_match(request.messages) if request.mode is Mode.AUTO else None,
        )
        return self._private(case) if case.private else self._public(case)

    def _score(self, messages: Sequence[Message]) -> tuple[float, str]:
        try:
            # Another local model may be in use since the last prompt.
            self._threshold = self._complexity.threshold_for_share(self._share)
            return self._complexity.score(messages), "simple"
        except Exception as failure:  # an unknown score keeps the prompt here
            log.error("Scoring failed with %s", type(failure).__name__)  # noqa: TRY400 - a traceback may quote the prompt
            return 0.0, "score_failed"

    def _private(self, case: _Case) -> Decision:
        request = case.request
        own = [found for found in case.verdict.findings if found.message == case.newest]
        why = [reason("follow_up_private")]
        if own:
            why = about_turn("private_stays", own, request.messages[own[0].message])
        if request.policy is PrivatePolicy.LOCAL or request.mode is Mode.LOCAL:
            return case.here(*why)
        if request.policy is PrivatePolicy.ASK:
            if not request.consent:
                return case.here(*why, *([] if case.closed else [reason("ask_first")]))
            return case.here(*why, case.closed) if case.closed else self._released(case, bool(own))
        if case.rule and case.rule.route is Site.LOCAL:
            return case.here(*why, case.by(case.rule))
        wanted = request.mode is Mode.CLOUD or case.complex or self._only_cloud(case)
        if not wanted:
            return case.here(*why)
        return case.here(*why, case.closed) if case.closed else self._masked(case, why)

    def _released(self, case: _Case, alone: bool) -> Decision:
        """What the person agreed to: the newest turn, earlier private ones only if it needs them.

        ``alone`` says that it is private by itself. A follow-up to private turns
        would make no sense without them.
        """
        held = case.held - {case.newest} if alone else frozenset[int]()
        sent = _without(case, held, released=True)
        reasons = [reason("consent"), *_left_out(sent)]
        return case.decided(Route.CLOUD, reasons, sent, *case.local)

    def _masked(self, case: _Case, why: Sequence[Reason]) -> Decision:
        result = masked(case.request.messages, case.verdict.findings, self._redact, self._privacy)
        if isinstance(result, Reason):
            return case.here(*why, result)
        reasons = [about("redacted", result.findings), *_left_out(result.candidate)]
        return case.decided(Route.CLOUD_REDACTED, reasons, result.candidate, *case.local)

    def _public(self, case: _Case) -> Decision:
        mode = case.request.mode
        if mode is Mode.LOCAL:
            return case.here(reason("mode_local"))
        if mode is Mode.CLOUD:
            wish = [reason("mode_cloud")]
        elif case.rule and case.rule.route is Site.LOCAL:
            return case.here(case.by(case.rule), *case.kind)
        elif case.rule:
            wish = [case.by(case.rule), *case.kind]
        elif case.complex:
            wish = [reason("complex"), *case.kind]
        elif self._only_cloud(case):
            wish = [reason("local_unavailable")]
        elif self._close(case):
            return self._second_look(case)
        else:
            return case.here(reason(case.simple), *case.kind)
        if case.closed:
            return case.here(case.closed)
        sent = _without(case, case.held)
        return case.decided(Route.CLOUD, [*wish, *_left_out(sent)], sent, *case.local)

    def _close(self, case: _Case) -> bool:
        """Whether the local model may begin, and hand over to the cloud if it is unsure."""
        able = case.request.local_available and case.request.local_tells and not case.closed
        return able and 0 < self._share < 1 and case.complexity > self._near

    def _second_look(self, case: _Case) -> Decision:
        """The local model on trial, then the cloud; should that fail, the local one after all."""
        sent = _without(case, case.held)
        reasons = [reason("simple"), reason("second_look"), *case.kind, *_left_out(sent)]
        trial = [replace(candidate, trial=True) for candidate in case.local]
        return case.decided(Route.LOCAL, reasons, *trial, sent, *case.local)

    def _only_cloud(self, case: _Case) -> bool:
        """Whether only the cloud could answer; a share of 0 sends nothing by itself."""
        request = case.request
        open_to_it = self._share > 0 and not case.closed and case.simple == "simple"
        return request.mode is Mode.AUTO and not request.local_available and open_to_it


def _without(case: _Case, held: frozenset[int], *, released: bool = False) -> Candidate:
    kept = [m for number, m in enumerate(case.request.messages) if number not in held]
    omitted = len(case.request.messages) - len(kept)
    return Candidate(Site.CLOUD, tuple(kept), omitted, released)


def _left_out(sent: Candidate) -> list[Reason]:
    return [reason("earlier_left_out", count=str(sent.omitted))] if sent.omitted else []
