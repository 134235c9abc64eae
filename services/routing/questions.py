# ruff: noqa: E501 - a pattern on one line is easier to read than a folded one
"""A bare answer to a question for something private.

"hunter2" is private only because the turn before asked for a password.
"""

from __future__ import annotations

from services.attachment import own_words
from services.domain import Message, Role
from services.routing.detectors import Span, words

_LONGEST_ANSWER = 80  # characters; a longer text must speak for itself
_ASKED = (
    (
        "password",
        words(r"\b(?:password|passphrase|pin|passwort|kennwort|code|puk|api[- ]?key|secret)\b"),
    ),
    (
        "person",
        words(
            r"\b(?:your (?:full |last |first )?name|(?:ihr|dein) (?:voller )?(?:vor|nach)?name|wie heißen sie|wie heißt du)\b"
        ),
    ),
    (
        "address",
        words(
            r"\b(?:your (?:home )?address|where do you live|(?:ihre|deine) (?:adresse|anschrift)|wo wohn(?:en|st))\b"
        ),
    ),
    (
        "birth_date",
        words(
            r"\b(?:date of birth|when were you born|birthday|geburts(?:datum|tag)|wann (?:sind|bist) (?:sie|du) geboren)\b"
        ),
    ),
    (
        "government_id",
        words(
            r"\b(?:passport number|social security|steuer-?id|ausweisnummer|versicherungsnummer|tax id)\b"
        ),
    ),
    ("phone", words(r"\b(?:phone number|telefonnummer|handynummer|mobile number)\b")),
    (
        "finances",
        words(
            r"\b(?:how much do you (?:earn|make|owe)|your (?:income|salary)|ihr (?:einkommen|gehalt)|verdienen sie)\b"
        ),
    ),
    (
        "health",
        words(
            r"\b(?:what (?:symptoms|medication)|which (?:symptoms|medication)|diagnos\w+|welche (?:symptome|medikamente|beschwerden))\b"
        ),
    ),
)
_DIRECT = words(r"\b(?:your|you|ihr\w{0,2}|sie|dein\w{0,2}|du)\b")
_NO_ANSWER = words(
    r"^\W*(?:no|yes|ja|nein|ok(?:ay)?|why|warum|wieso|thanks?|danke|stop|i don'?t|ich (?:will|weiß|möchte) "
    r"nicht|never ?mind|egal|what|was|how|wie|skip|none|keine?)\b"
)


def answered(question: Message, answer: Message) -> list[Span]:
    """The whole of a short ``answer`` if ``question`` asked for something private."""
    if question.role is not Role.ASSISTANT or answer.role is not Role.USER:
        return []
    text = own_words(answer.content, answer.files).strip()
    last = question.content.rstrip()[-300:]
    if not text or len(text) > _LONGEST_ANSWER or "?" in text or _NO_ANSWER.match(text):
        return []
    asked = last[last.rfind("\n") + 1 :]
    if not asked.endswith("?") or not _DIRECT.search(asked):
        return []
    start = answer.content.index(text)
    return [
        (category, start, start + len(text))
        for category, pattern in _ASKED
        if pattern.search(asked)
    ][:1]
