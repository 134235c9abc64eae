"""Health and metrics."""

from __future__ import annotations

from services.api.health import health
from services.domain import AnswerFacts, AnswerStatus, Route, Site, Usage
from services.errors import PrivacyModelDamaged, StorageFull
from services.metrics import Metrics
from tests.fakes.services import FakeBackend


def test_a_cloud_that_was_never_set_up_is_no_fault() -> None:
    """Without a cloud everything is fine."""
    body = health(FakeBackend(), None, None)
    assert body["status"] == "ok"
    assert body["cloud"] == {"state": "off", "model": None}
    assert body["local"] == {"state": "ready", "model": "fake-local"}
    assert body["history"] == {"state": "ready"}


def test_the_engine_tells_its_library_and_its_queue() -> None:
    """An empty queue is told too; a server elsewhere has neither."""
    local = FakeBackend(runtime="onnx", queue=0)
    body = health(local, FakeBackend(Site.CLOUD), None)
    assert (body["local"]["runtime"], body["local"]["queue"]) == ("onnx", 0)
    assert not {"runtime", "queue"} & set(body["cloud"])


def test_what_was_set_up_and_fails_degrades() -> None:
    """A dead backend or history shows, and the rest is still told."""
    dead = FakeBackend(Site.CLOUD, state="down")
    assert health(FakeBackend(), dead, None)["status"] == "degraded"
    body = health(FakeBackend(), None, StorageFull())
    assert (body["status"], body["history"]["state"]) == ("degraded", "down")


def test_a_privacy_check_that_cannot_work_degrades() -> None:
    """A person can read why every prompt stays here."""
    body = health(FakeBackend(), None, None, PrivacyModelDamaged(file="model.onnx"))
    assert (body["status"], body["privacy"]["state"]) == ("degraded", "down")
    assert "model.onnx" in body["privacy"]["detail"]


def test_metrics_count_answers_and_tokens() -> None:
    """Figures by route, and no text."""
    metrics = Metrics()
    facts = AnswerFacts(Route.LOCAL, (), False, 0.1, 0.5, usage=Usage(3, 4), first_token_ms=20)
    metrics.answered(facts, AnswerStatus.COMPLETE)
    text = metrics.text()
    assert 'nearside_answers_total{route="local",status="complete"} 1.0' in text
    assert 'nearside_tokens_total{kind="completion",route="local"} 4.0' in text
    assert 'nearside_first_token_seconds_count{route="local"} 1.0' in text
