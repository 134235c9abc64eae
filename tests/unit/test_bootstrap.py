"""What is built for which settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.bootstrap import class_in_use
from services.routing.local_class import LocalClass
from services.settings import load_settings


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, LocalClass.GUIDE),
        ({"NEARSIDE_LOCAL_MODEL": "phi-4-mini"}, LocalClass.MEDIUM),
        ({"NEARSIDE_LOCAL_URL": "http://127.0.0.1:9/v1"}, LocalClass.MEDIUM),
        (
            {"NEARSIDE_LOCAL_URL": "http://127.0.0.1:9/v1", "NEARSIDE_LOCAL_MODEL": "qwen2.5:14b"},
            LocalClass.LARGE,
        ),
    ],
)
def test_the_local_models_name_tells_its_class(
    tmp_path: Path, environment: dict[str, str], expected: LocalClass
) -> None:
    """The built-in guide, an alias, a server with and without a named model."""
    environment["NEARSIDE_DATA_DIR"] = str(tmp_path)
    assert class_in_use(load_settings(environment, tmp_path / "none")) is expected


def test_a_folder_of_any_name_is_weighed(tmp_path: Path) -> None:
    """A model in a folder is judged by the size of its files."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "genai_config.json").write_text("{}", "utf-8")
    with (folder / "model.onnx.data").open("wb") as file:
        file.truncate(400_000_000)  # sparse: takes no room
    environment = {"NEARSIDE_LOCAL_MODEL": str(folder), "NEARSIDE_DATA_DIR": str(tmp_path)}
    assert class_in_use(load_settings(environment, tmp_path / "none")) is LocalClass.SMALL
