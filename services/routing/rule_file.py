"""The file ``rules.json`` that holds a person's rules; changes count at once.

::

    {"rules": [{"route": "local", "when": "keyword", "value": "Aurora", "on": true}]}

``route`` is ``local`` or ``cloud``, ``when`` is ``kind``, ``keyword`` or
``pattern``; ``on`` may be left out.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.domain import Message, Site
from services.errors import RuleError
from services.routing.rules import MOST_RULES, Condition, Rule, RuleSet, matcher
from services.routing.watched import WatchedFile, write_whole
from services.texts import say

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """The rules of a file. ``version`` tells one state of it from another;
    ``trouble`` is what cannot be used in it, in entry ``number`` if it is one's."""

    rules: RuleSet = field(default_factory=RuleSet)
    version: str = ""
    trouble: RuleError | None = None
    number: int | None = None

    def sentence(self, language: str) -> str | None:
        """What is wrong with the file, for a person."""
        if self.trouble is None:
            return None
        sentence = self.trouble.sentence(language)
        if self.number is None:
            return sentence
        return say("rules.entry", language, number=str(self.number), sentence=sentence)


class RuleFile:
    """The rules in a file, read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = WatchedFile(path, self._parse, Read(), self._unreadable)
        self._lock = threading.Lock()  # of whoever changes it

    def first_match(self, messages: Sequence[Message]) -> Rule | None:
        """The rule that decides about ``messages``, as the file stands now."""
        return self.current().rules.first_match(messages)

    def current(self) -> Read:
        """The file as it stands. Never raises: what is unusable counts as no rule."""
        return self._file.current()

    def change(self, version: str, edit: Callable[[list[Rule]], list[Rule]]) -> None:
        """Write what ``edit`` makes of the rules of that ``version``, whole or not at all.

        A file that could not be read in full is kept beside the new one.

        Raises:
            RuleError: the file has changed since, the new rules cannot be used, or
                the file cannot be written.
        """
        with self._lock:
            read = self.current()
            if read.version != version:
                raise RuleError("error.rules_changed")
            rules = RuleSet(edit(list(read.rules.rules))).rules
            listed = [
                {"route": r.route.value, "when": r.condition.value, "value": r.value, "on": r.on}
                for r in rules
            ]
            try:
                if read.trouble:
                    self.path.rename(self._spare())
                text = json.dumps({"rules": listed}, ensure_ascii=False, indent=1)
                write_whole(self.path, text + "\n")
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise RuleError("error.rules_write", file=str(self.path), reason=reason) from None

    def _spare(self) -> Path:
        """A name for the damaged file that nothing has yet."""
        number = 1
        while (spare := self.path.with_name(f"{self.path.stem}-damaged-{number}.json")).exists():
            number += 1
        return spare

    def _unreadable(self, error: OSError) -> Read:
        reason = error.strerror or type(error).__name__
        trouble = RuleError("error.rules_read", file=str(self.path), reason=reason)
        log.warning("%s", trouble)
        return Read(trouble=trouble)

    def _parse(self, data: bytes) -> Read:
        read = _read(data, self.path)
        if read.trouble:  # its sentence may quote a rule, which may be private
            log.warning("%s holds rules that cannot be used", self.path)
        return read


def _read(data: bytes, path: Path) -> Read:
    version = hashlib.sha256(data).hexdigest()[:16]
    try:
        entries = _entries(json.loads(data)["rules"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return Read(version=version, trouble=RuleError("error.rules_damaged", file=str(path)))
    rules: list[Rule] = []
    wrong: list[tuple[RuleError, int | None]] = []
    for number, entry in enumerate(entries[:MOST_RULES], 1):
        try:
            rules.append(_rule(entry))
        except RuleError as error:
            wrong.append((error, number))
    if len(entries) > MOST_RULES:
        wrong.append((RuleError("error.rules_many", most=MOST_RULES), None))
    trouble, first = wrong[0] if wrong else (None, None)
    return Read(RuleSet(rules), version, trouble, first)


def _entries(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _rule(entry: Any) -> Rule:
    try:
        route, condition = Site(entry["route"]), Condition(entry["when"])
        value, on = entry["value"], entry.get("on", True)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RuleError("error.rule_shape") from None
    if not isinstance(value, str) or not isinstance(on, bool):
        raise RuleError("error.rule_shape")
    rule = Rule(route, condition, value, on)
    matcher(rule)
    return rule
