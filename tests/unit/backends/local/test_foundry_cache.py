"""Finding downloaded models on disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from services.backends.local.foundry_cache import find_downloaded


def _model(downloads: Path, folder: str) -> Path:
    path = downloads / folder
    path.mkdir(parents=True)
    (path / "genai_config.json").write_text("{}", "utf-8")
    return path


@pytest.mark.parametrize(
    "folder",
    [
        "Microsoft/Phi-4-mini-instruct-generic-cpu-5/v5",
        "Phi-4-mini-instruct-generic-cpu-5",
        "phi-4-mini",
        "Microsoft/Phi-4-mini-instruct-cuda-gpu/cuda-int4",
    ],
)
def test_a_variant_of_the_alias_is_found(tmp_path: Path, folder: str) -> None:
    """The folder may be named after any variant, at any depth."""
    model = _model(tmp_path, folder)
    assert find_downloaded("phi-4-mini", tmp_path) == model


@pytest.mark.parametrize("folder", ["Microsoft/Phi-4-mini-reasoning-generic-cpu-1", "phi-4-mini-x"])
def test_another_model_with_a_longer_name_is_not_taken(tmp_path: Path, folder: str) -> None:
    """``phi-4`` is not ``phi-4-mini``, and that is not ``phi-4-mini-reasoning``."""
    _model(tmp_path, folder)
    assert find_downloaded("phi-4-mini", tmp_path) is None
    assert find_downloaded("phi-4", tmp_path) is None


def test_foundrys_own_notes_tell_other_names(tmp_path: Path) -> None:
    """A model whose folder does not resemble its alias is found by the catalog's copy."""
    model = _model(tmp_path, "Microsoft/deepseek-r1-distill-qwen-7b-generic-cpu-3")
    assert find_downloaded("deepseek-r1-7b", tmp_path) is None
    notes = {
        "models": [
            {"model_info": {"alias": "deepseek-r1-7b", "name": "deepseek-r1-distill-qwen-7b"}}
        ]
    }
    (tmp_path / "foundry.modelinfo.json").write_text(json.dumps(notes), "utf-8")
    assert find_downloaded("deepseek-r1-7b", tmp_path) == model


def test_the_newest_variant_wins(tmp_path: Path) -> None:
    """After an update the old folder may still be there."""
    old, new = _model(tmp_path, "phi-4-mini-1"), _model(tmp_path, "phi-4-mini-2")
    os.utime(old, (1, 1))
    os.utime(new, (2, 2))
    assert find_downloaded("phi-4-mini", tmp_path) == new


@pytest.mark.parametrize("notes", ["", "[]", '{"models": [3]}', '{"models": null}'])
def test_unreadable_notes_do_no_harm(tmp_path: Path, notes: str) -> None:
    """The folder names are enough."""
    model = _model(tmp_path, "phi-4-mini")
    (tmp_path / "foundry.modelinfo.json").write_text(notes, "utf-8")
    assert find_downloaded("phi-4-mini", tmp_path) == model


def test_no_folder_at_all_is_no_model(tmp_path: Path) -> None:
    """Nothing was ever downloaded."""
    assert find_downloaded("phi-4-mini", tmp_path / "nothing") is None
