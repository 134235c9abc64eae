"""Passages of many detectors become one list."""

from __future__ import annotations

import pytest

from services.routing.detectors import Span
from services.routing.merging import merged


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([("phone", 5, 9), ("email", 0, 3)], [("email", 0, 3), ("phone", 5, 9)]),
        ([("email", 0, 9), ("person", 2, 4)], [("email", 0, 9)]),
        ([("iban", 0, 9), ("phone", 0, 9)], [("iban", 0, 9)]),
        ([("health", 0, 20), ("person", 3, 8)], [("health", 8, 20), ("person", 3, 8)]),
        ([("health", 0, 20), ("person", 15, 30)], [("health", 0, 15), ("person", 15, 30)]),
        ([("health", 3, 8), ("address", 0, 20)], [("address", 0, 20)]),
        ([("health", 0, 9), ("legal", 0, 9)], [("health", 0, 9)]),
        (
            [("health", 0, 30), ("email", 2, 4), ("phone", 20, 24)],
            [("email", 2, 4), ("health", 4, 20), ("phone", 20, 24)],
        ),
    ],
)
def test_passages_are_merged(spans: list[Span], expected: list[Span]) -> None:
    """Names and numbers stay whole; statements keep what is left of them."""
    assert merged(spans) == sorted(expected, key=lambda span: span[1:])
