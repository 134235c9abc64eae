"""The privacy check: every detector over every message of a conversation.

Known limits: a value split over several messages, written in leetspeak, or
encrypted is not recognised; base64 text is looked into once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache

from services.domain import Finding, Message, PrivacyVerdict
from services.routing.banking import accounts, cards, ibans
from services.routing.contact import emails, networks, phones
from services.routing.detectors import Detector, Span
from services.routing.encoded import encoded
from services.routing.folding import fold
from services.routing.markers import markers
from services.routing.merging import merged
from services.routing.names import persons
from services.routing.official import births, numbers
from services.routing.places import addresses
from services.routing.questions import answered
from services.routing.reading import TrainedReader
from services.routing.secrets import keys, passwords
from services.routing.statements import statements

# Where passages overlap, the earlier detector names the category.
STRUCTURED: tuple[Detector, ...] = (
    keys,
    passwords,
    ibans,
    cards,
    numbers,
    births,
    emails,
    networks,
    accounts,
    phones,
    addresses,
)
CONTEXTUAL: tuple[Detector, ...] = (persons, statements, markers)
RULES = (*STRUCTURED, *CONTEXTUAL)


@cache
def trained() -> TrainedReader:
    """The model that ships with the application: one for the process, loaded when needed."""
    return TrainedReader()


class PrivacyDetector:
    """Finds private passages by rules and the trained model; implements ``ports.PrivacyCheck``.

    ``detectors`` (default: all) are asked in order over the folded text of each
    message; all their findings count, but for the categories in ``off``, which the
    person switched off. CPU work, linear in the length of the conversation, no
    state: safe in several threads at once. Whatever a detector raises comes
    through, and counts as private.
    """

    def __init__(
        self, detectors: Iterable[Detector] | None = None, off: Collection[str] = ()
    ) -> None:
        chosen: Iterable[Detector] = (*RULES, trained()) if detectors is None else detectors
        self._detectors = tuple(chosen)
        self._off = frozenset(off)

    def check(self, messages: Sequence[Message]) -> PrivacyVerdict:
        """Findings in every message of any role, ordered by place."""
        findings: list[Finding] = []
        ignored: dict[str, None] = {}
        for number, message in enumerate(messages):
            spans = self._all(message.content)
            if not spans and number:
                spans = answered(messages[number - 1], message)
            ignored |= dict.fromkeys(category for category, _, _ in spans if category in self._off)
            findings += [Finding(c, a, b, number) for c, a, b in self._counting(spans)]
        return PrivacyVerdict(tuple(findings), ignored=tuple(ignored))

    def find(self, text: str) -> list[Span]:
        """Private passages of one text, by start; none lies inside another."""
        return self._counting(self._all(text))

    def _counting(self, spans: list[Span]) -> list[Span]:
        return merged(span for span in spans if span[0] not in self._off)

    def _all(self, text: str) -> list[Span]:
        folded = fold(text)
        spans: list[Span] = []
        for detect in self._detectors:
            spans.extend(detect(folded.text))
        if self._detectors:
            spans.extend(encoded(folded.text, self._first))
        return [
            (category, *folded.origin(start, end)) for category, start, end in spans if end > start
        ]

    def _first(self, text: str) -> bool:
        return any(span[0] not in self._off for detect in self._detectors for span in detect(text))
