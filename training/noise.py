"""Prompts as people really type them: case, typos, umlauts, politeness."""

from __future__ import annotations

import random
import re
from functools import cache

from training.families import pairs

PREFIXES = {
    "en": ("hi, ", "hello, ", "hey, ", "please ", "quick question: ", "excuse me, ", "so ",
           "ok, ", "and ", "i have a question: ", "tell me, ", "hello! ", "good morning, ",
           "sorry, ", "i wonder, ", "well, ", "can you tell me, ", "i'd like to know, ",
           "do you know ", "my question: ", "another question: ", "just curious, ",
           "could you please tell me ", "hmm, ", "by the way, "),
    "de": ("hallo, ", "hi, ", "bitte ", "kurze Frage: ", "Entschuldigung, ", "und ", "ok, ",
           "also ", "ich habe eine Frage: ", "sag mal, ", "sagen Sie, ", "guten Tag, ",
           "hey, ", "mal eine Frage: ", "Guten Morgen, ", "na, ", "können Sie mir sagen, ",
           "ich wüsste gern, ", "meine Frage: ", "noch eine Frage: ", "weißt du, ",
           "nur aus Neugier, ", "übrigens, ", "mich interessiert, "),
}  # fmt: skip
SUFFIXES = {
    "en": (" please", " thanks", " in nearside", " here", " exactly", " then",
           ", thank you", " actually", " with you"),
    "de": (" bitte", " danke", " in Nearside", " hier", " genau", " denn",
           ", vielen Dank", " eigentlich", " bei dir"),
}  # fmt: skip
_QUESTIONS = (
    "how what why where when who which can could is are does do did will may was wie "
    "warum wieso weshalb wo wann wer welche welcher welches kann können ist sind darf "
    "gibt hat wird werden"
).split()
_FILLERS = frozenset(
    (
        "the a an do does is to my i it of der die das ein eine einen ich es zu mein meine denn"
    ).split()
)
_PLAIN = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
_BARE = {"ä": "a", "ö": "o", "ü": "u", "ß": "s", "Ä": "A", "Ö": "O", "Ü": "U"}
_KEYS = "qwertzuiopasdfghjklyxcvbnm"


def roughen(
    text: str, language: str, rng: random.Random, strength: float = 1.0, *, about_us: bool = True
) -> str:
    """``text`` as somebody in a hurry may type it; ``strength`` 0 keeps the words.

    Only what is ``about_us`` gets words of ours: elsewhere, "history" is no chat's.

    Nothing here changes what is asked. Backticks, names in capitals and paths
    stay as they are most of the time, because people copy them.
    """
    if about_us and rng.random() < 0.35 * strength:
        text = _swap(text, language, rng)
    if rng.random() < 0.22 * strength and not text.startswith(("/", "POST", "GET")):
        text = rng.choice(PREFIXES[language]) + text
    if rng.random() < 0.12 * strength:
        text += rng.choice(SUFFIXES[language] if about_us else SUFFIXES[language][:2])
    if rng.random() < 0.10 * strength:
        text = _drop_filler(text, rng)
    if rng.random() < 0.16 * strength:
        for _ in range(rng.choice((1, 1, 1, 2))):
            text = typo(text, rng)
    text = _punctuate(text, rng)
    text = _recase(text, rng)
    return _umlauts(text, rng) if language == "de" else text


@cache
def _synonyms(language: str) -> dict[str, tuple[str, ...]]:
    groups = [value.split("|") for name, value in pairs("synonyms") if name == language]
    return {
        word.lower(): tuple(w for w in group if w != word) for group in groups for word in group
    }


@cache
def _replaceable(language: str) -> re.Pattern[str]:
    words = sorted(_synonyms(language), key=len, reverse=True)
    either_case = re.IGNORECASE if language == "en" else 0  # German nouns are not their verbs
    return re.compile(
        rf"(?<![\w/-])({'|'.join(map(re.escape, words))})(?![\w/-])", re.NOFLAG | either_case
    )


def _swap(text: str, language: str, rng: random.Random) -> str:
    """``text`` with about half of its replaceable words replaced."""
    words = _synonyms(language)
    return _replaceable(language).sub(
        lambda m: rng.choice(words[m.group().lower()]) if rng.random() < 0.5 else m.group(), text
    )


def _drop_filler(text: str, rng: random.Random) -> str:
    words = text.split()
    fillers = [i for i, word in enumerate(words) if word.lower() in _FILLERS]
    if len(words) > 4 and fillers:
        del words[rng.choice(fillers)]
    return " ".join(words)


def typo(text: str, rng: random.Random) -> str:
    """``text`` with one slip of the fingers, if it is long enough."""
    places = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i - 1].isalpha()]
    if len(places) < 4:
        return text
    i = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:i] + text[i + 1 :]
    if kind == 1:
        return text[:i] + text[i] + text[i:]
    if kind == 2:
        return text[: i - 1] + text[i] + text[i - 1] + text[i + 1 :]
    return text[:i] + rng.choice(_KEYS) + text[i + 1 :]


def _punctuate(text: str, rng: random.Random) -> str:
    if text.endswith(("?", "!", ".")):
        return text
    first = text.split()[0].lower().strip(",:") if text.split() else ""
    if first in _QUESTIONS or rng.random() < 0.15:
        return text + rng.choice(("?", "?", "?", "", "", "??", " ?"))
    return text + rng.choice(("", "", "", ".", "!", "?"))


def _recase(text: str, rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.40:
        return text.lower()
    if kind < 0.42:
        return text.upper()
    return text[:1].upper() + text[1:] if kind < 0.85 else text


def _umlauts(text: str, rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.14:
        return "".join(_PLAIN.get(letter, letter) for letter in text)
    if kind < 0.22:
        return "".join(_BARE.get(letter, letter) for letter in text)
    return text
