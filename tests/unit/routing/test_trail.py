# ruff: noqa: E501 - one conversation a line, as a table
"""Which turns of a conversation may travel."""

from __future__ import annotations

import pytest

from services.attachment import Attachment
from services.domain import Finding, Message, Role
from services.files.joining import joined
from services.routing.followup import is_follow_up
from services.routing.privacy import PrivacyDetector
from services.routing.questions import answered
from services.routing.trail import newest_user_turn, private_turns

DETECTOR = PrivacyDetector()


def talk(*turns: str) -> list[Message]:
    """Turns of a person and the assistant by turns, the person first."""
    return [
        Message(Role.ASSISTANT if number % 2 else Role.USER, turn)
        for number, turn in enumerate(turns)
    ]


def held(*turns: str) -> list[int]:
    """Numbers of the turns that stay."""
    messages = talk(*turns)
    return sorted(private_turns(messages, DETECTOR.check(messages).findings))


PUBLIC = "What is the capital of the federal state of Brandenburg in Germany?"


@pytest.mark.parametrize(
    ("turns", "stay"),
    [
        ((PUBLIC, "Potsdam.", PUBLIC), []),
        (("I was diagnosed with lupus", "I am sorry.", PUBLIC), [0, 1]),
        ((PUBLIC, "Mail jane@gmx.net for that.", PUBLIC), [1]),
        (("I was diagnosed with lupus", "Sorry.", "and what should I do now?"), [0, 1, 2]),
        (("I was diagnosed with lupus", "Sorry.", "why?", "Genes.", PUBLIC), [0, 1, 2, 3]),
        (("I was diagnosed with lupus", "Sorry.", PUBLIC, "With lupus, go to Potsdam."), [0, 1, 3]),
        (("My password is hunter2", "Ok.", PUBLIC, "Potsdam.", "Spell hunter2 backwards"), [0, 1, 4]),
        ((PUBLIC, "Potsdam.", "I was diagnosed with lupus"), [2]),
        (("Streng vertraulich: Umsatz 3 Mio", "Ok.", PUBLIC), [0, 1]),
    ],
)  # fmt: skip
def test_private_turns_and_what_carries_them_on_stay(
    turns: tuple[str, ...], stay: list[int]
) -> None:
    """A private turn, its answer, follow-ups and echoes stay; the rest may go."""
    assert held(*turns) == stay


def test_a_follow_up_right_after_a_private_answer_stays() -> None:
    """What a person says to an answer with private content leans on it."""
    assert held(PUBLIC, "Mail jane@gmx.net for that.", "and then?") == [1, 2]


@pytest.mark.parametrize(
    "text", ["and what should I do now?", "und kürzer?", "why?", "jetzt auf Deutsch", "ok danke"]
)
def test_follow_ups_are_recognised(text: str) -> None:
    """Short turns that point back are follow-ups."""
    assert is_follow_up(text)


@pytest.mark.parametrize("text", [PUBLIC, "word " * 40, "Wer schrieb die Ballade vom Erlkönig?"])
def test_questions_of_their_own_are_not(text: str) -> None:
    """A turn that stands alone is no follow-up."""
    assert not is_follow_up(text)


def test_the_newest_user_turn_is_found_behind_an_answer() -> None:
    """A conversation may end with an answer that is to be continued."""
    assert newest_user_turn(talk("a", "b")) == 0
    assert newest_user_turn([Message(Role.SYSTEM, "x")]) is None


def test_a_follow_up_with_a_file_stays() -> None:
    """However long the file below it, a short follow-up to something private is one."""
    file = Attachment("1", "tides.txt", "text/plain", "Ebb follows flood. " * 100)
    turns = [
        Message(Role.USER, "My password is hunter2."),
        Message(Role.ASSISTANT, "Noted."),
        Message(Role.USER, *joined("and shorter?", [file])),
    ]
    assert private_turns(turns, [Finding("password", 15, 22, 0)]) == {0, 1, 2}


def test_a_short_answer_with_a_file_is_an_answer() -> None:
    """What was asked for is found in the words above a file, too."""
    file = Attachment("1", "tides.txt", "text/plain", "Ebb follows flood.")
    question = Message(Role.ASSISTANT, "What is your phone number?")
    answer = Message(Role.USER, *joined("12 34", [file]))
    assert answered(question, answer) == [("phone", 0, 5)]
