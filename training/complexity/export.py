"""Writes model, calibration and checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.ensemble import GradientBoostingRegressor

from services.integrity import CHECKSUMS
from services.routing.complexity import CALIBRATION
from training.complexity.fit import FIGURES_SCALE, GRAMS_SCALE, Model

_ML = "ai.onnx.ml"


def export(
    model: Model, slope: float, offset: float, quantiles: Sequence[float],
    shift: dict[str, float], folder: Path,
) -> None:  # fmt: skip
    """Write ``model.onnx``, ``calibration.json`` and ``SHA256SUMS`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_proto(model, slope, offset), folder / "model.onnx")
    known = {
        "about": "logits that 0, 1, ... 100 percent of the reference mix exceed, for the class "
        "medium; shift is added to a logit for each class of local models",
        "shift": {name: round(value, 4) for name, value in shift.items()},
        "quantiles": [round(value, 5) for value in quantiles],
    }
    (folder / CALIBRATION).write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    names = (CALIBRATION, "model.onnx")
    sums = (f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names)
    (folder / CHECKSUMS).write_text("".join(sums), "utf-8")


def _proto(model: Model, slope: float, offset: float) -> onnx.ModelProto:
    """slope x (linear + trees) / 2 + offset, as one graph."""
    count = len(model.mean)
    each = model.linear.coef_[:count] * FIGURES_SCALE / model.spread
    bias = float(model.linear.intercept_ - (each * model.mean).sum())
    weights = {
        "each": (slope / 2 * each).astype(np.float32)[:, None],
        "rows": (slope / 2 * GRAMS_SCALE * model.linear.coef_[count:]).astype(np.float32),
        "bias": np.array([slope / 2 * bias + offset], np.float32),
        "half": np.array([slope / 2], np.float32),
        "one": np.array([-1], np.int64),
    }
    nodes = [
        helper.make_node("MatMul", ["figures", "each"], ["by_figure"]),
        helper.make_node("Gather", ["rows", "grams"], ["found"]),
        helper.make_node("ReduceSum", ["found"], ["sum"], keepdims=1),
        helper.make_node("Shape", ["grams"], ["number"]),
        helper.make_node("Cast", ["number"], ["long"], to=TensorProto.FLOAT),
        helper.make_node("Sqrt", ["long"], ["root"]),
        helper.make_node("Div", ["sum", "root"], ["by_gram"]),
        helper.make_node(
            "TreeEnsembleRegressor", ["figures"], ["grown"], domain=_ML, **_trees(model.trees)
        ),
        helper.make_node("Mul", ["grown", "half"], ["by_tree"]),
        helper.make_node("Add", ["by_figure", "by_tree"], ["both"]),
        helper.make_node("Add", ["both", "by_gram"], ["all"]),
        helper.make_node("Add", ["all", "bias"], ["settled"]),
        helper.make_node("Reshape", ["settled", "one"], ["logit"]),
    ]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "complexity",
        [
            info("figures", TensorProto.FLOAT, [1, count]),
            info("grams", TensorProto.INT64, ["grams"]),
        ],
        [info("logit", TensorProto.FLOAT, [1])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    sets = [helper.make_opsetid("", 17), helper.make_opsetid(_ML, 3)]
    proto = helper.make_model(graph, opset_imports=sets, ir_version=9)
    onnx.checker.check_model(proto)
    return proto


def _trees(trees: GradientBoostingRegressor) -> dict[str, object]:
    """The attributes of ONNX's operator for ``trees``."""
    keys = "treeids nodeids featureids values modes truenodeids falsenodeids".split()
    nodes: dict[str, list[object]] = {key: [] for key in keys}
    leaves: dict[str, list[object]] = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    for number, (grown,) in enumerate(trees.estimators_):
        tree = grown.tree_
        for node in range(tree.node_count):
            leaf = tree.children_left[node] == -1
            row = (
                number,
                node,
                0 if leaf else int(tree.feature[node]),
                0.0 if leaf else _below(tree.threshold[node]),
                "LEAF" if leaf else "BRANCH_LEQ",
                0 if leaf else int(tree.children_left[node]),
                0 if leaf else int(tree.children_right[node]),
            )
            for key, value in zip(nodes, row, strict=True):
                nodes[key].append(value)
            if leaf:
                weight = float(trees.learning_rate * tree.value[node, 0, 0])
                for key, value in zip(leaves, (number, node, 0, weight), strict=True):
                    leaves[key].append(value)
    return {
        "n_targets": 1,
        "base_values": [float(trees.init_.constant_[0, 0])],
        **{f"nodes_{key}": value for key, value in nodes.items()},
        **{f"target_{key}": value for key, value in leaves.items()},
    }


def _below(threshold: float) -> float:
    """The largest 32-bit number not above ``threshold``: the same side for every 32-bit input."""
    near: NDArray[np.float32] = np.array(threshold, np.float32)
    if float(near) > threshold:
        near = np.nextafter(near, np.float32(-np.inf))
    return float(near)
