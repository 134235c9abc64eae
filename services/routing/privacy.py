"""The privacy check: every detector over every message of a conversation.

Known limits: a value split over several messages, written in leetspeak, or
encrypted is not recognised; base64 text is looked into once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.domain import Finding, Message, PrivacyVerdict
from services.routing.banking import accounts, cards, ibans
from services.routing.contact import emails, networks, phones
from services.routing.detectors import Detector, Span
from services.routing.encoded import encoded
from services.routing.folding import fold
from services.routing.markers import markers
from services.routing.names import persons
from services.routing.official import births, numbers
from services.routing.places import addresses
from services.routing.questions import answered
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


class PrivacyDetector:
    """Finds private passages by rules; implements ``ports.PrivacyCheck``.

    ``detectors`` are asked in order over the folded text of each message; all
    their findings count. CPU work, linear in the length of the conversation,
    no state: safe in several threads at once.
    """

    def __init__(self, detectors: Iterable[Detector] = (*STRUCTURED, *CONTEXTUAL)) -> None:
        self._detectors = tuple(detectors)

    def check(self, messages: Sequence[Message]) -> PrivacyVerdict:
        """Findings in every message of any role, ordered by place."""
        findings: list[Finding] = []
        for number, message in enumerate(messages):
            spans = self.find(message.content)
            if not spans and number:
                spans = answered(messages[number - 1], message)
            findings.extend(Finding(category, a, b, number) for category, a, b in spans)
        return PrivacyVerdict(tuple(findings))

    def find(self, text: str) -> list[Span]:
        """Private passages of one text, by start; those inside another are dropped."""
        folded = fold(text)
        spans: list[Span] = []
        for detect in self._detectors:
            spans.extend(detect(folded.text))
        if self._detectors:
            spans.extend(encoded(folded.text, self._first))
        return [
            (category, *folded.origin(start, end)) for category, start, end in _outermost(spans)
        ]

    def _first(self, text: str) -> bool:
        return any(True for detect in self._detectors for _ in detect(text))


def _outermost(spans: list[Span]) -> list[Span]:
    """``spans`` by start without those that lie inside one of higher rank or length.

    Identical passages keep the category of the detector that came first.
    """
    ordered = sorted(enumerate(spans), key=lambda item: (item[1][1], -item[1][2], item[0]))
    kept: list[Span] = []
    reach = -1
    for _, span in ordered:
        if span[2] > reach and span[2] > span[1]:
            kept.append(span)
            reach = span[2]
    return kept
