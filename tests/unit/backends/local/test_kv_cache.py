"""Which tokens are read again."""

from __future__ import annotations

from services.backends.local.kv_cache import MOST_SLOTS, SMALLEST, Slot, SlotCache

WINDOW = 8 * SMALLEST


class _Generator:
    """Remembers how far it was rewound."""

    def __init__(self) -> None:
        self.rewinds: list[int] = []

    def rewind_to(self, new_length: int, /) -> None:
        self.rewinds.append(new_length)


def _cache(size: int = 2) -> SlotCache[_Generator, str]:
    """A cache for ``size`` short conversations."""
    return SlotCache(lambda _, capacity: _Generator(), size * SMALLEST, WINDOW)


def _kept(
    cache: SlotCache[_Generator, str], ids: list[int], options: str = ""
) -> Slot[_Generator, str]:
    slot = cache.take(ids, options)
    slot.read = list(ids)
    cache.keep(slot)
    return slot


def test_a_continued_conversation_reads_only_what_is_new() -> None:
    """The common beginning is kept, from a multiple of 16 tokens on."""
    cache = _cache()
    first = _kept(cache, list(range(100)))
    first.produced = [7, 8, 9]
    slot = cache.take([*range(100), 7, 8, 9, 10], "")
    assert slot is first
    assert slot.generator.rewinds == [96]
    assert slot.read == list(range(96))
    assert slot.produced == []


def test_the_same_prompt_again_reads_its_end_again() -> None:
    """At least two tokens are read, or there would be nothing to continue from."""
    cache = _cache()
    _kept(cache, list(range(96)))
    slot = cache.take(list(range(96)), "")
    assert slot.read == list(range(88))


def test_an_edited_turn_keeps_what_came_before_it() -> None:
    """Tokens after the first difference are forgotten."""
    cache = _cache()
    _kept(cache, list(range(100)))
    slot = cache.take([*range(50), 999, *range(51, 100)], "")
    assert slot.read == list(range(48))


def test_a_different_conversation_or_other_options_start_afresh() -> None:
    """A template's opening alone is no common conversation."""
    cache = _cache()
    first = _kept(cache, list(range(100)))
    assert cache.take([*range(10), *range(500, 600)], "") is not first
    assert cache.take(list(range(100)), "greedy") is not first


def test_alternating_conversations_each_keep_their_place() -> None:
    """Two conversations do not push each other out."""
    cache = _cache(2)
    one, two = _kept(cache, list(range(100))), _kept(cache, list(range(500, 600)))
    for _ in range(3):
        assert cache.take([*range(100), 1], "") is one
        cache.keep(one)
        assert cache.take([*range(500, 600), 1], "") is two
        cache.keep(two)


def test_the_conversation_that_rested_longest_is_forgotten_first() -> None:
    """The memory for tokens bounds the number of slots."""
    cache = _cache(2)
    one = _kept(cache, list(range(100)))
    two = _kept(cache, list(range(500, 600)))
    _kept(cache, list(range(900, 999)))
    assert cache.take(list(range(500, 600)), "") is two
    again = cache.take(list(range(100)), "")
    assert (again.read, again.generator.rewinds) == ([], [])
    assert one.read == list(range(900, 999))


def test_the_memory_of_a_forgotten_conversation_is_used_again() -> None:
    """A full cache makes no new generator for the same options."""
    cache = _cache(1)
    one = _kept(cache, list(range(100)))
    slot = cache.take(list(range(500, 600)), "")
    assert slot is one
    assert (slot.read, slot.generator.rewinds) == ([], [0])
    cache.keep(slot)
    other = cache.take(list(range(500, 600)), "greedy")
    assert other is not one


def test_a_slot_is_as_large_as_the_conversation_needs() -> None:
    """A long window does not fill the memory with one conversation."""
    made: list[int] = []

    def create(_: str, capacity: int) -> _Generator:
        made.append(capacity)
        return _Generator()

    cache = SlotCache(create, WINDOW, WINDOW)
    cache.keep(cache.take(list(range(100)), ""))
    cache.keep(cache.take(list(range(SMALLEST)), "", 1))
    cache.keep(cache.take(list(range(100)), "", 5 * WINDOW))
    assert made == [2 * SMALLEST, 2 * SMALLEST, WINDOW]


def test_a_conversation_that_outgrows_its_slot_moves_into_a_larger_one() -> None:
    """It is read anew once; the memory that it had is given back."""
    cache = _cache(4)
    small = _kept(cache, list(range(100)))
    large = cache.take(list(range(100)), "", SMALLEST)
    assert large is not small
    assert (large.read, large.capacity) == ([], 2 * SMALLEST)
    large.read = list(range(100))
    cache.keep(large)
    again = cache.take(list(range(100)), "")
    assert again is large


def test_all_slots_together_stay_within_the_memory() -> None:
    """Old conversations make room for a long one; one is always possible."""
    cache = _cache(MOST_SLOTS)
    kept = [_kept(cache, list(range(n * 500, n * 500 + 100))) for n in range(MOST_SLOTS)]
    _kept(cache, list(range(9000, 9000 + SMALLEST + 1)))
    assert cache.take(kept[2].read[:], "") is kept[2]
    assert cache.take(kept[1].read[:], "") is not kept[1]
    assert _cache(0).take([1, 2, 3], "").capacity == SMALLEST
