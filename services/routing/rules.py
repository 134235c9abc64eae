"""The rules of a person: what is always answered here, or always in the cloud.

The first rule that matches wins. A rule decides in place of the estimated
difficulty, never in place of privacy: what is private stays, whatever a rule says,
and no rule counts against a route that was picked for the message itself.

A rule for the cloud looks at what is asked now; a rule for this computer looks at
everything that would be sent, so that what it names does not leave with a later,
harmless question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import re2  # type: ignore[import-untyped]  # carries no types

from services.domain import Message, Role, Site
from services.errors import RuleError
from services.routing.folding import fold
from services.routing.kinds import KINDS, asked_kinds, asked_turns, task_kinds
from services.texts import LANGUAGES, say

MOST_RULES = 50
LONGEST_VALUE = 200
"""Characters of a keyword or pattern."""

_LARGEST_PROGRAM = 5000
"""Instructions of a compiled pattern. RE2 takes time proportional to text and
program; one of this size reads 100,000 characters in some tens of milliseconds."""


_LETTERS = (
    r"0-9A-Za-z_\x{AA}\x{B5}\x{BA}\x{C0}-\x{2FF}\x{370}-\x{1FFF}\x{2C00}-\x{2DFF}\x{3040}-\x{D7FF}"
)
"""Digits and letters in a few ranges; exact classes make programs a hundred times as large."""


_SPELLINGS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}


class Condition(StrEnum):
    """What a rule looks at."""

    KIND = "kind"
    KEYWORD = "keyword"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: ``value`` is a kind of task, a word or phrase, or a pattern of RE2.

    In a keyword, ``*`` stands for any further letters. Case never counts, save
    where a pattern asks for it with ``(?-i)``.
    """

    route: Site
    condition: Condition
    value: str
    on: bool = True


Matcher = Callable[[str], bool]
"""Whether a text without disguises (:func:`plain`) matches."""


def matcher(rule: Rule) -> Matcher:
    """The test whether a plain text matches ``rule``.

    Raises:
        RuleError: the value is empty, too long, no kind, or no usable pattern.
    """
    value = rule.value
    if not value.strip() or len(value) > LONGEST_VALUE:
        raise RuleError("error.rule_value", most=LONGEST_VALUE)
    if rule.condition is Condition.KIND:
        if value not in KINDS:
            raise RuleError("error.rule_kind", value=value)
        return lambda text: value in task_kinds(text)
    if rule.condition is Condition.KEYWORD:
        return _keyword(value)
    return _pattern(value)


def _keyword(value: str) -> Matcher:
    parts = plain(value).lower().split("*")
    pieces = [r"\s+".join(map(re2.escape, part.split())) for part in parts]
    if not any(pieces):
        raise RuleError("error.rule_matches_all")
    for letter, spelled in _SPELLINGS.items():
        pieces = [piece.replace(letter, f"(?:{letter}|{spelled})") for piece in pieces]
    return _search(f"(?:^|[^{_LETTERS}]){f'[{_LETTERS}]*'.join(pieces)}(?:[^{_LETTERS}]|$)")


def _pattern(value: str) -> Matcher:
    matches = _search(value)
    if matches(""):
        raise RuleError("error.rule_matches_all")
    return matches


def _search(value: str) -> Matcher:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    try:
        pattern = re2.compile(value, options)
    except re2.error as error:
        raise RuleError("error.rule_pattern", detail=_detail(error)) from None
    except UnicodeEncodeError:
        raise RuleError("error.rule_value", most=LONGEST_VALUE) from None
    if pattern.programsize > _LARGEST_PROGRAM:
        raise RuleError("error.rule_pattern_large")
    return lambda plain: pattern.search(plain) is not None


def _detail(error: Exception) -> str:
    """What RE2 says about a pattern; it speaks in bytes."""
    detail = error.args[0] if error.args else b""
    return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)


def plain(text: str) -> str:
    """Without disguises, and without halves of characters that RE2 cannot read."""
    return fold(text).text.encode("utf-8", "replace").decode("utf-8")


class RuleSet:
    """Rules in the order in which they count, ready to be used.

    Raises:
        RuleError: one of them cannot be used, or there are too many.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(rules)
        if len(self.rules) > MOST_RULES:
            raise RuleError("error.rules_many", most=MOST_RULES)
        matchers = [(rule, matcher(rule)) for rule in self.rules]
        self._active = [(rule, matches) for rule, matches in matchers if rule.on]

    def first_match(self, messages: Sequence[Message]) -> Rule | None:
        """The rule that decides about ``messages``, if any does."""
        if not self._active:
            return None
        asked = [plain(turn) for turn in asked_turns(messages)]
        sent = [plain(text) for text in _sent(messages)]
        wanted = asked_kinds(messages)
        kinds = [task_kinds(m.content) for m in messages if m.role is Role.USER]

        def holds(rule: Rule, matches: Matcher) -> bool:
            cloud = rule.route is Site.CLOUD
            if rule.condition is Condition.KIND:
                return any(rule.value in shown for shown in ([wanted] if cloud else kinds))
            return any(map(matches, asked if cloud else sent))

        return next((rule for rule, matches in self._active if holds(rule, matches)), None)


def _sent(messages: Sequence[Message]) -> list[str]:
    """Everything that would be sent, save our own instruction to the model."""
    ours = [say("interface.system_prompt", language) for language in LANGUAGES]
    texts = []
    for message in messages:
        text = message.content
        if message.role is Role.SYSTEM:
            for sentence in ours:
                text = text.replace(sentence, " ")
        texts.append(text)
    return texts
