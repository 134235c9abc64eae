"""Which library runs a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.backends.local.choice import choose_runtime
from services.backends.local.model_ref import BUILTIN_DIRECTORY


def _folder(folder: Path, providers: object) -> Path:
    """A folder whose configuration names ``providers``."""
    session = {"provider_options": providers}
    config = {"model": {"decoder": {"session_options": session}}}
    (folder / "genai_config.json").write_text(json.dumps(config), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("providers", "runtime"),
    [
        ([], "onnx"),
        ([{"cpu": {}}], "onnx"),
        ([{"CPUExecutionProvider": {}}], "onnx"),
        ([{"cuda": {}}], "foundry"),
        ([{"QNN": {"backend_path": "x"}}, {"cpu": {}}], "foundry"),
        ("broken", "onnx"),
        (None, "onnx"),
        ([7], "onnx"),
    ],
)
def test_the_processor_is_served_directly(tmp_path: Path, providers: object, runtime: str) -> None:
    """Only what needs another execution provider goes to Foundry Local."""
    assert choose_runtime(_folder(tmp_path, providers)) == runtime


def test_the_built_in_model_is_served_directly() -> None:
    """Its conversations keep their cache."""
    assert choose_runtime(BUILTIN_DIRECTORY) == "onnx"


def test_a_folder_without_configuration_is_left_to_the_loading(tmp_path: Path) -> None:
    """What is wrong with a folder is told by whoever loads it."""
    assert choose_runtime(tmp_path) == "onnx"


@pytest.mark.parametrize("wanted", ["onnx", "foundry"])
def test_a_wish_comes_first(tmp_path: Path, wanted: str) -> None:
    """Tests and benchmarks compare both on one folder."""
    assert choose_runtime(_folder(tmp_path, [{"cuda": {}}]), wanted) == wanted
