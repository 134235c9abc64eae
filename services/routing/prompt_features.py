"""A prompt as numbers: what the trained complexity score reads.

Figures of form (lengths, sentences, answer options, numbers, symbols), the counts
of the rule score's signals, and hashed words and pairs of words ("hashing trick",
Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009).
Figures speak no language, so that what is learned from English exams holds for
German ones. Training and application share this module; after a change the model
has to be trained anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, pstdev
from zlib import compress, crc32

from services.routing.detectors import words
from services.routing.gates import plain_text
from services.routing.rule_score import SIGNALS

READ = 8_000
"""Characters that are looked at; what is longer is long anyway."""
BUCKETS = 1 << 16
"""Rows of the table of hashed words."""

_OPTION = re.compile(r"^\(?[A-J][.):] ?(.*)$", re.M)
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE = re.compile(r"[.!?](?:\s|$)")
_TOKEN = re.compile(r"[^\W\d_]+|\d|[^\w\s]")
_OPENS_WITH_NUMBER = re.compile(r"[\s$≈~<>()+-]{0,9}\d")
_ASIDE = re.compile(r"\b[A-Z]\.|\b(?:none|all) of|\b(?:keine|alle) (?:der|davon)", re.I)
_SYMBOL = re.compile(r"[=^*/<>+]")
_UNIT = re.compile(
    r"\b(?:[cmkn]?m|[mk]?g|ft|lb|psi|mol|atm|volts?|ohms?|[kM]?Hz|[kM]?J|m/s|sec|in\.|hr|Btu|eV|[kM]?W|°[CF]?)(?![\w])"
)
_NEGATION = words(
    r"\b(?:not|except|never|false|incorrect|least|nicht|kein\w{0,2}|außer|falsch\w{0,2})\b"
)
_PERSONAL = words(r"\b(?:i|my|you|your|ich|mein\w{0,2}|du|dein\w{0,2}|sie|ihr\w{0,2})\b")
_THIRD = words(r"\b(?:he|she|his|her|er|sein\w{0,2})\b")
_ASKED = words(r"^\W{0,9}(?:what|which|who|when|where|was|welche\w?|wer|wann|wo)\b")
_REASON = words(r"\b(?:why|explain|best|warum|weshalb|erkläre?|am besten)\b")
_SOUGHT = words(
    r"\b(?:how (?:many|much)|find|calculate|determine|compute|"
    r"wie (?:viele?|groß)|bere[ck]h?ne|bestimme)\b"
)


@dataclass(frozen=True, slots=True)
class Features:
    """``figures`` of fixed number and order; ``grams`` are rows of the table, at least one."""

    figures: list[float]
    grams: list[int]


def features(prompt: str) -> Features:
    """Read one prompt. Takes time linear in its length, up to ``READ`` characters."""
    text = prompt[:READ]
    first = _OPTION.search(text)
    options = _OPTION.findall(text)
    if first is None or len(options) < 2:
        question, options = text, []
    else:
        question = text[: first.start()]
    figures = [
        math.log1p(len(prompt)),
        *_length(question),
        *_options(options, len(text) - len(question)),
        *_wording(question),
        *_symbols(question),
        len(compress(text.encode(errors="replace"), 1)) / (len(text) + 20),
        sum(ord(char) > 127 for char in text) / (len(text) + 1),
    ]
    plain = plain_text(text)
    for signal in SIGNALS:
        found = signal.pattern.findall(text) if signal.gate.may_match(plain) else ()
        figures.append(min(2 * signal.most, len(found)))
    return Features([float(figure) for figure in figures], _grams(text))


def _length(question: str) -> list[float]:
    count = len(question.split())
    sentences = len(_SENTENCE.findall(question))
    return [math.log1p(count), math.log1p(len(question)), sentences, count / (1 + sentences)]


def _options(options: Sequence[str], characters: int) -> list[float]:
    if not options:
        return [0.0] * 9
    lengths = [len(option) for option in options]
    said = [word for option in options for word in option.split()]
    digits = sum(char.isdigit() for option in options for char in option)
    return [
        len(options),
        math.log1p(characters),
        math.log1p(fmean(lengths)),
        pstdev(lengths) / (1 + fmean(lengths)),
        fmean(_OPENS_WITH_NUMBER.match(option) is not None for option in options),
        fmean(len(option.split()) == 1 for option in options),
        digits / (1 + sum(lengths)),
        len(set(said)) / max(1, len(said)),
        len(_ASIDE.findall(" ".join(options))),
    ]


def _wording(question: str) -> list[float]:
    spoken = _WORD.findall(question)
    different = {word.lower() for word in spoken}
    ending = question.rstrip()[-1:]
    return [
        fmean(map(len, spoken)) if spoken else 0.0,
        fmean(len(word) > 8 for word in spoken) if spoken else 0.0,
        len(different) / max(1, len(spoken)),
        sum(map(str.isupper, question)) / max(1, len(question)),
        question.count("?"),
        question.count(","),
        question.count('"') + question.count("“") + question.count("„"),
        question.count("("),
        question.count("\n"),
        "__" in question,
        ending == "?",
        ending == ":",
        ending == ".",
        len(_NEGATION.findall(question)),
        _PERSONAL.search(question) is not None,
        _THIRD.search(question) is not None,
        _ASKED.search(question) is not None,
        _REASON.search(question) is not None,
        _SOUGHT.search(question) is not None,
    ]


def _symbols(question: str) -> list[float]:
    return [
        sum(map(str.isdigit, question)) / max(1, len(question)),
        math.log1p(len(_NUMBER.findall(question))),
        math.log1p(len(_SYMBOL.findall(question))),
        math.log1p(question.count("\\")),
        math.log1p(question.count("$")),
        math.log1p(len(_UNIT.findall(question))),
    ]


def _grams(text: str) -> list[int]:
    """Rows of the words and pairs of words of ``text``, each once, row 0 for none."""
    tokens = _TOKEN.findall(text.lower())
    found = set(tokens)
    found.update(f"{a} {b}" for a, b in pairwise(tokens))
    return sorted({crc32(gram.encode(errors="replace")) % BUCKETS for gram in found}) or [0]
