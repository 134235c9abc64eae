"""The corpus files: intents, their answers, and families of phrasings.

A family is one line of a corpus file: alternatives in parentheses, a slot in
braces, for verbs and nouns also the question frames around them. The families
of ``heldout.txt`` and those marked with ``~`` are held out: no prompt of theirs
is ever trained on.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
APP_FILES = ("routing", "privacy", "models", "cloud", "history", "setup", "trouble", "extra")
LANGUAGES = ("en", "de")

FRAMES = {
    "h": (
        "how do i {}", "how can i {}", "can i {}", "i want to {}", "i would like to {}", "{}",
        "is it possible to {}", "what do i have to do to {}", "show me how to {}", "how to {}",
        "tell me how to {}", "where can i {}", "is there a way to {}", "help me {}", "i need to {}",
        "could you explain how to {}", "how does one {}", "what is the way to {}", "may i {}",
    ),
    "H": (
        "wie kann ich {}", "kann ich {}", "ich möchte {}", "ich will {}", "wie kann man {}", "{}",
        "kann man {}", "wo kann ich {}", "ich würde gern {}", "ich muss {}", "wie soll ich {}",
        "erkläre mir, wie ich {} kann", "zeig mir, wie ich {} kann", "wie könnte ich {}",
        "können Sie mir sagen, wie ich {} kann", "hilf mir, ich will {}", "darf ich {}",
        "ist es möglich, dass ich {} kann", "weißt du, wie ich {} kann",
    ),
    "n": (
        "what is {}", "what's {}", "explain {}", "tell me about {}", "{}", "what does {} mean",
        "i don't understand {}", "info on {}", "how does {} work", "could you explain {}",
        "what do you know about {}", "describe {}", "what about {}", "what are {}",
        "a question about {}",
    ),
    "N": (
        "was ist {}", "was bedeutet {}", "erkläre {}", "erklären Sie mir {}", "{}", "was sind {}",
        "wie funktioniert {}", "was hat es mit {} auf sich", "Info zu {}", "ich verstehe {} nicht",
        "können Sie {} erklären", "was weißt du über {}", "was genau ist {}", "eine Frage zu {}",
    ),
}  # fmt: skip
"""Question frames: for what somebody wants to do (h, H), for things (n, N)."""

_LINE = re.compile(r"(~?)([ehndHN]): (.+)")
_CHOICE = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Family:
    """Phrasings of one line: ``kind`` is e, h, n (English) or d, H, N (German)."""

    key: str
    kind: str
    pattern: str
    held_out: bool

    @property
    def language(self) -> str:
        """``en`` or ``de``."""
        return "en" if self.kind in "ehn" else "de"

    def sample(self, rng: random.Random) -> str:
        """One prompt of this family, with its frame and slots filled."""
        text = expand(self.pattern, rng)
        if self.kind in FRAMES:
            text = rng.choice(FRAMES[self.kind]).format(text)
        return " ".join(text.split())


@dataclass
class Intent:
    """What one corpus section says: names of answers and families."""

    name: str
    file: str
    values: dict[str, str] = field(default_factory=dict)
    families: list[Family] = field(default_factory=list)

    @property
    def target(self) -> str:
        """File and name, which together are unique."""
        return f"{self.file}/{self.name}"

    def of(self, language: str, held_out: bool) -> list[Family]:
        """The families of one language, held out or not."""
        return [f for f in self.families if f.language == language and f.held_out == held_out]


def expand(pattern: str, rng: random.Random) -> str:
    """Choose one of each ``(a|b)`` and fill each ``{slot}``."""
    while found := _CHOICE.search(pattern):
        choice = rng.choice(found.group(1).split("|"))
        pattern = pattern[: found.start()] + choice + pattern[found.end() :]
    return _SLOT.sub(lambda slot: rng.choice(slots()[slot.group(1)]), pattern)


@cache
def slots() -> dict[str, tuple[str, ...]]:
    """The words of ``slots.txt``."""
    return {name: tuple(words.split("|")) for name, words in pairs("slots")}


@cache
def pairs(file: str) -> tuple[tuple[str, str], ...]:
    """The ``name = value`` lines of a corpus file without sections."""
    lines = (CORPUS / f"{file}.txt").read_text("utf-8").splitlines()
    split = (line.split(" = ", 1) for line in lines if line and not line.startswith("#"))
    return tuple((name, value) for name, value in split)


@cache
def read(file: str) -> tuple[Intent, ...]:
    """The intents of one corpus file, with all their families.

    Raises:
        ValueError: a line that is neither an answer, a family nor a comment, or
            phrasings of an intent that the file does not have.
    """
    intents = {intent.name: intent for intent in _sections(file, file)}
    for more in _sections(f"phrasings/{file}", file):
        if more.name not in intents or more.values:
            raise ValueError(f"phrasings/{file}.txt: [{more.name}]")
        intents[more.name].families.extend(more.families)
    if file in APP_FILES:
        for number, (name, value) in enumerate(pairs("heldout")):
            if name in intents:
                english, german = value.split(" = ")
                for kind, text in (("e", english), ("d", german)):
                    family = Family(f"heldout:{number}:{kind}", kind, text, held_out=True)
                    intents[name].families.append(family)
    return tuple(intents.values())


def _sections(path: str, file: str) -> list[Intent]:
    """The sections of one text file, as intents of ``file``."""
    found: list[Intent] = []
    for number, line in enumerate((CORPUS / f"{path}.txt").read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("["):
            found.append(Intent(line.strip("[]"), file))
        elif match := _LINE.fullmatch(line):
            key = f"{path}:{number}"
            family = Family(key, match.group(2), match.group(3), bool(match.group(1)))
            found[-1].families.append(family)
        elif " = " in line:
            name, value = line.split(" = ", 1)
            found[-1].values[name] = value
        else:
            raise ValueError(f"{path}.txt:{number}: {line}")
    return found


def app_intents() -> list[Intent]:
    """Every intent about the application."""
    return [intent for file in APP_FILES for intent in read(file)]


@cache
def handovers() -> dict[str, tuple[str, ...]]:
    """The hand-over sentences by ``open.en``, ``open.de``, ``private.en``, ``private.de``."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs("handover"):
        found[name] = (*found.get(name, ()), value)
    return found


def handover(topic: Intent, language: str) -> str:
    """The honest answer for a topic: which sentence is settled by the topic's place."""
    kind = "private" if topic.values.get("private") == "yes" else "open"
    choices = handovers()[f"{kind}.{language}"]
    place = [t.name for t in read("topics")].index(topic.name)
    text = choices[place % len(choices)].format(t=topic.values[language])
    return text[0].upper() + text[1:]


def answers(intent: Intent) -> dict[str, str]:
    """The right answer to an intent or topic, by language."""
    if intent.file == "topics":
        return {language: handover(intent, language) for language in LANGUAGES}
    return {language: intent.values[language] for language in LANGUAGES}
