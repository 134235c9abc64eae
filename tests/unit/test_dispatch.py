"""Deciding again when the first choice is not there."""

from __future__ import annotations

from pathlib import Path

from services.accounting import Accounts
from services.dispatch import Dispatch
from services.domain import (
    AnswerStatus,
    Decision,
    GenerationOptions,
    Message,
    Role,
    Route,
    RouteRequest,
    Site,
    Token,
)
from services.errors import BackendBusy, BackendUnavailable
from services.generation import Outcome
from services.prices import load_prices
from tests.fakes.services import FakeBackend, FakeRouter, FakeSpending

REQUEST = RouteRequest((Message(Role.USER, "hi"),))


class CarefulRouter(FakeRouter):
    """Local first; the cloud once the local model is known to be missing."""

    async def decide(self, request: RouteRequest) -> Decision:
        """The scripted decision."""
        self.sites = (Site.LOCAL,) if request.local_available else (Site.CLOUD,)
        return await super().decide(request)


async def run(folder: Path, router: FakeRouter, *backends: FakeBackend) -> tuple[str, Outcome]:
    """The text and the outcome of one conversation."""
    dispatch = Dispatch(
        router, {b.site: b for b in backends}, Accounts(FakeSpending(), load_prices(folder))
    )
    decision = await dispatch.decide(REQUEST)
    text, outcomes = "", []
    async for event in dispatch.answer(REQUEST, decision, GenerationOptions()):
        if isinstance(event, Token):
            text += event.text
        elif isinstance(event, Outcome):
            outcomes.append(event)
    assert len(outcomes) == 1
    return text, outcomes[0]


async def test_a_missing_local_model_is_replaced_by_the_cloud(tmp_path: Path) -> None:
    """What would have stayed only because it is simple goes to the cloud, and says why."""
    local = FakeBackend(error=BackendUnavailable())
    text, outcome = await run(tmp_path, CarefulRouter(), local, FakeBackend(Site.CLOUD))
    assert (text, outcome.route, outcome.status) == (
        "Hello there",
        Route.CLOUD,
        AnswerStatus.COMPLETE,
    )
    assert "local_failed" in [reason.code for reason in outcome.reasons]


async def test_without_a_local_model_what_must_stay_is_refused(tmp_path: Path) -> None:
    """With nothing that may answer, nothing is sent, and the failure's sentence is kept."""
    local = FakeBackend(error=BackendUnavailable("error.backend_unavailable"))
    text, outcome = await run(tmp_path, FakeRouter(), local, FakeBackend(Site.CLOUD))
    assert (text, outcome.route, outcome.status) == ("", Route.REFUSED, AnswerStatus.REFUSED)
    assert isinstance(outcome.error, BackendUnavailable)


async def test_a_busy_local_model_is_no_missing_one(tmp_path: Path) -> None:
    """A full queue is told as it is; the router is not asked again."""
    router = FakeRouter()
    _, outcome = await run(tmp_path, router, FakeBackend(error=BackendBusy()))
    assert outcome.status is AnswerStatus.FAILED
    assert len(router.requests) == 1


async def test_the_cloud_is_not_asked_twice(tmp_path: Path) -> None:
    """When cloud and local model have both failed there is no further round."""
    cloud = FakeBackend(Site.CLOUD, error=BackendUnavailable())
    local = FakeBackend(error=BackendUnavailable())
    _, outcome = await run(tmp_path, FakeRouter((Site.CLOUD, Site.LOCAL)), cloud, local)
    assert outcome.status is AnswerStatus.FAILED
    assert len(cloud.asked) == 1


async def test_the_route_alone_takes_a_dead_model_as_dead(tmp_path: Path) -> None:
    """Asked for the decision only, the last known state of the local model counts."""
    router = FakeRouter()
    backends = {Site.LOCAL: FakeBackend(state="down")}
    dispatch = Dispatch(router, backends, Accounts(FakeSpending(), load_prices(tmp_path)))
    await dispatch.decide(REQUEST)
    await dispatch.decide(REQUEST, hopeful=False)
    assert [request.local_available for request in router.requests] == [True, False]
