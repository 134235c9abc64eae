"""One text of a message and its files."""

from __future__ import annotations

import pytest

from services.attachment import Attachment
from services.domain import Message, Role
from services.files.joining import joined, readable
from services.routing.privacy import PrivacyDetector


def file(name: str, text: str = "Tides.") -> Attachment:
    return Attachment(name, name, "text/plain", text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Befund_Anna_Schmidt.pdf", "Befund Anna Schmidt.pdf"),
        ("BefundAnnaSchmidt.pdf", "Befund Anna Schmidt.pdf"),
        ("befund-anna--schmidt_v2.pdf", "befund anna schmidt v2.pdf"),
        ("Dr._Anna_Schmidt", "Dr. Anna Schmidt"),
        ("2024-05-11_Rechnung.csv", "2024-05-11 Rechnung.csv"),
        ('a "b".txt', "a 'b'.txt"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a.txt",) * 2,
        ("a_name_without_digits_and_quite_long.txt", "a name without digits and quite long.txt"),
    ],
)  # fmt: skip
def test_names_as_words(name: str, shown: str) -> None:
    """The words of a name stand apart, unless it holds something like a key."""
    assert readable(name) == shown


def test_files_stand_below_the_words() -> None:
    """Each file has its heading, and its place in the text is known."""
    text, spans = joined("Compare.", [file("a.txt", "A\n"), file("b_c.txt", "B")])
    assert text == (
        'Compare.\n\nAttached file "a.txt":\nA\n(End of the file.)'
        '\n\nAttached file "b c.txt":\nB\n(End of the file.)'
    )
    assert [(s.name, text[s.start : s.end].splitlines()[1]) for s in spans] == [
        ("a.txt", "A"),
        ("b_c.txt", "B"),
    ]


def test_a_message_without_words() -> None:
    """A file alone begins the text; no file leaves it as it is."""
    assert joined("", [file("a.txt")])[0].startswith("Attached file")
    assert joined("Hello", []) == ("Hello", ())


@pytest.mark.parametrize(
    "name",
    [
        "Befund_Anna_Schmidt.pdf",
        "CVSarahJohnson.docx",
        "letter_to_Dr._Anna_Schmidt",
        "Zeugnis-Julia-Weber.pdf",
        "Arztbrief_Mehmet_Yilmaz.pdf",
        "lease_John_Miller.txt",
        "Rechnung DE53677979049691425502.txt",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a.txt",
        "max.mustermann@gmx.net.eml",
    ],
)
def test_private_names_are_found(name: str) -> None:
    """What is private in a file's name is private in the message."""
    message = Message(Role.USER, *joined("Summarise this.", [file(name)]))
    assert PrivacyDetector().check([message]).private


@pytest.mark.parametrize(
    "name",
    ["Quarterly_Report.pdf", "notes.txt", "Budget 2024.csv", "main.py", "MeetingNotesBerlin.md"],
)
def test_harmless_names_stay_harmless(name: str) -> None:
    """Usual names of files do not keep a message here."""
    message = Message(Role.USER, *joined("Summarise this.", [file(name)]))
    assert not PrivacyDetector().check([message]).private
