# ruff: noqa: E501 - a pattern on one line is easier to read than a folded one
"""What kind of task a prompt sets, by cheap signals in English and German.

The kinds are for explaining a decision, for the rules of a person and for
learning from ratings. They are signs, not a judgement: a prompt may show several
or, as most small talk does, none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import re2  # type: ignore[import-untyped]  # carries no types

from services.domain import Message, Role
from services.routing.detectors import words
from services.routing.followup import is_follow_up

_READ = 4000  # characters; what is wanted stands at the beginning of a prompt or at its end
_RECENT = 3  # user turns that a follow-up may refer to

_LANGUAGES = r"(?:english|german|french|spanish|italian|dutch|polish|portuguese|russian|turkish|chinese|japanese|latin|englische?|deutsche?|französische?|spanische?|italienische?|niederländische?|polnische?|portugiesische?|russische?|türkische?|chinesische?|japanische?|lateinische?)"
_SIGNS: dict[str, tuple[str, ...]] = {
    "translation": (
        (
            r"\b(?:translat(?:e|es|ed|ing|ion|ions)|übersetz\w*|how (?:do|would|can) (?:you|i|we) say|wie (?:sagt man|heißt)\b.{1,60}\bauf|"
            rf"(?:ins?|into|auf|in) {_LANGUAGES}(?: please| bitte|\W*$))"
        ),
    ),
    "summary": (
        (
            r"\b(?:summari[sz]\w{1,3}|summary of|tl;?dr|zusammenfass\w*|fass\w{0,3} .{1,60}\bzusammen|key points|kernaussagen|main points|wichtigsten punkte)\b"
        ),
    ),
    "code": (
        (
            r"```|~~~|^\s{4}\S.*[;{}()]$|\b(?:def |public static|#include)|\bclass \w+[:({]|\bfunction\s?\(|console\.log|\bSELECT\b.{1,80}\bFROM\b|</\w+>|Traceback \(most"
        ),
        (
            r"(?:\b(?:python|javascript|typescript|java|html|css|sql|bash|powershell|kotlin|golang|php|rust|regex|regexp|regular expressions?|reguläre[rn]? ausdr[uü]ck\w{0,2}|"
            r"stack ?trace|traceback|unit ?tests?|refactor\w{0,3}|debug\w{0,4}|segfault|compiler|docker\w{0,4}|git (?:rebase|merge|commit|push|reset)|rest api|json schema|"
            r"quellcode|source code|programming|programmier\w{1,4}|implement\w{0,3} (?:a|an|the|eine?n?))\b|\bc\+\+|\bc#)"
        ),
        (
            r"\b(?:write|implement|create|build|fix|optimi[sz]e|review|schreibe?|implementiere?|erstelle?|entwickle?|korrigiere?|optimiere?)\b[^.?!\n]{0,60}"
            r"\b(?:functions?|code|scripts?|programs?|quer(?:y|ies)|algorithms?|parser|skripte?|funktion\w{0,2}|programm\w?|abfragen?|algorithmus)\b"
        ),
    ),
    "data": (
        (
            r"\b(?:data ?sets?|datens[aä]tze?|data analysis|datenanalyse|csv|spreadsheets?|excel|pivot\w*|data ?frames?|pandas|regression|correlation|korrelation\w{0,2}|"
            r"standard deviation|standardabweichung|median|mittelwert\w?|outliers?|ausreißer|histogram\w{0,2}|statistical\w{0,2}|statistisch\w{0,2}|"
            r"(?:analy[sz]e|evaluate|plot|visuali[sz]e) (?:this|these|the|my|our) (?:data|numbers|figures|table|results|survey)|"
            r"(?:analysiere?|werte|visualisiere?) (?:diese|die|meine|unsere)[nrs]? (?:daten|zahlen|tabelle|ergebnisse|umfrage))\b"
        ),
    ),
    "maths": (
        (r"\\(?:frac|int|sum|sqrt|begin)\b|\d\s?[+*/^=-]\s?\d.{0,40}=|\b[xyn]\^?\d?\s?[=+]\s?\d"),
        (
            r"\b(?:prove|proof|beweise?|equations?|gleichung\w{0,2}|integrals?|derivatives?|ableitung\w{0,2}|differenti(?:al|ate)|theorem|satz des|"
            r"probability|wahrscheinlichkeit\w{0,2}|matri(?:x|ces)|matrizen|polynom\w{0,4}|logarithm\w{0,3}|prime numbers?|primzahl\w{0,2}|"
            r"calculate|compute|berechne\w{0,2}|solve for|löse)\b"
        ),
    ),
    "writing": (
        (
            r"\b(?:poem|haiku|limerick|sonnet|short story|fairy ?tale|bedtime story|lyrics|screenplay|gedicht\w?|kurzgeschichten?|märchen|gute-?nacht-?geschichten?|liedtext\w?|drehbuch|roman)\b"
        ),
        (
            r"\b(?:write|compose|invent|make up|tell|schreibe?|verfasse?|erfinde?|dichte|erzähle?)\b[^.?!\n]{0,50}"
            r"\b(?:story|stories|song|novel|chapter|dialogue|speech|toast|joke|slogans?|geschichten?|lied|kapitel|dialog|rede|witz|trinkspruch)\b"
        ),
    ),
    "research": (
        (
            r"\b(?:research|recherch\w{1,5}|literature review|literaturübersicht|state of the art|stand der forschung|forschungsstand|"
            r"(?:studies|papers|evidence|sources) (?:on|about|for|that)|studien (?:zu|über)|belege (?:für|zu)|quellen (?:zu|für)|fact.?check|faktencheck|"
            r"compare[^.?!\n]{0,60}\b(?:approaches|theories|policies|studies|methods|options)|vergleiche?[^.?!\n]{0,60}\b(?:ansätze|theorien|studien|methoden|positionen))\b"
        ),
    ),
}  # fmt: skip

KINDS = tuple(_SIGNS)
"""All kinds, the most telling first; each has a name in ``kind.<word>``."""


def _compiled(signs: tuple[str, ...]) -> Any:
    """RE2 rather than ``re``: these long lists of words are read ten times as fast."""
    options = re2.Options()
    options.case_sensitive = False
    return re2.compile("(?m:" + "|".join(words(sign).pattern for sign in signs) + ")", options)


_PATTERNS = {kind: _compiled(signs) for kind, signs in _SIGNS.items()}
_ASCII = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue", "ß": "ss"}
)


def task_kinds(text: str) -> tuple[str, ...]:
    """The kinds that ``text`` shows, in the order of :data:`KINDS`.

    Reads the first and the last 4,000 characters.
    """
    if len(text) > 2 * _READ:
        text = f"{text[:_READ]}\n{text[-_READ:]}"
    # RE2 knows the boundaries of words in ASCII alone.
    plain = text.translate(_ASCII).encode("ascii", "ignore").decode("ascii")
    return tuple(kind for kind, pattern in _PATTERNS.items() if pattern.search(plain))


def asked_turns(messages: Sequence[Message]) -> tuple[str, ...]:
    """What is asked now: the newest user turn and, if it is a follow-up, three before it."""
    turns = [message.content for message in messages if message.role is Role.USER]
    if turns and is_follow_up(turns[-1]):
        return tuple(reversed(turns[-1 - _RECENT :]))
    return tuple(turns[-1:])


def asked_kinds(messages: Sequence[Message]) -> tuple[str, ...]:
    """The kinds of what is asked now; those of the newest turn that shows any."""
    return next((kinds for turn in asked_turns(messages) if (kinds := task_kinds(turn))), ())
