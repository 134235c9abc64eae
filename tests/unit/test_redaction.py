"""Placeholders on the way out, private passages on the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import Finding, Message, Role
from services.redaction import PLACEHOLDER, Restorer, redact

IBAN = "DE89 3704 0044 0532 0130 00"


def user(text: str) -> Message:
    return Message(Role.USER, text)


def found(messages: list[Message], category: str, text: str, message: int = 0) -> Finding:
    start = messages[message].content.index(text)
    return Finding(category, start, start + len(text), message)


def test_a_passage_becomes_a_typed_placeholder() -> None:
    """Each passage is replaced by its category and a number; the rest stays."""
    messages = [user(f"Write to a@b.de, c@d.de about {IBAN}.")]
    findings = [
        found(messages, "iban", IBAN),
        found(messages, "email", "c@d.de"),
        found(messages, "email", "a@b.de"),
    ]
    redacted, placeholders = redact(messages, findings)
    assert redacted == (user("Write to [EMAIL_1], [EMAIL_2] about [IBAN_1]."),)
    assert placeholders == {"[EMAIL_1]": "a@b.de", "[EMAIL_2]": "c@d.de", "[IBAN_1]": IBAN}


def test_the_same_text_has_the_same_placeholder() -> None:
    """Case and spacing aside, one text is one placeholder in all messages."""
    messages = [user("I am Erika Muster."), user("ERIKA  MUSTER is me, and so is Erika\nMuster")]
    findings = [
        found(messages, "person", "Erika Muster"),
        found(messages, "person", "ERIKA  MUSTER", 1),
    ]
    redacted, placeholders = redact(messages, findings)
    assert redacted[0].content == "I am [PERSON_1]."
    assert redacted[1].content == "[PERSON_1] is me, and so is [PERSON_1]"
    assert placeholders == {"[PERSON_1]": "Erika Muster"}


def test_a_text_found_once_is_replaced_everywhere() -> None:
    """An occurrence in another role's turn that nobody found again does not leak."""
    messages = [user("mail a@b.de"), Message(Role.ASSISTANT, "I wrote to A@b.de; xa@b.de is new.")]
    redacted, _ = redact(messages, [found(messages, "email", "a@b.de")])
    assert redacted[1].content == "I wrote to [EMAIL_1]; xa@b.de is new."
    assert redacted[1].role is Role.ASSISTANT


def test_a_short_text_is_replaced_only_where_it_was_found() -> None:
    """A password of two letters does not blacken the whole conversation."""
    messages = [user("my password is is")]
    redacted, _ = redact(messages, [Finding("password", 15, 17, 0)])
    assert redacted[0].content == "my password is [PASSWORD_1]"


def test_overlapping_findings_become_one() -> None:
    """Overlaps are merged under the category of the longest; neighbours are not."""
    messages = [user("abcdefghij")]
    findings = [Finding("phone", 0, 4, 0), Finding("iban", 2, 8, 0), Finding("card", 8, 10, 0)]
    redacted, placeholders = redact(messages, findings)
    assert redacted[0].content == "[IBAN_1][CARD_1]"
    assert placeholders == {"[IBAN_1]": "abcdefgh", "[CARD_1]": "ij"}


def test_a_typed_placeholder_is_never_taken_for_ours() -> None:
    """What a person typed keeps its own meaning, in any letter case."""
    messages = [user("What is [EMAIL_1] and [email_2]? Mine is a@b.de")]
    redacted, placeholders = redact(messages, [found(messages, "email", "a@b.de")])
    assert redacted[0].content == "What is [EMAIL_1] and [email_2]? Mine is [EMAIL_3]"
    assert Restorer(placeholders).feed("[EMAIL_1] [EMAIL_3]") == "[EMAIL_1] a@b.de"


def test_findings_outside_the_text_are_harmless() -> None:
    """Offsets beyond the end are cut off, empty ones ignored."""
    redacted, placeholders = redact(
        [user("abcde")], [Finding("email", 1, 99, 0), Finding("iban", 7, 9, 0)]
    )
    assert redacted[0].content == "a[EMAIL_1]"
    assert placeholders == {"[EMAIL_1]": "bcde"}


def test_nothing_found_changes_nothing() -> None:
    """Without findings the messages come back as they are."""
    messages = (user("hello"), user("world"))
    assert redact(messages, ()) == (messages, {})


def test_every_category_makes_a_recognisable_placeholder() -> None:
    """A category with an underscore gives a placeholder of the common shape."""
    redacted, _ = redact([user("x")], [Finding("birth_date", 0, 1, 0)])
    assert redacted[0].content == "[BIRTH_DATE_1]"
    assert PLACEHOLDER.fullmatch(redacted[0].content)


def test_text_that_cannot_be_a_placeholder_is_not_delayed() -> None:
    """Only the beginning of a known placeholder waits for the next piece."""
    restorer = Restorer({"[EMAIL_1]": "a@b.de"})
    assert restorer.feed("see [1] and [EX") == "see [1] and [EX"
    assert restorer.feed("see [EM") == "see "
    assert restorer.feed("AIL_1] now") == "a@b.de now"
    assert restorer.feed("[EMAIL_1") == ""
    assert restorer.feed("2]") == "[EMAIL_12]"


def test_flush_gives_what_was_held_back() -> None:
    """An answer that ends within a placeholder loses no character."""
    restorer = Restorer({"[EMAIL_1]": "a@b.de"})
    assert restorer.feed("x [EMA") == "x "
    assert restorer.flush() == "[EMA"
    assert restorer.flush() == ""


def test_a_restored_text_is_not_read_again() -> None:
    """A private text that looks like another placeholder is put back as it is."""
    restorer = Restorer({"[A_1]": "[B_1]", "[B_1]": "b"})
    assert restorer.feed("[A_1][B_1]") == "[B_1]b"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_any_chunking_restores_the_same(size: int) -> None:
    """However an answer is cut into pieces, the restored text is the same."""
    restorer = Restorer({"[PERSON_1]": "Ada", "[PERSON_10]": "Bob"})
    text = "[[PERSON_1] and [PERSON_10], [PERSON_2] [PERSON_1"
    pieces = [restorer.feed(text[i : i + size]) for i in range(0, len(text), size)]
    assert "".join(pieces) + restorer.flush() == "[Ada and Bob, [PERSON_2] [PERSON_1"


@given(
    st.lists(st.text(alphabet="ab [_]1AEIL\n", max_size=40), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.integers(0, 3)), max_size=6),
)
def test_restoring_undoes_redacting(texts: list[str], spans: list[tuple[int, int, int]]) -> None:
    """Redacted text, restored, is the original but for case and spacing."""
    messages = [user(text) for text in texts]
    findings = [Finding("email", s, s + n, m) for s, n, m in spans if m < len(messages)]
    redacted, placeholders = redact(messages, findings)
    for before, after in zip(messages, redacted, strict=True):
        restorer = Restorer(placeholders)
        back = restorer.feed(after.content) + restorer.flush()
        assert "".join(back.casefold().split()) == "".join(before.content.casefold().split())
