"""The quiet line under an answer."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.domain import (
    AnswerFacts,
    AnswerStatus,
    Reason,
    Role,
    Route,
    Site,
    StoredMessage,
    Usage,
)
from services.errors import BackendUnavailable
from services.generation import failed
from services.route_line import error_sentence, reason_sentence, route_line

FACTS = AnswerFacts(
    route=Route.CLOUD,
    reasons=(Reason("complex"),),
    private=False,
    complexity=0.7,
    threshold=0.4,
    model="gpt-4o-mini",
    usage=Usage(20, 78),
    first_token_ms=110.0,
    duration_ms=1240.0,
    cost=0.00234,
    currency="USD",
)


def answer(facts: AnswerFacts | None, **changes: object) -> StoredMessage:
    """An answer with these facts."""
    stored = StoredMessage("a", "c", Role.ASSISTANT, "text", datetime.now(UTC), facts=facts)
    return replace(stored, **changes)  # type: ignore[arg-type]


def line(facts: AnswerFacts, language: str = "en", **changes: object) -> str:
    """The line itself."""
    text: str = route_line(answer(facts, **changes))["texts"][language]["line"]
    return text


def shown(text: str) -> str:
    """``text`` as it is shown: no line ends between a number and its unit, here a ``~``."""
    return text.replace("~", "\N{NO-BREAK SPACE}")


def test_the_line_says_it_all() -> None:
    """Where, which model, why, how long, how many tokens, what it cost."""
    assert line(FACTS) == shown(
        "Cloud · gpt-4o-mini · demanding question · 1.2~s · 78~tokens · 0.0023~USD"
    )
    assert line(FACTS, "de") == shown(
        "Cloud · gpt-4o-mini · anspruchsvolle Frage · 1,2~s · 78~Tokens · 0,0023~USD"
    )


def test_a_missing_model_offers_the_way_to_one() -> None:
    """Where another local model would have helped, the page links to them."""

    def offers(facts: AnswerFacts) -> bool:
        needed: bool = route_line(answer(facts))["needsModel"]
        return needed

    failure = BackendUnavailable("error.local_model_damaged", file="model.onnx")
    damaged = replace(FACTS, error=failure.text_key, reasons=(failed(Site.LOCAL, failure),))
    assert not offers(FACTS)
    assert not offers(replace(FACTS, error="error.backend_timeout"))
    assert offers(damaged)
    assert offers(replace(FACTS, reasons=(Reason("private_refused"),)))
    assert offers(replace(FACTS, reasons=(Reason("no_local_model"),)))


def test_local_answers_cost_nothing() -> None:
    """The built-in model is named in words, and an estimate is marked as one."""
    local = replace(FACTS, route=Route.LOCAL, model="builtin", cost=None, usage=Usage(1, 5, True))
    assert line(local).startswith("On this computer · built-in guide")
    assert line(local).endswith(shown("≈~5~tokens · no cost"))


def test_tiny_costs_are_not_nothing() -> None:
    """A cost below the last digit is shown as less than it."""
    assert line(replace(FACTS, cost=0.00000123)).endswith(shown("<~0.0001~USD"))


def test_an_interrupted_answer_says_so_first() -> None:
    """The mark stands before everything else."""
    assert line(FACTS, status=AnswerStatus.INTERRUPTED).startswith("Interrupted · ")


def test_a_failure_is_told_in_its_own_words() -> None:
    """The notice is the failed backend's sentence, with its values, in both languages."""
    error = BackendUnavailable("error.backend_no_model", host="h:1", model="m")
    facts = replace(FACTS, error=error.text_key, reasons=(failed(Site.LOCAL, error),))
    for language in ("en", "de"):
        assert error_sentence(facts, language) == error.sentence(language)
        told = route_line(answer(facts))["texts"][language]
        assert told["notice"] == error.sentence(language)
    assert "h:1" in reason_sentence(facts.reasons[0], "en")


def test_an_empty_answer_is_explained() -> None:
    """A complete answer without any text gets a sentence instead of silence."""
    assert "empty answer" in route_line(answer(FACTS, content=" \n"))["texts"]["en"]["notice"]


def test_without_facts_there_is_no_line() -> None:
    """An answer that never got a decision shows no figures."""
    assert route_line(answer(None))["texts"]["en"]["line"] == ""


def test_details_count_what_was_left_out() -> None:
    """Left-out turns and replaced passages stand in the details."""
    facts = replace(FACTS, omitted_turns=2, replaced=3)
    details = " ".join(route_line(answer(facts))["texts"]["en"]["details"])
    assert "2 earlier messages" in details
    assert "3 private passages" in details


@pytest.mark.parametrize(
    ("probability", "english", "german"),
    [
        (0.96, "was sure how to begin its answer: on average it gave its next word 96~%", "sicher"),
        (0.7, "was rather sure", "eher sicher"),
        (0.3, "was unsure", "unsicher"),
        (0.0, "was unsure", "unsicher"),
    ],
)
def test_details_say_how_sure_the_model_was(probability: float, english: str, german: str) -> None:
    """A mean log-probability becomes a word and a share, in both languages."""
    confidence = math.log(probability) if probability else -math.inf
    texts = route_line(answer(replace(FACTS, confidence=confidence)))["texts"]
    assert shown(english) in " ".join(texts["en"]["details"])
    assert german in " ".join(texts["de"]["details"])


def test_what_is_unknown_is_not_shown() -> None:
    """A cloud does not tell how sure it was."""
    assert "sure" not in " ".join(route_line(answer(FACTS))["texts"]["en"]["details"])


def test_an_answer_of_another_version_can_be_shown() -> None:
    """Reasons and errors that we have no words for do not break the page."""
    facts = replace(FACTS, reasons=(Reason("from_the_future"),), error="error.from_the_future")
    texts = route_line(answer(facts))["texts"]["en"]
    assert texts["line"].startswith("Cloud")
    assert texts["notice"]


@pytest.mark.parametrize(("language", "words"), [("en", "its middle"), ("de", "ihre Mitte")])
def test_a_message_that_did_not_fit_is_told(language: str, words: str) -> None:
    """An answer to a part of the message says so where it cannot be overlooked."""
    facts = replace(FACTS, reasons=(Reason("complex"), Reason("shortened")))
    notice = route_line(answer(facts))["texts"][language]["notice"]
    assert notice is not None
    assert words in notice
