"""Choosing the language."""

from __future__ import annotations

import pytest

from services.texts import language_of, say


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de-AT", "de"),
        ("de_DE", "de"),
        ("fr-FR,de;q=0.8,en;q=0.7", "de"),
        ("en-GB,de", "en"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_first_language_that_we_speak(tag: str | None, language: str) -> None:
    """A browser's wish list is read from the left; otherwise it is English."""
    assert language_of(tag) == language


def test_an_unknown_language_gets_english() -> None:
    """A sentence never fails for its language."""
    assert say("interface.again", "fr") == say("interface.again", "en")
