# ruff: noqa: E501 - a pattern on one line is easier to read than a folded one
"""How likely the local model's answer would not do, by rules.

The score is a logistic function of a sum of signals of the newest user turn.
Every signal adds, none subtracts, and each grows with what it counts: more
words, more code, more constraints never lower the score.

Signals and their weights were chosen by hand, then looked at on everyday
requests (CLINC150, MASSIVE German) and hard prompts (MMLU-Pro, MATH level 5):
the rule "under 100 words stays local" is the middle of the length signal, and
programming, mathematics, proofs and long texts to write weigh as much as
length. A short follow-up ("and shorter?", "jetzt auf Deutsch") says little by
itself and inherits the score of the turns before it.

``share_quantiles.json`` holds the scores above which each share of the
reference mix lies; ``python -m tests.benchmarks.routing --data DIR
--calibrate`` makes it anew.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import ClassVar

from services.domain import Message
from services.routing.detectors import words
from services.routing.gates import Gated
from services.routing.scale import probability, score_of, threshold_for_share

WORD_LIMIT = 100
"""Words up to which a prompt counts as short."""

_READ = 20_000  # characters that are read; a longer prompt is long anyway


@dataclass(frozen=True, slots=True)
class Signal:
    """One group of words; ``weight`` per occurrence, at most ``most`` of them."""

    pattern: re.Pattern[str]
    weight: float
    most: int = 1
    gate: Gated = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gate", Gated(self.pattern))


SIGNALS: tuple[Signal, ...] = (
    # program text and programming
    Signal(re.compile(r"```|~~~|^\s{4}\S.*[;{}()]$", re.M), 1.6),
    Signal(
        re.compile(
            r"\b(?:def |class \w+[:({]|function\s?\(|public static|#include|import \w+|SELECT\b.{1,80}\bFROM\b"
            r"|console\.log|=>|\breturn\b.{0,40};|</\w+>)"
        ),
        1.4,
    ),
    Signal(
        words(
            r"\b(?:python|javascript|typescript|java|c\+\+|rust|golang|sql|regex|regulären? ausdruck|html|css|bash|docker\w*|"
            r"kubernetes|algorithm\w*|algorithmus|api|function|funktion|script|skript|debug\w*|refactor\w*|unit ?tests?|"
            r"recursion|rekursi\w{2,4}|database|datenbank|compiler|stack ?trace|exception|big-?o|program\w{0,6}|implementier\w*|implement\w*)\b"
        ),
        0.7,
        3,
    ),
    # mathematics, physics, formal argument
    Signal(
        re.compile(
            r"\\(?:frac|sqrt|sum|int|cdot|overline|angle|begin|text|left|log|sin|cos|pi|theta)|\$[^$\n]{1,200}\$"
        ),
        0.9,
        3,
    ),
    Signal(re.compile(r"\d\s?[-+*/^=<>]\s?[\dxyzn(]|[a-z]\s?[\^=]\s?[-\d(]|[∑∫√≤≥≠∞∈∀∃]"), 0.7, 2),
    Signal(
        words(
            r"\b(?:prove|proof|beweis\w*|theorem|lemma|satz von|derive|herleit\w*|leite \w{1,20} her|integral\w{0,2}|derivative|ableitung|"
            r"equations?|gleichung\w{0,2}|polynomial\w*|polynom\w{0,2}|matri(?:x|ces|zen)|eigen\w{4,8}|probabilit\w{1,3}|wahrscheinlichkeit\w*|"
            r"triangle|dreieck\w{0,2}|integers?|prime|primzahl\w{0,2}|modulo|vector\w{0,2}|vektor\w{0,3}|logarithm\w{0,3}|geometr\w{1,4}|"
            r"sum of|value of|remainder|perpendicular|sequence|radius|velocity|voltage|entropy|equilibrium|hypothesis|coefficient)\b"
        ),
        0.55,
        4,
    ),
    # tasks that take thinking or length
    Signal(
        words(
            r"\b(?:prove|proof of|give a proof|beweise?|zeige,? dass|show that|derive|leite \w{1,20} her|induction|induktion)\b"
        ),
        2.6,
    ),
    Signal(
        words(
            r"\b(?:write|implement|create|build|refactor|debug|fix|optimi[sz]e|review|develop|schreibe?|implementiere?|programmiere?|"
            r"erstelle?|entwickle?|korrigiere?|optimiere?)\b[^.?!\n]{0,60}\b(?:functions?|code|scripts?|programs?|class(?:es)?|quer(?:y|ies)|"
            r"algorithms?|tests?|apps?|apis?|parser|compiler|bot|website|trees?|server|skript\w?|funktion\w{0,2}|programm\w?|klassen?|abfragen?|"
            r"algorithmus|webseite|tree)\b"
        ),
        2.4,
    ),
    Signal(
        words(
            r"\b(?:write|draft|compose|prepare|create|develop)\b[^.?!\n]{0,50}\b(?:essay|article|story|report|paper|proposal|speech|analysis|"
            r"blog|guide|novel|chapter|thesis|business plan|strategy|curriculum|tutorial|white ?paper|screenplay|dialogue)\b|"
            r"\b(?:schreibe?n?|verfasse|erstelle|entwirf|entwickle|formuliere)\b[^.?!\n]{0,50}\b(?:\w{0,20}aufsatz|artikel|\w{0,20}geschichte|"
            r"\w{0,12}bericht|\w{0,12}konzept|rede|\w{0,12}analyse|\w{0,12}gutachten|essay|referat|hausarbeit|kapitel|leitfaden|strategie|"
            r"businessplan|drehbuch|erörterung|roman|dialog)\b"
        ),
        2.4,
    ),
    Signal(
        words(
            r"\b(?:analy[sz]e\w{0,2}|analysier\w{1,3}|compar(?:e|ing|ison)|vergleich\w{0,3}|evaluate|bewerte|critique|discuss|erörter\w{1,2}|"
            r"diskutiere|design|entwirf|optimi[sz]e|optimier\w{1,3}|pros and cons|vor- und nachteile|trade-?offs?|implications|"
            r"auswirkungen|business plan|businessplan|research|recherchier\w*|architecture|architektur|differential \w{5,10}|"
            r"differen[tz]ialgleichung\w{0,2})\b"
        ),
        1.3,
        3,
    ),
    Signal(
        words(
            r"\b(?:in (?:great |full )?detail|detailed|comprehensive|in-depth|thorough\w{0,2}|step[- ]by[- ]step|explain why|"
            r"ausführlich\w{0,2}|detaillierte?\w?|umfassende?\w?|schritt für schritt|gründlich\w?|begründe\w?|erkläre,? warum|"
            r"\d{3,5} (?:words|wörter))\b"
        ),
        0.9,
        2,
    ),
    Signal(
        words(
            r"\b(?:explain|erkläre?|describe|beschreibe?|summari[sz]e|fasse .{1,60} zusammen|why (?:does|do|did|is)|poem|gedicht)\b"
        ),
        0.5,
    ),
    # exam questions
    Signal(re.compile(r"\n\(?[A-J][.):] ?\S"), 0.1, 6),
    Signal(
        words(
            r"\b(?:which of the following|welche der folgenden|according to|assume|suppose|given that|angenommen|gegeben sei|"
            r"consider|calculate|compute|berechne\w{0,2}|determine|bestimme\w{0,2}|solve|löse|find the|what is the (?:value|smallest|largest|"
            r"probability|sum|greatest|area|number of))\b"
        ),
        0.7,
        3,
    ),
    # constraints
    Signal(
        words(
            r"\b(?:must|should|at least|at most|exactly|without using|only if|such that|except|muss|müssen|soll(?:en|te)?|mindestens|"
            r"höchstens|genau|ohne|sodass|außer|unter der bedingung)\b"
        ),
        0.2,
        4,
    ),
)

_QUESTION = re.compile(r"\?")
_NUMBERED = re.compile(r"^\s{0,4}(?:\d{1,2}[.)]|[-*•])\s", re.M)
_BIAS = -4.2


class RuleComplexity:
    """Scores the newest user turn by rules; implements ``ports.ComplexityScore``.

    It stands in where the trained score cannot be loaded, and knows nothing of
    the local model.
    """

    quantiles: ClassVar[str] = "share_quantiles.json"

    def score(self, messages: Sequence[Message]) -> float:
        """Probability-like score in 0.001..0.999; see ``scale.score_of``."""
        return score_of(messages, _score)

    def threshold_for_share(self, share: float) -> float:
        """The threshold above which ``share`` (0..1) of the reference mix lies."""
        return threshold_for_share(share, _quantiles(self.quantiles))


@cache
def _quantiles(name: str) -> tuple[float, ...]:
    values = json.loads((Path(__file__).parent / name).read_text("utf-8"))["quantiles"]
    return tuple(float(value) for value in values)


def _score(prompt: str) -> float:
    text = prompt[:_READ]
    count = len(prompt.split())
    total = _BIAS + _length(count, len(prompt))
    for signal in SIGNALS:
        found = 0
        for _ in signal.pattern.finditer(text):
            found += 1
            if found == signal.most:
                break
        total += signal.weight * found
    total += 0.15 * min(3, max(0, len(_QUESTION.findall(text)) - 1))
    total += 0.15 * min(6, len(_NUMBERED.findall(text)))
    return probability(total)


def _length(count: int, characters: int) -> float:
    """Grows steadily, fastest around ``WORD_LIMIT``; characters break ties."""
    steep = 3.0 / (1 + math.exp(-(count - WORD_LIMIT) / 25))
    return steep + 0.25 * math.log1p(count) + 0.05 * math.log1p(characters)
