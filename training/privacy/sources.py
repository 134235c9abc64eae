"""Everything that the network learns from."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.families import LANGUAGES, app_intents
from training.judge import known_answers
from training.privacy import corpus, public
from training.privacy.corpus import Template, templates
from training.privacy.examples import Sample, held_out

_DRAWS = 6
"""Texts for each template."""
_OTHERS = 12_000
"""Texts of each collection."""
_SAID = 5
"""How often each answer of the guide stands among its texts; there are far more questions."""


@dataclass(frozen=True)
class Sources:
    """What is trained on; the collections are empty without their folder."""

    ours: list[Template]
    everyday: list[Sample]
    exams: list[Sample]
    presidio: list[Sample]
    germeval: list[Sample]
    guide: list[Sample]


def sources(data: Path | None) -> Sources:
    """Our templates that are not held out, and the collections below ``data``."""
    ours = [template for template in templates() if not held_out(template.pattern)]
    if data is None:
        return Sources(ours, [], [], [], [], about_us())
    load: list[Callable[[Path], list[Sample]]]
    load = [public.everyday, public.exams, public.presidio, public.germeval]
    parts = [[s for s in read(data) if not held_out(s.group)] for read in load]
    return Sources(ours, *parts, about_us())


def about_us() -> list[Sample]:
    """Questions about the application, and all answers of the built-in model.

    It speaks of itself as people do, and what it said is checked like the rest of a conversation.
    Nothing of it is held out: it says nothing else.
    """
    rng = random.Random(7)
    app = app_intents()
    said = [
        Sample(text, group=target, language=language, matter="")
        for text, (target, language) in known_answers().items()
    ]
    asked = [
        Sample(family.sample(rng), group=intent.target, language=language, matter="")
        for intent in app
        for language in LANGUAGES
        for family in intent.of(language, held_out=False)
    ]
    return said * _SAID + asked


def drawn(known: Sources, rng: random.Random) -> list[Sample]:
    """Texts of all kinds for the teacher, some of them in a request."""
    ours = [t.sample(rng, corpus.frames(t.language)) for t in known.ours for _ in range(_DRAWS)]
    others = (known.everyday, known.germeval, known.presidio, known.exams, known.guide)
    return ours + [sample for samples in others for sample in some(samples, _OTHERS, rng)]


def some(samples: Sequence[Sample], count: int, rng: random.Random) -> list[Sample]:
    """``count`` of ``samples``, now and then in lower case."""
    return [public.lowered(s, rng) for s in rng.sample(samples, min(count, len(samples)))]
