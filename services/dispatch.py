"""From a conversation to an answer: decide, ask, and decide again where that failed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace

from services.accounting import Accounts
from services.domain import (
    AnswerStatus,
    BackendStatus,
    Candidate,
    Decision,
    GenerationOptions,
    RouteRequest,
    Site,
    Token,
    Waiting,
)
from services.errors import BackendUnavailable
from services.generation import Outcome, generate
from services.local_choice import BUILTIN
from services.ports import ChatBackend, Router


class Dispatch:
    """The router with what it needs to know, and the backends that it chooses from."""

    def __init__(
        self, router: Router, backends: Mapping[Site, ChatBackend], accounts: Accounts
    ) -> None:
        self._router = router
        self._backends = backends
        self._accounts = accounts

    async def decide(self, request: RouteRequest, *, hopeful: bool = True) -> Decision:
        """The router's decision.

        A local model that failed the last time may work the next time, so it is
        asked again; not ``hopeful`` takes its last state for granted.
        """
        local = self._backends.get(Site.LOCAL)
        there = local is not None and (hopeful or local.status().state != "down")
        return await self._decide(request, local_available=there)

    async def answer(
        self, request: RouteRequest, decision: Decision, options: GenerationOptions
    ) -> AsyncGenerator[Candidate | Waiting | Token | Outcome, None]:
        """Ask the candidates of ``decision``, the one for ``request``; see ``generate``.

        When it turns out that no local model is able to answer, the router is
        asked once more, knowing that: what is not private may then go to the
        cloud, and what is private is refused, with the reason.
        """
        async with aclosing(generate(decision, self._backends, options)) as events:
            async for event in events:
                if not (isinstance(event, Outcome) and _no_local_model(decision, event)):
                    yield event
                    continue
                second = await self._decide(request, local_available=False)
                known = {reason.code for reason in second.reasons}
                told = [reason for reason in event.reasons if reason.code not in known]
                reasons = (*second.reasons, *told)
                if not second.candidates:
                    yield Outcome(
                        AnswerStatus.REFUSED, second.route, reasons, None, None, event.error
                    )
                    return
                second = replace(second, reasons=reasons)
                async with aclosing(generate(second, self._backends, options)) as others:
                    async for other in others:
                        yield other

    async def _decide(self, request: RouteRequest, *, local_available: bool) -> Decision:
        local = self._backends.get(Site.LOCAL)
        return await self._router.decide(
            replace(
                request,
                local_available=local_available,
                local_tells=local is not None and _tells(local.status()),
                cloud_available=Site.CLOUD in self._backends,
                cloud_blocked=await self._accounts.cloud_blocked(),
            )
        )


def _tells(local: BackendStatus) -> bool:
    """Whether a local model can tell how sure it is while it answers.

    Servers do not, and Foundry's SDK shows no probabilities. The built-in guide is sure
    of all that it says, as it says by itself when a question is beyond it.
    """
    return local.runtime == "onnx" and local.model != BUILTIN


def _no_local_model(decision: Decision, outcome: Outcome) -> bool:
    """Whether only the local model was asked, and is not there."""
    return (
        outcome.status is AnswerStatus.FAILED
        and isinstance(outcome.error, BackendUnavailable)
        and all(candidate.site is Site.LOCAL for candidate in decision.candidates)
    )
