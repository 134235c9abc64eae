"""How able the local model is, as far as its name or size tells."""

from __future__ import annotations

import re
from enum import Enum

_BILLIONS = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,2})?)\s?b(?![a-z0-9])", re.I)
_MILLIONS = re.compile(r"(?<![\d.])(\d{1,4})\s?m(?![a-z0-9])", re.I)
_FAMILIES = (
    (re.compile(r"mini\b|small\b", re.I), 4e9),
    (re.compile(r"\bphi-?4\b|medium\b", re.I), 14e9),
)
"""Models whose names carry no number of parameters; the first that fits counts."""

_BYTES = 0.7
"""Bytes on disk per parameter: weights in four bits with their scales, embeddings in eight."""


class LocalClass(Enum):
    """Classes of local models; the value is the number of parameters from which one begins."""

    GUIDE = 0.0
    """The built-in guide: it answers questions about the application only."""
    SMALL = 1e8
    """About half a billion parameters."""
    MEDIUM = 2e9
    """About four billion; what the training data were measured with."""
    LARGE = 9e9
    """About fourteen billion and more."""


def local_class(name: str, size: int | None = None) -> LocalClass:
    """The class of the model called ``name`` that takes ``size`` bytes on disk.

    The number of parameters in the name counts ("qwen2.5-0.5b"), then the size;
    where neither is known, ``MEDIUM``.
    """
    if name.lower() == "builtin":
        return LocalClass.GUIDE
    parameters = _parameters(name)
    if parameters is None:
        if not size:
            return LocalClass.MEDIUM
        parameters = size / _BYTES
    return max(
        (kind for kind in LocalClass if kind.value <= parameters), key=lambda kind: kind.value
    )


def _parameters(name: str) -> float | None:
    if found := _BILLIONS.findall(name):
        return max(map(float, found)) * 1e9
    if found := _MILLIONS.findall(name):
        return max(map(float, found)) * 1e6
    return next((count for family, count in _FAMILIES if family.search(name)), None)
