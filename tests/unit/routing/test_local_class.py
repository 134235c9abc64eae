"""What the name or the size of a local model tells about its ability."""

from __future__ import annotations

import pytest

from services.routing.local_class import LocalClass, local_class


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("builtin", LocalClass.GUIDE),
        ("qwen2.5-0.5b", LocalClass.SMALL),
        ("qwen2.5-1.5b-instruct-generic-cpu", LocalClass.SMALL),
        ("SmolLM2-360M", LocalClass.SMALL),
        ("llama3.2:3b", LocalClass.MEDIUM),
        ("phi-4-mini", LocalClass.MEDIUM),
        ("Phi-3.5-mini-instruct", LocalClass.MEDIUM),
        ("mistral-7b-v0.2", LocalClass.MEDIUM),
        ("phi-4", LocalClass.LARGE),
        ("qwen2.5-14b", LocalClass.LARGE),
        ("gpt-oss-20b", LocalClass.LARGE),
        ("", LocalClass.MEDIUM),
        ("my-own-model", LocalClass.MEDIUM),
    ],
)
def test_a_name_tells_the_class(name: str, expected: LocalClass) -> None:
    """The number of parameters in a name counts; what is unknown is of the middle class."""
    assert local_class(name) is expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (9_000_000, LocalClass.GUIDE),
        (350_000_000, LocalClass.SMALL),
        (2_700_000_000, LocalClass.MEDIUM),
        (9_500_000_000, LocalClass.LARGE),
    ],
)
def test_a_size_tells_the_class_where_the_name_does_not(size: int, expected: LocalClass) -> None:
    """Files of a folder with any name are weighed."""
    assert local_class("my-own-model", size) is expected


def test_the_name_counts_before_the_size() -> None:
    """Weights in sixteen bits do not make a model more able."""
    assert local_class("qwen2.5-0.5b", 20_000_000_000) is LocalClass.SMALL
