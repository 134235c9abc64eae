"""Prompts full of words that the corpus does not have, all of them to hand over.

Somebody who asks about a thing that the guide never heard of must get an honest
hand-over, not the answer that shares a small word with the question. So the guide
sees many such words: pieces of German sentences (GermEval 2014, CC-BY-4.0) and of
exam questions (MMLU-Pro, MATH), and single words of theirs in the frames of questions.
The text is read from folders given by the caller and never copied into the repository.
"""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

from training import intents
from training.families import FRAMES, app_intents, pairs, slots

_WORD = re.compile(r"[A-Za-zÄÖÜäöüß]{4,}")
_FRAMES = {"en": FRAMES["n"], "de": FRAMES["N"]}
FRAGMENT_WORDS = (3, 14)
"""Fewest and most words of a piece."""


class Strange:
    """Draws prompts about the world outside, by language."""

    def __init__(self, sentences: Path | None, exams: Path | None) -> None:
        self.texts: dict[str, list[list[str]]] = {"en": [], "de": []}
        if sentences is not None:
            self.texts["de"] = german_sentences(sentences)
        if exams is not None:
            questions = (text for texts in intents.exams(exams)[0].values() for text in texts)
            self.texts["en"] = [text.split() for text in questions]

    def __contains__(self, language: str) -> bool:
        """Whether there is text in this language."""
        return bool(self.texts[language])

    def prompt(self, language: str, rng: random.Random) -> str:
        """A piece of a sentence, or a question about a thing it names."""
        words = rng.choice(self.texts[language])
        if rng.random() < 0.5:
            length = rng.randint(*FRAGMENT_WORDS)
            start = rng.randrange(max(1, len(words) - length))
            return join(words[start : start + length])
        named = [word for word in words[1:] if is_strange(word, language)]
        if not named:
            return join(words[: FRAGMENT_WORDS[1]])
        return rng.choice(_FRAMES[language]).format(rng.choice(named).strip(".,;:!?\"'()"))


def join(words: list[str]) -> str:
    """The words as a text, marks close to the word before."""
    return re.sub(r" ([.,;:!?])", r"\1", " ".join(words))


def german_sentences(folder: Path) -> list[list[str]]:
    """The sentences of ``germeval14_a.tsv`` as lists of words and marks."""
    text = (folder / "germeval14_a.tsv").read_text("utf-8")
    blocks = (block.splitlines() for block in text.split("\n\n"))
    found = [[line.split("\t")[1] for line in block if "\t" in line] for block in blocks]
    return [words for words in found if len(words) >= FRAGMENT_WORDS[0]]


def is_strange(word: str, language: str) -> bool:
    """Whether ``word`` names something that no phrasing about the app speaks of."""
    bare = word.strip(".,;:!?\"'()")
    if not _WORD.fullmatch(bare) or (language == "de" and not bare[0].isupper()):
        return False
    return bare.lower() not in own_words()


@cache
def own_words() -> frozenset[str]:
    """Every word of the phrasings about the app."""
    texts = [family.pattern for intent in app_intents() for family in intent.families]
    texts += [value for _, value in pairs("synonyms")]
    texts += [word for words in slots().values() for word in words]
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text))
