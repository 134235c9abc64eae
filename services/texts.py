"""Every sentence that a person reads, in English and German.

The sentences are plain data in ``services/locales/<language>/<topic>.json``: a
key ``<topic>.<name>`` and a ``str.format`` template. All languages hold the
same keys and the same placeholders; a test compares them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "de")
_LOCALES = Path(__file__).parent / "locales"


def language_of(tag: str | None) -> str:
    """The language we speak for a browser's tag or ``Accept-Language`` header.

    The first tag that we know wins (``de-AT`` is ``de``); otherwise English.
    """
    for part in (tag or "").split(","):
        primary = part.split(";")[0].strip().replace("_", "-").split("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    return "en"


def say(key: str, language: str, /, **values: str) -> str:
    """The sentence ``key`` in ``language`` with its placeholders filled in.

    Raises:
        KeyError: the key or one of its values is missing (a programming error).
    """
    template: str = catalog(language if language in LANGUAGES else "en")[key]
    return template.format_map(values)


@cache
def catalog(language: str) -> dict[str, str]:
    """All sentences of one language."""
    sentences: dict[str, str] = {}
    for topic in sorted((_LOCALES / language).glob("*.json")):
        sentences.update(json.loads(topic.read_text("utf-8")))
    return sentences
