"""A model's weights -> those of a larger one that says the same at first.

So that a model that has learned all it can hold need not start from nothing: new layers add
nothing to what passes through them, and new neurons are not listened to, until training changes
that ("Net2Net", Chen et al. 2016; as in "gradual stacking", what is new is spread over the depth).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

_LAYER = re.compile(r"model\.layers\.(\d+)\.")
_INTO_STREAM = ("o_proj.weight", "down_proj.weight")
"""What a layer adds to what passes through it goes through these matrices."""


def grown(state: Mapping[str, Tensor], fresh: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``state`` in the shapes of ``fresh``, which has as many or more layers and neurons.

    ``fresh`` is the state of a larger model of the same hidden size with random weights, which
    the new parts keep, but for what would change an answer.
    """
    old, new = _layers(state), _layers(fresh)
    made = {name: values.clone() for name, values in fresh.items()}
    for name, values in made.items():
        if name.endswith(_INTO_STREAM):
            values.zero_()
    for name, values in state.items():
        place = _LAYER.sub(lambda found: f"model.layers.{_place(int(found[1]), old, new)}.", name)
        made[place][tuple(slice(size) for size in values.shape)] = values
    return made


def _layers(state: Mapping[str, Tensor]) -> int:
    return 1 + max(int(found[1]) for name in state if (found := _LAYER.match(name)))


def _place(layer: int, old: int, new: int) -> int:
    """Where a layer of ``old`` stands among the ``new``."""
    return layer + layer * (new - old) // old
