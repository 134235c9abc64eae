"""Which turns of a conversation may travel.

A private turn stays, and so does everything that may carry it on: the answer
to it, follow-ups that only make sense with it and their answers, and any turn
that repeats what was private.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.domain import Finding, Message, Role
from services.routing.detectors import listed
from services.routing.folding import fold
from services.routing.followup import is_follow_up

_WORD = re.compile(r"[^\W_]{4,}")
_MOST_ECHOES = 400  # words of private passages that are looked for

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
    echoes = _echoes(messages, findings)
    if echoes:
        held |= {
            number
            for number, message in enumerate(messages)
            if message.role is not Role.SYSTEM
            and not echoes.isdisjoint(_WORD.findall(fold(message.content).text.lower()))
        }
    carried = False  # whether the last user turn was private
    for number, message in enumerate(messages):
        if message.role is Role.USER:
            carried = number in held or (carried and is_follow_up(message.content))
        elif message.role is Role.ASSISTANT and number in held:
            # What a person says right after it may refer to it.
            carried = True
        if carried and message.role is not Role.SYSTEM:
            held.add(number)
    return frozenset(held)


def _echoes(messages: Sequence[Message], findings: Sequence[Finding]) -> frozenset[str]:
    """Telling words of the private passages: long, or with digits, not common."""
    found: set[str] = set()
    for finding in findings:
        passage = messages[finding.message].content[finding.start : finding.end]
        if finding.category == "marker":
            continue
        for word in _WORD.findall(fold(passage[:2000]).text.lower()):
            if word not in _COMMON:
                found.add(word)
        if len(found) > _MOST_ECHOES:
            break
    return frozenset(found)


def newest_user_turn(messages: Sequence[Message]) -> int | None:
    """Number of the newest message by the person, if there is one."""
    return next(
        (n for n in range(len(messages) - 1, -1, -1) if messages[n].role is Role.USER), None
    )
