"""Judges an answer against the corpus: content, honesty, language, broken words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from training.families import LANGUAGES, answers, app_intents, handovers, pairs, read
from training.heldout import Case

ALIKE = 0.8
"""Share of words in the same order from which two answers count as the same;
answers to different intents are far below."""

_WORD = re.compile(r"[\w'’-]+")
_TERM = re.compile(
    r"`[^`]+`|[A-Z][A-Z0-9]*_[A-Z0-9_]+(?:=\w+)?|/(?:v1|api)/[\w/]+|\b\d[\d.,:/-]*\b"
)
_GERMAN = frozenset(
    (
        "der die das und ist nicht ein eine es sie ich für mit auf zu im den dem von wird "
        "werden bleibt was wie kann oder auch bei als nur aus gern geschehen guten "
        "wiedersehen hallo zum thema"
    ).split()
)
_ENGLISH = frozenset(
    (
        "the and is not a an it you i for with on to in of are be stays what how can or too "
        "at as only from welcome good goodbye hello that this by your my"
    ).split()
)


@dataclass(frozen=True)
class Verdict:
    """What is right and wrong about one answer."""

    content: bool
    honest: bool
    topic: bool
    language: bool
    broken: bool


@cache
def known_answers() -> dict[str, tuple[str, str]]:
    """Every answer that the guide was taught, with its intent's name and its language."""
    known: dict[str, tuple[str, str]] = {}
    for intent in (*app_intents(), *read("smalltalk"), *read("topics")):
        for language, text in answers(intent).items():
            known[text] = (f"{intent.file}/{intent.name}", language)
    for name, value in pairs("reasons"):
        file, language = name.split(".")
        known[value] = (f"reasons/{file}", language)
    for intent in read("followups"):
        for language in LANGUAGES:
            if language in intent.values:
                known[intent.values[language]] = (f"followups/{intent.name}", language)
    return known


@cache
def _known_words() -> frozenset[str]:
    return frozenset(word for text in known_answers() for word in _WORD.findall(text))


def likeness(one: str, other: str) -> float:
    """Share of words that two texts have in common, in order, from 0 to 1."""
    return SequenceMatcher(None, one.split(), other.split(), autojunk=False).ratio()


def nearest(answer: str) -> tuple[str, float]:
    """The taught answer most like ``answer``, and how alike they are."""
    words = set(answer.split())
    close = sorted(known_answers(), key=lambda text: -len(words & set(text.split())))[:12]
    return max(((text, likeness(answer, text)) for text in close), key=lambda pair: pair[1])


def terms(text: str) -> set[str]:
    """Names, commands, paths and numbers, which an answer must get exactly right."""
    return set(_TERM.findall(text))


def is_handover(answer: str) -> str | None:
    """The topic that ``answer`` hands over, or nothing if it is no whole hand-over."""
    for name, sentences in handovers().items():
        language = name.split(".")[1]
        for sentence in sentences:
            pattern = re.escape(sentence).replace(re.escape("{t}"), "(.+?)")
            found = re.fullmatch(pattern, answer.strip(), re.IGNORECASE)
            for topic in read("topics"):
                if found and found.group(1).lower() == topic.values[language].lower():
                    return f"topics/{topic.name}"
    return None


def language_of(answer: str) -> str:
    """``en`` or ``de``, by small words and umlauts."""
    words = [word.lower() for word in _WORD.findall(answer)]
    german = sum(word in _GERMAN for word in words) + len(re.findall("[äöüßÄÖÜ]", answer))
    return "de" if german > sum(word in _ENGLISH for word in words) else "en"


def is_broken(answer: str, finished: bool) -> bool:
    """Whether ``answer`` holds words that were never taught, a loop, or no end."""
    words = _WORD.findall(answer)
    six = [tuple(words[i : i + 6]) for i in range(len(words) - 5)]
    looping = len(six) - len(set(six)) >= 6
    return not answer.strip() or not finished or looping or bool(set(words) - _known_words())


def judge(case: Case, answer: str, finished: bool) -> Verdict:
    """The verdict on one greedy answer."""
    answer = answer.strip()
    handed = is_handover(answer)
    outside = case.name.startswith("topics/")
    if outside:
        content = handed is not None
    else:
        same = likeness(answer, case.answer) >= ALIKE and terms(answer) == terms(case.answer)
        known = known_answers()
        text, _ = nearest(answer)
        right = known_answers().get(case.answer)
        content = same and (right is None or known[text] == right)
    return Verdict(
        content=content,
        honest=handed is not None if outside else True,
        topic=handed == case.name if outside else True,
        language=language_of(answer) == case.language,
        broken=is_broken(answer, finished),
    )
