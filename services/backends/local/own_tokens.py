"""Answers by the very tokens that the model wrote them with.

A text can be cut into tokens in many ways, and a model need not choose the one
that the tokenizer would. An answer that comes back as part of the next prompt
would then differ from what the model has read, and everything from there on
would be read again. So a beginning of a conversation that ends with an answer
is remembered in both forms; a prompt that begins with it, in the tokenizer's
form and therefore with the same text, gets the model's.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Sequence

MEMORY_BYTES = 16 << 20
"""Room for some 50 answers at the end of 32,000 tokens each, far more of shorter
conversations; next to a key-value cache it is nothing."""


class OwnTokens:
    """Remembers answers in at most ``memory`` bytes; the oldest goes first."""

    def __init__(self, memory: int = MEMORY_BYTES) -> None:
        self._memory = memory
        self._used = 0
        self._known: OrderedDict[bytes, bytes] = OrderedDict()

    def note(self, plain: Sequence[int], own: Sequence[int]) -> None:
        """Remember that the model has ``own`` where the tokenizer says ``plain``."""
        key, value = _packed(plain), _packed(own)
        self._used -= _size(key, self._known.pop(key, None))
        if key == value:
            return
        self._known[key] = value
        self._used += _size(key, value)
        while self._used > self._memory:
            self._used -= _size(*self._known.popitem(last=False))

    def recall(self, plain: Sequence[int]) -> list[int]:
        """``plain`` with its longest known beginning in the model's own tokens."""
        packed = _packed(plain)
        best = max(filter(packed.startswith, self._known), key=len, default=b"")
        own = array("i", self._known.get(best, b""))
        return [*own, *plain[len(best) // own.itemsize :]]


def _packed(ids: Sequence[int]) -> bytes:
    return array("i", ids).tobytes()


def _size(key: bytes, value: bytes | None) -> int:
    return 0 if value is None else len(key) + len(value)
