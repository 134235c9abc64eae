"""Titles made from a first prompt."""

from __future__ import annotations

import random

import pytest

from services.history.titles import LONGEST, title_of


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("What is a tree?", "What is a tree?"),
        ("  What\tis \n a tree?", "What is"),
        ("Was ist ein Baum? Und warum?", "Was ist ein Baum?"),
        ("Hi. Can you help me with a tree? I need it.", "Hi. Can you help me with a tree?"),
        ("# Heading\n\nText", "Heading"),
        ("> quoted **bold** and `code`", "quoted bold and code"),
        ("- [ ] `x`\n", "[ ] x"),
        ("1. First thing\n2. Second", "First thing"),
        ("See [the page](https://example.com/a) now", "See the page now"),
        ("---\nAfter a rule", "After a rule"),
        ("```python\nprint(1)\n```\nExplain this code", "Explain this code"),
        ("Explain this:\n```\nx = 1\n```", "Explain this:"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("```\nnever closed", "never closed"),
        ("snake_case_name is *important*", "snake_case_name is important"),
        ("2 * 3 * 4 is what?", "2 * 3 * 4 is what?"),
        ("🎉🎉", "🎉🎉"),
        ("?!", "?!"),
        ("🎉\nWhy?", "Why?"),
        ("", ""),
        (" \n\t ", ""),
        ("a\0b\ud800c", "a b c"),
        ("Version 3. 11 is out, is it not", "Version 3. 11 is out, is it not"),
        (
            "これは何ですか。説明してください。これは長い文です。",
            "これは何ですか。説明してください。",
        ),
        ("<div>Hello</div>", "Hello"),
        ("if a < b and c > d: why?", "if a < b and c > d: why?"),
    ],
)
def test_a_title_is_the_first_sentence_without_markup(text: str, title: str) -> None:
    """The first words that a person wrote name the conversation."""
    assert title_of(text) == title


def test_a_long_sentence_is_cut_at_a_word() -> None:
    """The cut leaves whole words, no dangling comma, and an ellipsis."""
    title = title_of(
        "Please explain to me in simple words, how photosynthesis, light and so on work"
    )
    assert title == "Please explain to me in simple words, how photosynthesis…"


@pytest.mark.parametrize("text", ["x" * 500, "https://example.com/" + "y" * 90, "木" * 200])
def test_a_word_that_is_too_long_is_cut_inside(text: str) -> None:
    """One endless word still gives a title that begins like it."""
    title = title_of(text)
    assert len(title) == LONGEST
    assert text.startswith(title[:-1])
    assert title.endswith("…")


def test_no_prompt_breaks_a_title() -> None:
    """Whatever is typed gives one line of at most the allowed length."""
    chance = random.Random(5)
    alphabet = "ab ÄÖß.!?\n\t\r`~#>*_[]()-0🎉\u200d\0\ud800\u2028木\\\"'"
    for _ in range(2000):
        text = "".join(chance.choice(alphabet) for _ in range(chance.randrange(200)))
        title = title_of(text)
        assert len(title) <= LONGEST
        assert title == title.strip()
        assert not set(title) & set("\n\r\t\0\u2028\ud800")


def test_a_huge_prompt_is_quick() -> None:
    """Only the beginning is read, however much was pasted."""
    assert title_of("# " * 500_000 + "x") == title_of("# " * 2_000)
