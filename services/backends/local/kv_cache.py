"""Conversations whose prompt the model has already read.

A slot holds a generator (with its key-value cache) and the token ids that it
has read. A new prompt continues the slot with the longest common beginning:
that covers appending, editing, asking again, and a shortened history, without
knowing which conversation it belongs to.

Answers equal a fresh computation, bit by bit. Reading many tokens at once and
producing them one by one go through different kernels whose rounding differs,
so an answer's own tokens are forgotten and read again (see ``settle`` of the
runtime) before anything is appended to them, and reading starts only at
multiples of ``ALIGNMENT``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

WORTHWHILE = 16
"""A common beginning shorter than this (in tokens) is not worth a slot: it is
the template's opening, which any two conversations share."""

ALIGNMENT = 8
"""Positions at which reading may be split, in tokens. Measured on the CPU
provider of ONNX Runtime 1.31: splits at multiples of 8 give the same bits as
reading everything at once, other positions now and then differ in the last."""


MOST_SLOTS = 4
SMALLEST = 2048
"""Tokens of the smallest slot, unless the window is smaller."""


class Rewindable(Protocol):
    """A generator that can forget what came after a position."""

    def rewind_to(self, new_length: int, /) -> None:
        """Forget every token from ``new_length`` on."""
        ...


_Generator = TypeVar("_Generator", bound=Rewindable)
_Options = TypeVar("_Options")


@dataclass
class Slot(Generic[_Generator, _Options]):
    """One cached conversation.

    ``read`` are the ids that were read as a prompt, ``produced`` those that the
    generator made after them; together they are at most ``capacity``.
    """

    generator: _Generator
    options: _Options
    capacity: int
    read: list[int] = field(default_factory=list)
    produced: list[int] = field(default_factory=list)


class SlotCache(Generic[_Generator, _Options]):
    """Slots for ``budget`` tokens in all; the one that was used longest ago goes first.

    A generator takes the memory of its whole capacity as soon as it is made
    (measured with ONNX Runtime GenAI 0.18). One for a window of 32,000 tokens
    would fill the budget alone, so a slot begins with a share of it, and a
    conversation that outgrows its slot moves once into one of twice the size,
    until it has the whole ``window``.
    """

    def __init__(
        self, create: Callable[[_Options, int], _Generator], budget: int, window: int
    ) -> None:
        self._create = create
        self._budget = budget
        self._window = window
        self._share = max(SMALLEST, budget // MOST_SLOTS)
        self._slots: list[Slot[_Generator, _Options]] = []

    def take(
        self, ids: Sequence[int], options: _Options, answer: int = 0
    ) -> Slot[_Generator, _Options]:
        """A slot that has read a beginning of ``ids``, at least one token short of it.

        It has room for ``answer`` more tokens. The slot leaves the cache;
        :meth:`keep` returns it when it is usable.
        """
        best, length = None, WORTHWHILE - 1
        for slot in self._slots:
            common = _common(slot.read, ids)
            if slot.options == options and common > length:
                best, length = slot, common
        needed = len(ids) + answer
        if best is not None:
            self._slots.remove(best)
            if best.capacity >= needed:
                # Two tokens at least are read again: a single one would go through
                # the other kernel.
                self.rewind(best, min(length, len(ids) - 2))
                return best
            del slot, best  # its memory is needed for the larger one
        return self._empty(options, self._capacity(needed))

    def _capacity(self, needed: int) -> int:
        capacity = self._share
        while capacity < needed:
            capacity *= 2
        return min(capacity, self._window)

    def _empty(self, options: _Options, capacity: int) -> Slot[_Generator, _Options]:
        while self._slots and (
            len(self._slots) >= MOST_SLOTS or self._used() + capacity > self._budget
        ):
            oldest = self._slots.pop(0)
            if (oldest.options, oldest.capacity) == (options, capacity):
                # Its memory is used again: making a cache takes a moment.
                self.rewind(oldest, 0)
                return oldest
            del oldest
        return Slot(self._create(options, capacity), options, capacity)

    def _used(self) -> int:
        return sum(slot.capacity for slot in self._slots)

    def keep(self, slot: Slot[_Generator, _Options]) -> None:
        """Put ``slot`` back as the newest one."""
        self._slots.append(slot)

    def newest(self) -> Slot[_Generator, _Options] | None:
        """The slot that was used last, if any; it stays in the cache."""
        return self._slots[-1] if self._slots else None

    def clear(self) -> None:
        """Forget everything."""
        self._slots.clear()

    @staticmethod
    def rewind(slot: Slot[_Generator, _Options], length: int) -> None:
        """Make ``slot`` as if it had only read ``length`` tokens, rounded down."""
        length = length // ALIGNMENT * ALIGNMENT
        # Even to where it is: what it was at when it was stopped is to be forgotten.
        slot.generator.rewind_to(length)
        slot.produced = []
        del slot.read[length:]


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    """Length of the common beginning."""
    shorter = min(len(left), len(right))
    for index in range(shorter):
        if left[index] != right[index]:
            return index
    return shorter
