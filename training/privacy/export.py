"""The network <-> one ONNX file, with the checksums that the application verifies."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from services.integrity import CHECKSUMS
from services.routing.vocabulary import MEANING, MEANINGS_FILE, WORDS_FILE, Vocabulary
from training.privacy.network import DILATIONS, HIDDEN, Reader

_OPSET = 17


class _Graph:
    """Nodes and weights in the order in which they are added."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights = dict(weights)

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        """One node; returns the name of its output."""
        output = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        """A named constant."""
        self.weights[name] = value
        return name

    def linear(self, x: str, name: str, output: str = "") -> str:
        """``x`` times the weights of the layer ``name``, plus its bias."""
        weight = self.constant(
            f"{name}.t", np.ascontiguousarray(self.weights.pop(f"{name}.weight").T)
        )
        return self.add("Add", self.add("MatMul", x, weight), f"{name}.bias", output=output)


def export(network: Reader, thresholds: dict[str, float], folder: Path) -> None:
    """Write ``model.onnx``, ``thresholds.json`` and ``SHA256SUMS`` into ``folder``.

    The vocabulary is there already (:mod:`training.privacy.meanings`).
    """
    weights = {
        name: value.detach().numpy().astype(np.float32)
        for name, value in network.state_dict().items()
    }
    weights["table.weight"] = weights["table.weight"].astype(np.float16)
    onnx.save(_model(_Graph(weights)), folder / "model.onnx")
    (folder / "thresholds.json").write_text(json.dumps(thresholds, indent=1) + "\n", "utf-8")
    names = ("model.onnx", WORDS_FILE, MEANINGS_FILE, "thresholds.json")
    sums = (f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names)
    (folder / CHECKSUMS).write_text("".join(sums), "utf-8")


def _model(graph: _Graph) -> onnx.ModelProto:
    one = graph.constant("one", np.array(1, np.float32))
    last = graph.constant("last", np.array([2], np.int64))
    middle = graph.constant("middle", np.array([1], np.int64))
    there = _presence(graph, last)
    rows = graph.add("Gather", "table.weight", "ids")
    x = graph.add("ReduceSum", graph.add("Cast", rows, to=TensorProto.FLOAT), last, keepdims=0)
    x = graph.add("Concat", x, "meanings", axis=2)
    x = graph.add("Mul", graph.add("Relu", graph.linear(x, "enter")), there)
    for number, dilation in enumerate(DILATIONS):
        turned = graph.add("Transpose", x, perm=[0, 2, 1])
        seen = graph.add(
            "Conv", turned, f"convolve.{number}.weight", f"convolve.{number}.bias",
            dilations=[dilation], pads=[dilation, dilation], kernel_shape=[3],
        )  # fmt: skip
        back = graph.add("Relu", graph.add("Transpose", seen, perm=[0, 2, 1]))
        x = graph.add("Mul", graph.add("Add", x, back), there)
    far = graph.constant("far", np.array(1e4, np.float32))
    absent = graph.add("Mul", graph.add("Sub", one, there), far)
    attention = graph.add("Softmax", graph.add("Sub", graph.linear(x, "attend"), absent), axis=1)
    heeded = graph.add("ReduceSum", graph.add("Mul", attention, x), middle, keepdims=1)
    most = graph.add("ReduceMax", x, axes=[1], keepdims=1)
    whole = graph.add("Relu", graph.linear(graph.add("Concat", most, heeded, axis=2), "gather"))
    spread = graph.add("Expand", whole, graph.add("Shape", x))
    words = graph.add("Relu", graph.linear(graph.add("Concat", x, spread, axis=2), "mix"))
    graph.add("Softmax", graph.linear(words, "tag"), axis=2, output="tags")
    graph.add("Squeeze", graph.linear(whole, "judge"), middle, output="judgement")
    graph.add("Squeeze", attention, last, output="attention")
    return _assembled(graph)


def _presence(graph: _Graph, last: str) -> str:
    """1 where there is a token, 0 where a window is padded: windows x tokens x 1."""
    zero = graph.constant("zero", np.array(0, np.int32))
    begin, end = (graph.constant(n, np.array([v], np.int64)) for n, v in (("begin", 0), ("end", 1)))
    words = graph.add("Slice", "ids", begin, end, last)
    return graph.add(
        "Cast", graph.add("Not", graph.add("Equal", words, zero)), to=TensorProto.FLOAT
    )


def _assembled(graph: _Graph) -> onnx.ModelProto:
    info = helper.make_tensor_value_info
    proto = helper.make_graph(
        graph.nodes,
        "privacy",
        [
            info("ids", TensorProto.INT32, ["windows", "tokens", "features"]),
            info("meanings", TensorProto.FLOAT, ["windows", "tokens", MEANING]),
        ],
        [
            info("judgement", TensorProto.FLOAT, ["windows", "judgements"]),
            info("tags", TensorProto.FLOAT, ["windows", "tokens", 3]),
            info("attention", TensorProto.FLOAT, ["windows", "tokens"]),
        ],
        [numpy_helper.from_array(value, name) for name, value in graph.weights.items()],
        doc_string=f"hidden width {HIDDEN}",
    )
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def load(folder: Path) -> Reader:
    """The network that was exported to ``folder``, to train on from."""
    found = {
        tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).astype(np.float32))
        for tensor in onnx.load(folder / "model.onnx").graph.initializer
    }
    network = Reader(Vocabulary.load(folder))
    network.load_state_dict(
        {
            name: found[name] if name in found else found[f"{name.removesuffix('.weight')}.t"].T
            for name in network.state_dict()
        }
    )
    return network
