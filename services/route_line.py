"""The quiet line under each answer, as plain data for the browser.

The same data serves an answer that has just ended and one that is read from the
history. It holds its sentences in every language, because a page that is loaded
from the history is made before anyone knows which language its reader speaks.
"""

from __future__ import annotations

import math
from typing import Any

from services.domain import AnswerFacts, AnswerStatus, Reason, Route, StoredMessage
from services.routing.reasons import explain, short
from services.texts import LANGUAGES, catalog, say

Props = dict[str, Any]

_TOGETHER = "\N{NO-BREAK SPACE}"
"""Between a number and its unit, which no line's end may part."""

_SURENESS = ((0.9, "sure"), (0.5, "rather_sure"), (0.0, "unsure"))
"""From which mean probability of the likeliest next word on a model is called
what. Below one half, some other word was likelier than the likeliest one; the
upper limit is a round number. How often such answers are right differs from
model to model, so the sentence claims nothing about that."""

_LABELS = (
    *("why", "again", "again_local", "again_cloud"),
    *("send", "cancel", "preview_title", "preview_intro"),
    *("system", "user", "assistant", "models"),
)

_WITHOUT_MODEL = frozenset({"private_refused", "no_local_model"})
_MODEL_ERRORS = frozenset(
    {"error.local_model_damaged", "error.local_model_missing"}
    | {"error.local_model_not_downloaded", "error.local_model_unusable", "error.local_template"}
)


def route_line(answer: StoredMessage, *, fresh: bool = False) -> Props:
    """The properties of the ``RouteLine`` element below ``answer``.

    ``fresh`` says that the reader has just seen it arrive.
    """
    facts = answer.facts
    return {
        "answerId": answer.id,
        "route": facts.route.value if facts else None,
        "status": answer.status.value,
        "fresh": fresh,
        "needsModel": facts is not None and _needs_model(facts),
        "texts": {language: _texts(answer, facts, language) for language in LANGUAGES},
    }


def error_sentence(facts: AnswerFacts, language: str) -> str | None:
    """Why an answer failed or broke off; ``None`` when it did not."""
    if facts.error is None:
        return None
    for reason in reversed(facts.reasons):
        if reason.values.get("key") == facts.error:
            return _sentence(facts.error, language, _without_key(reason))
    return _sentence(facts.error, language, {})


def reason_sentence(reason: Reason, language: str) -> str:
    """One reason in words, a failed backend's own sentence included."""
    if key := reason.values.get("key"):
        sentence = _sentence(key, language, _without_key(reason))
        return say(f"interface.{reason.code}", language, sentence=sentence)
    return explain(reason, language)


def _sentence(key: str, language: str, values: dict[str, str]) -> str:
    """A stored error's sentence; the general one for an error of another version."""
    if key not in catalog(language):
        return say("error.unexpected", language)
    return say(key, language, **values)


def _is_known(reason: Reason) -> bool:
    """Whether we have words for a stored reason: it may be of another version."""
    return "key" in reason.values or f"reason.{reason.code}" in catalog("en")


def _without_key(reason: Reason) -> dict[str, str]:
    return {name: value for name, value in reason.values.items() if name != "key"}


def _texts(answer: StoredMessage, facts: AnswerFacts | None, language: str) -> Props:
    if facts is None:
        return {"line": "", "details": [], "labels": _labels(language), "notice": None}
    return {
        "line": " · ".join(_line(answer, facts, language)),
        "notice": _notice(answer, facts, language),
        "details": _details(facts, language),
        "labels": _labels(language),
    }


def _needs_model(facts: AnswerFacts) -> bool:
    """Whether another local model would have helped."""
    codes = {reason.code for reason in facts.reasons}
    return bool(codes & _WITHOUT_MODEL) or facts.error in _MODEL_ERRORS


def _labels(language: str) -> dict[str, str]:
    return {name: say(f"interface.{name}", language) for name in _LABELS}


def _line(answer: StoredMessage, facts: AnswerFacts, language: str) -> list[str]:
    """Where, which model, why, how long, how many tokens, what it cost."""
    parts = [say(f"interface.route_{facts.route.value.replace('-', '_')}", language)]
    if answer.status is AnswerStatus.INTERRUPTED:
        parts.insert(0, say("interface.interrupted", language))
    if facts.model and facts.route is not Route.REFUSED:
        parts.append(_model(facts.model, language))
    if facts.reasons and (why := short(facts.reasons[0], language)):
        parts.append(why)
    if facts.duration_ms is not None:
        parts.append(_seconds(facts.duration_ms / 1000, language))
    if facts.usage:
        about = f"≈{_TOGETHER}" if facts.usage.estimated else ""
        count = str(facts.usage.completion_tokens)
        parts.append(about + say("interface.tokens", language, count=count))
    if facts.cost is not None:
        parts.append(_money(facts.cost, facts.currency or "", language))
    elif facts.route is Route.LOCAL:
        parts.append(say("interface.no_cost", language))
    return parts


def _notice(answer: StoredMessage, facts: AnswerFacts, language: str) -> str | None:
    """What a person must read: why there is no answer, or only a part of one."""
    if sentence := error_sentence(facts, language):
        return sentence
    if answer.status is AnswerStatus.COMPLETE and not answer.content.strip():
        return say("interface.empty_answer", language)
    if any(reason.code == "shortened" for reason in facts.reasons):
        return say("reason.shortened", language)
    return None


def _details(facts: AnswerFacts, language: str) -> list[str]:
    details = [reason_sentence(reason, language) for reason in facts.reasons if _is_known(reason)]
    if facts.omitted_turns:
        details.append(say("interface.omitted", language, count=str(facts.omitted_turns)))
    if facts.replaced:
        details.append(say("interface.replaced", language, count=str(facts.replaced)))
    if facts.threshold <= 1:
        details.append(
            say(
                "interface.scores",
                language,
                complexity=_number(facts.complexity * 100, 0, language),
                threshold=_number(facts.threshold * 100, 0, language),
            )
        )
    if facts.confidence is not None:
        details.append(_sureness(math.exp(facts.confidence), language))
    if facts.first_token_ms is not None:
        seconds = _number(facts.first_token_ms / 1000, 2, language)
        details.append(say("interface.first_token", language, seconds=seconds))
    if facts.usage:
        details.append(
            say(
                "interface.usage",
                language,
                prompt=str(facts.usage.prompt_tokens),
                completion=str(facts.usage.completion_tokens),
            )
        )
    return details


def _sureness(probability: float, language: str) -> str:
    word = next(word for least, word in _SURENESS if probability >= least)
    percent = _number(probability * 100, 0, language)
    return say(f"interface.{word}", language, percent=percent)


def _seconds(seconds: float, language: str) -> str:
    if seconds < 0.1:
        return f"<{_TOGETHER}{_number(0.1, 1, language)}{_TOGETHER}s"
    return f"{_number(seconds, 1, language)}{_TOGETHER}s"


def _model(name: str, language: str) -> str:
    return say("interface.model_builtin", language) if name == "builtin" else name


def _money(amount: float, currency: str, language: str) -> str:
    """Four digits after the point: a short prompt costs some hundredths of a cent."""
    if 0 < amount < 0.0001:
        return f"<{_TOGETHER}{_number(0.0001, 4, language)}{_TOGETHER}{currency}"
    return f"{_number(amount, 4, language)}{_TOGETHER}{currency}"


def _number(value: float, digits: int, language: str) -> str:
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if language == "de" else text
