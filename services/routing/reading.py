"""The trained part of the privacy check: private matters, names, addresses.

A small network (``models/privacy``, see the card there) reads the text in windows
of up to 64 tokens. For each window it says how likely somebody's private life is
its subject, and which part of it; for each word, whether it names a private person
or belongs to a postal address. It complements the rules, which know shapes and
phrases, with what only the context tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from services.categories import STATEMENTS
from services.errors import ModelDamaged, PrivacyModelDamaged
from services.routing.detectors import Span
from services.routing.names import PUBLIC
from services.routing.onnx_model import open_model
from services.routing.tokens import FEATURES, Ids, Tokens, tokens
from services.routing.vocabulary import WORDS_FILE, Vocabulary

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]  # ships no types

MODEL = Path(__file__).parents[2] / "models" / "privacy"
MATTERS = STATEMENTS
"""What a window can be about, in the order of the network's outputs."""
NOBODY, PERSON, PLACE = 0, 1, 2
"""What a word can be, in the order of the network's outputs."""

_MAIL = re.compile(r"[\w.+-]{0,64}@")
_BATCH = 64  # windows that are judged at once; bounds the memory
_LEAST = 3  # words without figures; fewer say nothing that rules would not see
_ALSO = 0.15  # share from which a window is about a second matter, too
_BESIDE = 0.5  # share of the limit that suffices beside a word that reaches it
_ENDING = re.compile(r"\w\.[a-z]{2,4}")  # of a file's name, such as notes.md
_ABOUT = 3  # words on each side of the one that told most: the passage of a statement

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the network says of one text, as probabilities.

    ``private`` and ``matters`` have a row for each of ``windows``, ``persons`` and
    ``places`` for each token; ``heed`` says how much each token counted.
    """

    read: Tokens
    windows: list[tuple[int, int]]
    private: Scores
    matters: Scores
    persons: Scores
    places: Scores
    heed: Scores


@dataclass(frozen=True, slots=True)
class _Loaded:
    session: InferenceSession
    vocabulary: Vocabulary
    thresholds: dict[str, float]


class TrainedReader:
    """A detector on the network in ``directory``; loads it at the first use.

    Safe in several threads at once. Runs on the calling thread alone, so that the
    streams of other conversations keep their cores.
    """

    def __init__(self, directory: Path = MODEL) -> None:
        self._directory = directory
        self._loaded: _Loaded | None = None
        self._lock = Lock()
        self.trouble: PrivacyModelDamaged | None = None
        """Why it could not be loaded when that was last tried."""

    def load(self) -> None:
        """Verify and load the model now; does nothing when that has been done.

        Raises:
            PrivacyModelDamaged: a file is missing or is not the one that was made.
        """
        self._model()

    def __call__(self, text: str) -> Iterator[Span]:
        """Private matters, names and addresses in folded ``text``.

        Raises:
            PrivacyModelDamaged: see :meth:`load`.
        """
        loaded = self._model()
        judged = self._judge(loaded, text)
        limit = loaded.thresholds
        said = filter(_says, judged.read.words)
        if sum(1 for _ in islice(said, _LEAST)) < _LEAST:
            return
        yield from _statements(judged, limit["private"])
        for span in _runs(text, judged, judged.persons, limit["person"], "person"):
            mailed = _MAIL.match(text, span[2])  # rules know e-mail addresses
            if mailed or _ENDING.fullmatch(text[max(0, span[1] - 2) : span[2]]):
                continue
            if text[span[1] : span[2]].split()[-1].lower() not in PUBLIC:
                yield span
        for span in _runs(text, judged, judged.places, limit["address"], "address"):
            if _has_number(text[span[1] : span[2]]):
                yield span

    def judge(self, text: str) -> Judgement:
        """The bare probabilities, for choosing thresholds and for measuring."""
        return self._judge(self._model(), text)

    def _model(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                try:
                    self._loaded = _load(self._directory)
                except PrivacyModelDamaged as error:
                    self.trouble = error
                    raise
                self.trouble = None
            return self._loaded

    def _judge(self, loaded: _Loaded, text: str) -> Judgement:
        read = tokens(text)
        rows = loaded.vocabulary.rows(read.words)
        windows = list(read.windows())
        parts = [
            _run(loaded, read.ids, rows, windows[n : n + _BATCH])
            for n in range(0, len(windows), _BATCH)
        ]
        if not parts:
            none = np.zeros(0, np.float32)
            return Judgement(read, windows, none, none, none, none, none)
        judge, tags, heed = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Judgement(
            read,
            windows,
            1 / (1 + np.exp(-judge[:, 0])),
            judge[:, 1:],
            tags[:, PERSON],
            tags[:, PLACE],
            heed,
        )


def _load(directory: Path) -> _Loaded:
    file = WORDS_FILE
    try:
        session = open_model(directory)
        vocabulary = Vocabulary.load(directory)
        file = "thresholds.json"
        thresholds = json.loads((directory / file).read_text("utf-8"))
    except ModelDamaged as failure:
        raise PrivacyModelDamaged(**failure.values) from failure
    except (OSError, ValueError) as failure:
        raise PrivacyModelDamaged(file=file) from failure
    return _Loaded(session, vocabulary, thresholds)


def _run(
    loaded: _Loaded, ids: Ids, rows: NDArray[np.int32], windows: list[tuple[int, int]]
) -> tuple[Scores, Scores, Scores]:
    """Judgements of the windows, and tags and attention of their tokens in a row."""
    longest = max(b - a for a, b in windows)
    batch = np.zeros((len(windows), longest, FEATURES), np.int32)
    known = np.zeros((len(windows), longest), np.int32)
    for place, (a, b) in enumerate(windows):
        batch[place, : b - a] = ids[a:b]
        known[place, : b - a] = rows[a:b]
    given = {"ids": batch, "meanings": loaded.vocabulary.meanings(known)}
    judge, tags, heed = loaded.session.run(None, given)
    there = batch[:, :, 0] != 0
    return judge, tags[there], heed[there]


def _has_number(place: str) -> bool:
    """An address has a number, and is not one of the numbers that rules know better."""
    digits, letters = sum(map(str.isdigit, place)), sum(map(str.isalpha, place))
    return 0 < digits < letters


def _statements(judged: Judgement, limit: float) -> Iterator[Span]:
    """The words that told most in every window about a private matter."""
    for number, (a, b) in enumerate(judged.windows):
        if judged.private[number] < limit:
            continue
        word = a + int(judged.heed[a:b].argmax())
        first, last = max(a, word - _ABOUT), min(b - 1, word + _ABOUT)
        for matter in _about(judged.matters[number]):
            yield matter, judged.read.starts[first], judged.read.ends[last]


def _about(logits: Scores) -> list[str]:
    """The matters that a window may be about, the likeliest first.

    More than one, so that a matter which is switched off hides no other.
    """
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    order = np.argsort(-shares)
    return [MATTERS[n] for n in order if n == order[0] or shares[n] >= _ALSO]


def _says(word: str) -> bool:
    """Whether ``word`` is one of language, and no number or code."""
    return word[0].isalpha() and not any(letter.isdigit() for letter in word)


def _runs(
    text: str, judged: Judgement, scores: Scores, limit: float, category: str
) -> Iterator[Span]:
    """Passages of tokens joined over marks and short gaps, one of which scores ``limit``.

    The others need a share of it: of "John Miller", one word may be surer than the other.
    """
    start = end = -1
    sure = False
    for n in np.flatnonzero(scores >= limit * _BESIDE):
        a, b = judged.read.starts[n], judged.read.ends[n]
        if not text[a].isalnum():
            continue
        if start >= 0 and a - end <= 3 and not any(map(str.isalnum, text[end:a])):
            end = b
            sure = sure or scores[n] >= limit
            continue
        if sure:
            yield category, start, end
        start, end, sure = a, b, scores[n] >= limit
    if sure:
        yield category, start, end
