"""Folding disguises away, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.folding import fold

ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("aä\u0308\u200b\u202eаｍ…ﬁ\U0001d41a\ud800\x00 \n"),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain", "plain"),
        ("a\u200bb", "ab"),
        ("раypаl", "paypal"),
        ("ﬁx", "fix"),
        ("u\u0308ber", "über"),
        ("１２３", "123"),
        ("٤٢", "42"),
        ("Grüße", "Grüße"),
    ],
)
def test_disguises_are_undone(text: str, plain: str) -> None:
    """Invisible characters go, look-alikes and compatibility forms become plain."""
    assert fold(text).text == plain


@given(ANY_TEXT)
def test_every_folded_span_has_an_origin(text: str) -> None:
    """Origins lie inside the text, are not empty and keep their order."""
    folded = fold(text)
    last = 0
    for position in range(len(folded.text)):
        start, end = folded.origin(position, position + 1)
        assert 0 <= start < end <= len(text)
        assert start >= last
        last = start


@given(ANY_TEXT, ANY_TEXT)
def test_a_plain_passage_maps_back_to_itself(before: str, after: str) -> None:
    """Whatever surrounds it, an ordinary passage is found where it stands."""
    text = f"{before} needle {after}"
    folded = fold(text)
    at = folded.text.index("needle")
    start, end = folded.origin(at, at + 6)
    assert text[start:end] == "needle"
