"""Which turns of a conversation may travel.

A private turn stays, and so does everything that may carry it on: the answer
to it, follow-ups that only make sense with it and their answers, and any turn
that repeats what was private.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.attachment import own_words
from services.categories import MARKERS, STATEMENTS
from services.domain import Finding, Message, Role
from services.routing.detectors import listed
from services.routing.folding import fold
from services.routing.followup import is_follow_up

_WORD = re.compile(r"[^\W_]{4,}")
_MOST_PASSAGES = 1000  # whose words are looked for elsewhere
_AROUND = 60  # characters on each side of a statement

# Words of private passages that are everybody's: "I was diagnosed with".
_COMMON = listed(
    "have been with from that this your about been were when what mein meine meinem meinen "
    "meiner habe hatte haben wurde werde worden nicht eine einen einem einer sind dass oder "
    "aber wenn auch mich sich diagnosed name diagnostiziert password passwort street straße "
    "strasse frau herr herrn mister patient doctor arzt tochter sohn mann kind kinder child "
    "daughter wife husband mother father friend boss chef chefin manager confidential "
    "vertraulich internal private privat only date birth geboren address adresse"
)


def private_turns(messages: Sequence[Message], findings: Sequence[Finding]) -> frozenset[int]:
    """Numbers of the messages that never travel, the newest user turn included."""
    held = {finding.message for finding in findings}
    passages, around = _echoes(messages, findings)
    for number, message in enumerate(messages):
        telling = {Role.USER: passages, Role.ASSISTANT: passages | around}.get(message.role)
        if telling and not telling.isdisjoint(_words(message.content)):
            held.add(number)
    carried = False  # whether the last user turn was private
    for number, message in enumerate(messages):
        if message.role is Role.USER:
            carried = number in held or (
                carried and is_follow_up(own_words(message.content, message.files))
            )
        elif message.role is Role.ASSISTANT and number in held:
            # What a person says right after it may refer to it.
            carried = True
        if carried and message.role is not Role.SYSTEM:
            held.add(number)
    return frozenset(held)


def _echoes(
    messages: Sequence[Message], findings: Sequence[Finding]
) -> tuple[frozenset[str], frozenset[str]]:
    """Telling words of the private passages, and of what stands around statements.

    "I was diagnosed with lupus" is found by its first three words; an answer
    that mentions lupus later must not travel either.
    """
    passages: set[str] = set()
    around: set[str] = set()
    for finding in findings[:_MOST_PASSAGES]:
        content = messages[finding.message].content
        if finding.category in STATEMENTS:
            end = finding.end + _AROUND
            around.update(_words(content[max(0, finding.start - _AROUND) : end]))
        if finding.category not in MARKERS:
            passages.update(_words(content[finding.start : finding.end][:2000]))
    return frozenset(passages - _COMMON), frozenset(around - _COMMON)


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text).text.lower())


def newest_user_turn(messages: Sequence[Message]) -> int | None:
    """Number of the newest message by the person, if there is one."""
    return next(
        (n for n in range(len(messages) - 1, -1, -1) if messages[n].role is Role.USER), None
    )
