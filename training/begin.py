"""An exported model -> weights and tokenizer to train on from.

So that a better corpus need not start from nothing: ``python -m training.train
--begin models/builtin``. int8 in blocks of 32 loses a thousandth of a weight,
which the first steps make up for.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

ZERO = 128
"""The builder stores a weight as an unsigned byte; this one means nothing."""


def begin_tokenizer(exported: Path, work: Path) -> None:
    """Copy the tokenizer of ``exported``: weights and pieces belong together."""
    work.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copyfile(exported / name, work / name)


def begin_weights(exported: Path) -> dict[str, Tensor]:
    """The state of a Qwen2 model, from a directory that ``training.export`` wrote.

    Raises:
        ValueError: a tensor that no such directory has.
    """
    graph = onnx.load(str(exported / "model.onnx"), load_external_data=True).graph
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    state: dict[str, Tensor] = {}
    for name, values in found.items():
        if name.endswith("_scales") or name in {"cos_cache", "sin_cache"}:
            continue
        if name.endswith(".MatMul.weight_Q8"):
            matrix = _dequantised(values, found[name.replace("_Q8", "_scales")])
            _put(state, name.removesuffix(".MatMul.weight_Q8"), "weight", matrix)
        elif name.endswith(".Add.bias"):
            _put(state, name.removesuffix(".Add.bias"), "bias", torch.tensor(values))
        elif name.endswith("layernorm.weight") or name == "model.embed_tokens.weight":
            plain = "model.norm.weight" if "final_norm" in name else name
            state[plain] = torch.tensor(values)
        else:
            raise ValueError(f"{exported}: {name} is unknown; was it exported in int8?")
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    return state


def _dequantised(values: NDArray[numpy.uint8], scales: NDArray[numpy.float32]) -> Tensor:
    """Rows of blocks of bytes, with one scale for each block, as a matrix."""
    blocks = (values.astype(numpy.float32) - ZERO) * scales.reshape(*values.shape[:2], 1)
    return torch.tensor(blocks.reshape(values.shape[0], -1))


def _put(state: dict[str, Tensor], place: str, kind: str, values: Tensor) -> None:
    """Store under the names of Qwen2, which has queries, keys and values apart."""
    place = place.replace(".attn.", ".self_attn.")
    if place == "lm_head":
        return  # tied to the embedding, which is stored whole
    if not place.endswith("qkv_proj"):
        state[f"{place}.{kind}"] = values
        return
    half = values.shape[0] // 2  # two key-value heads for four query heads
    parts = values.split([half, half // 2, half // 2])
    for letter, part in zip("qkv", parts, strict=True):
        state[f"{place.removesuffix('qkv_proj')}{letter}_proj.{kind}"] = part
