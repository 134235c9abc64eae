"""Candidates in order, until one speaks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing

from services.domain import (
    AnswerStatus,
    Candidate,
    Decision,
    GenerationOptions,
    Message,
    Role,
    Route,
    Site,
    Token,
    Waiting,
)
from services.errors import BackendBusy, BackendUnavailable, EgressDenied, Refused
from services.generation import Outcome, generate
from tests.fakes.services import FakeBackend

QUESTION = (Message(Role.USER, "hi"),)


def decision(*candidates: Candidate) -> Decision:
    """A decision for just these candidates."""
    return Decision(Route.CLOUD, (), False, (), 0.5, 0.5, candidates)


async def run(
    chosen: Decision, backends: Mapping[Site, FakeBackend]
) -> tuple[str, Outcome, list[Candidate]]:
    """The text, the outcome and who was asked."""
    text, asked, outcome = "", [], None
    async with aclosing(generate(chosen, dict(backends), GenerationOptions())) as events:
        async for event in events:
            if isinstance(event, Token):
                text += event.text
            elif isinstance(event, Outcome):
                outcome = event
            elif isinstance(event, Candidate):
                asked.append(event)
    assert outcome is not None
    return text, outcome, asked


async def test_the_first_candidate_answers() -> None:
    """With a working first candidate nobody else is asked."""
    cloud, local = FakeBackend(Site.CLOUD), FakeBackend(Site.LOCAL)
    chosen = decision(Candidate(Site.CLOUD, QUESTION), Candidate(Site.LOCAL, QUESTION))
    text, outcome, _ = await run(chosen, {Site.CLOUD: cloud, Site.LOCAL: local})
    assert (text, outcome.status, outcome.route) == (
        "Hello there",
        AnswerStatus.COMPLETE,
        Route.CLOUD,
    )
    assert not local.asked


async def test_failover_before_the_first_piece() -> None:
    """A candidate that fails at once is replaced, and the reasons tell of it."""
    cloud = FakeBackend(Site.CLOUD, error=BackendUnavailable())
    chosen = decision(Candidate(Site.CLOUD, QUESTION), Candidate(Site.LOCAL, QUESTION))
    text, outcome, asked = await run(chosen, {Site.CLOUD: cloud, Site.LOCAL: FakeBackend()})
    assert (text, outcome.route, len(asked)) == ("Hello there", Route.LOCAL, 2)
    assert [reason.code for reason in outcome.reasons] == ["cloud_failed"]


async def test_no_failover_after_the_first_piece() -> None:
    """Once something was shown, a failure ends the answer; nothing is said twice."""
    cloud = FakeBackend(Site.CLOUD, error=BackendUnavailable(), error_after=1)
    local = FakeBackend()
    chosen = decision(Candidate(Site.CLOUD, QUESTION), Candidate(Site.LOCAL, QUESTION))
    text, outcome, _ = await run(chosen, {Site.CLOUD: cloud, Site.LOCAL: local})
    assert (text, outcome.status) == ("Hello", AnswerStatus.INTERRUPTED)
    assert isinstance(outcome.error, BackendUnavailable)
    assert not local.asked


async def test_a_stopped_payload_falls_back() -> None:
    """What the gate stops is answered here instead."""
    cloud = FakeBackend(Site.CLOUD, error=EgressDenied())
    chosen = decision(Candidate(Site.CLOUD, QUESTION), Candidate(Site.LOCAL, QUESTION))
    _, outcome, _ = await run(chosen, {Site.CLOUD: cloud, Site.LOCAL: FakeBackend()})
    assert outcome.route is Route.LOCAL


async def test_when_all_fail_the_last_error_is_told() -> None:
    """With no candidate left the answer has failed, with the error's sentence."""
    local = FakeBackend(error=BackendUnavailable())
    text, outcome, _ = await run(decision(Candidate(Site.LOCAL, QUESTION)), {Site.LOCAL: local})
    assert (text, outcome.status) == ("", AnswerStatus.FAILED)
    assert isinstance(outcome.error, BackendUnavailable)


async def test_no_candidates_is_a_refusal() -> None:
    """A decision without candidates asks nobody."""
    _, outcome, asked = await run(decision(), {})
    assert (outcome.status, outcome.route, asked) == (AnswerStatus.REFUSED, Route.REFUSED, [])
    assert isinstance(outcome.error, Refused)


async def test_placeholders_are_restored_across_pieces() -> None:
    """A placeholder that arrives in two pieces is replaced by what it stands for."""
    cloud = FakeBackend(Site.CLOUD, pieces=("Dear [PER", "SON_1], hello"))
    candidate = Candidate(Site.CLOUD, QUESTION, placeholders={"[PERSON_1]": "Ms Roe"})
    text, outcome, _ = await run(decision(candidate), {Site.CLOUD: cloud})
    assert (text, outcome.route) == ("Dear Ms Roe, hello", Route.CLOUD_REDACTED)


async def test_only_a_released_candidate_is_released() -> None:
    """The backend is told of the person's consent only where the candidate has it."""
    cloud = FakeBackend(Site.CLOUD)
    await run(decision(Candidate(Site.CLOUD, QUESTION)), {Site.CLOUD: cloud})
    await run(decision(Candidate(Site.CLOUD, QUESTION, released=True)), {Site.CLOUD: cloud})
    assert [options.released for options in cloud.options] == [False, True]


async def test_a_wait_is_passed_on_and_is_no_word() -> None:
    """Who queued and was then refused can still be answered by the other model."""
    full = FakeBackend(
        Site.LOCAL, waits=(2, 1, 0), error=BackendBusy("error.local_queue_full", waiting=16)
    )
    cloud = FakeBackend(Site.CLOUD)
    chosen = decision(Candidate(Site.LOCAL, QUESTION), Candidate(Site.CLOUD, QUESTION))
    backends = {Site.LOCAL: full, Site.CLOUD: cloud}
    seen = [event async for event in generate(chosen, dict(backends), GenerationOptions())]
    assert [e.ahead for e in seen if isinstance(e, Waiting)] == [2, 1, 0]
    assert "".join(e.text for e in seen if isinstance(e, Token)) == "Hello there"


async def test_closing_stops_the_backend() -> None:
    """Leaving the stream early closes the backend's stream."""
    backend = FakeBackend()
    events = generate(
        decision(Candidate(Site.LOCAL, QUESTION)), {Site.LOCAL: backend}, GenerationOptions()
    )
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Token):
                break
    assert backend.closed == 1


async def test_an_answer_to_a_part_says_so() -> None:
    """Where the message did not fit the model, the reasons tell it."""
    chosen = decision(Candidate(Site.LOCAL, QUESTION))
    _, whole, _ = await run(chosen, {Site.LOCAL: FakeBackend()})
    _, part, _ = await run(chosen, {Site.LOCAL: FakeBackend(shortened=True)})
    assert ([r.code for r in whole.reasons], [r.code for r in part.reasons]) == ([], ["shortened"])
