"""The local model begins; its certainty decides before anything is shown."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

from services.accounting import Accounts
from services.dispatch import Dispatch
from services.domain import (
    AnswerStatus,
    BackendStatus,
    Candidate,
    Decision,
    GenerationOptions,
    Message,
    Reason,
    Role,
    Route,
    RouteRequest,
    Site,
    Token,
    Waiting,
)
from services.errors import BackendUnavailable
from services.generation import Outcome, generate
from services.prices import load_prices
from services.second_look import LEAST_CONFIDENCE, LOOK_TOKENS, Unsure, sure
from tests.fakes.services import FakeBackend, FakeRouter, FakeSpending

QUESTION = (Message(Role.USER, "hi"),)
HERE, THERE = Candidate(Site.LOCAL, QUESTION), Candidate(Site.CLOUD, QUESTION)
CLOSE_CALL = Decision(
    Route.LOCAL,
    (Reason("simple"), Reason("second_look"), Reason("kind", {"kind": "code"})),
    False,
    (),
    0.5,
    0.5,
    (Candidate(Site.LOCAL, QUESTION, trial=True), THERE, HERE),
)
LONG = tuple(f"{number} " for number in range(LOOK_TOKENS + 5))
SURE, UNSURE = LEAST_CONFIDENCE + 0.1, LEAST_CONFIDENCE - 0.1


async def run(local: FakeBackend, cloud: FakeBackend) -> tuple[list[str], Outcome]:
    """The pieces that were shown, and the outcome."""
    shown, outcomes = [], []
    backends = {Site.LOCAL: local, Site.CLOUD: cloud}
    async with aclosing(generate(CLOSE_CALL, backends, GenerationOptions())) as events:
        async for event in events:
            if isinstance(event, Token):
                shown.append(event.text)
            elif isinstance(event, Outcome):
                outcomes.append(event)
    assert len(outcomes) == 1
    return shown, outcomes[0]


def codes(outcome: Outcome) -> list[str]:
    """The reasons' codes."""
    return [reason.code for reason in outcome.reasons]


async def test_a_sure_model_keeps_the_answer() -> None:
    """Every piece is shown, in order, and the cloud hears nothing."""
    local, cloud = FakeBackend(pieces=LONG, confidence=SURE), FakeBackend(Site.CLOUD)
    shown, outcome = await run(local, cloud)
    assert tuple(shown) == LONG
    assert (outcome.route, codes(outcome)) == (Route.LOCAL, ["simple", "second_look", "kind"])
    assert not cloud.asked
    assert local.options[0].look == LOOK_TOKENS


async def test_an_unsure_model_hands_over() -> None:
    """Nothing that it said is shown, it is stopped, and the reasons tell of it."""
    local, cloud = FakeBackend(pieces=LONG, confidence=UNSURE), FakeBackend(Site.CLOUD)
    shown, outcome = await run(local, cloud)
    assert shown == ["Hello", " there"]
    assert (outcome.route, outcome.status) == (Route.CLOUD, AnswerStatus.COMPLETE)
    assert codes(outcome) == ["second_look_cloud", "kind"]
    assert local.closed == 1
    assert cloud.options[0].look is None


async def test_a_short_answer_is_judged_at_its_end() -> None:
    """It may be over before the model was to be asked."""
    cloud = FakeBackend(Site.CLOUD)
    _, outcome = await run(FakeBackend(confidence=UNSURE), cloud)
    assert outcome.route is Route.CLOUD
    shown, outcome = await run(FakeBackend(confidence=SURE), cloud)
    assert (shown, outcome.route) == (["Hello", " there"], Route.LOCAL)


async def test_a_model_that_does_not_tell_keeps_the_answer() -> None:
    """In doubt the prompt stays here."""
    shown, outcome = await run(FakeBackend(pieces=LONG), FakeBackend(Site.CLOUD))
    assert (tuple(shown), outcome.route) == (LONG, Route.LOCAL)


async def test_when_the_cloud_fails_the_local_model_answers_after_all() -> None:
    """An answer that is not sure is better than none."""
    local = FakeBackend(pieces=LONG, confidence=UNSURE)
    shown, outcome = await run(local, FakeBackend(Site.CLOUD, error=BackendUnavailable()))
    assert (tuple(shown), outcome.route) == (LONG, Route.LOCAL)
    assert codes(outcome) == ["second_look_cloud", "kind", "cloud_failed"]


async def test_a_broken_local_model_is_replaced_as_ever() -> None:
    """A failure before the first piece is no doubt, and is told as a failure."""
    local = FakeBackend(error=BackendUnavailable())
    _, outcome = await run(local, FakeBackend(Site.CLOUD))
    assert outcome.route is Route.CLOUD
    assert "local_failed" in codes(outcome)


async def test_nothing_is_held_back_for_long() -> None:
    """Once the time is over, what has come is shown and the rest follows at once."""
    backend = FakeBackend(pieces=LONG, confidence=UNSURE)
    shown = [event async for event in sure(backend.stream(QUESTION, GenerationOptions()), -1.0)]
    assert len(shown) == len(LONG) + 1


@pytest.mark.parametrize(
    ("model", "runtime", "tells"),
    [
        ("phi-4-mini", "onnx", True),
        ("phi-4-mini", "foundry", False),
        ("phi-4-mini", None, False),  # a server, or not loaded yet
        ("builtin", "onnx", False),
    ],
)
async def test_the_router_is_told_whether_the_local_model_can_tell(
    tmp_path: Path, model: str, runtime: str | None, tells: bool
) -> None:
    """From its state, without asking it."""

    class Local(FakeBackend):
        def status(self) -> BackendStatus:
            return BackendStatus("ready", model, runtime=runtime)

    router = FakeRouter()
    accounts = Accounts(FakeSpending(), load_prices(tmp_path))
    await Dispatch(router, {Site.LOCAL: Local()}, accounts).decide(RouteRequest(QUESTION))
    assert router.requests[0].local_tells is tells


async def test_waiting_for_a_turn_is_told_at_once() -> None:
    """Only pieces of the answer are held back."""
    backend = FakeBackend(waits=(2,), confidence=UNSURE)
    stream = sure(backend.stream(QUESTION, GenerationOptions()))
    assert await anext(stream) == Waiting(2)
    with pytest.raises(Unsure):
        await anext(stream)
