"""The local model that was chosen by command."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.local_choice import choose_model, chosen_model
from services.settings import load_settings


def test_nothing_chosen_is_the_builtin_model(tmp_path: Path) -> None:
    """A first start needs no file."""
    assert chosen_model(tmp_path / "none") == "builtin"


def test_a_choice_is_honoured_and_a_variable_wins(tmp_path: Path) -> None:
    """The note counts where NEARSIDE_LOCAL_MODEL is not set, and only there."""
    data = tmp_path / "data"
    choose_model(data, "phi-4-mini")
    environ = {"NEARSIDE_DATA_DIR": str(data)}
    assert load_settings(environ, tmp_path / "none").local_model == "phi-4-mini"
    set_too = {**environ, "NEARSIDE_LOCAL_MODEL": "builtin"}
    assert load_settings(set_too, tmp_path / "none").local_model == "builtin"


def test_a_server_of_ones_own_does_not_hear_of_the_choice(tmp_path: Path) -> None:
    """The choice is a model of the local engine; a server has models of its own."""
    choose_model(tmp_path, "phi-4-mini")
    environ = {
        "NEARSIDE_DATA_DIR": str(tmp_path),
        "NEARSIDE_LOCAL_URL": "http://127.0.0.1:11434/v1",
    }
    assert load_settings(environ, tmp_path / "none").local_model == "builtin"


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"model": 3}', '{"model": " "}', "\xff"])
def test_a_damaged_note_counts_as_none(tmp_path: Path, note: str) -> None:
    """A start never fails over it."""
    (tmp_path / "local-model.json").write_bytes(note.encode("latin-1"))
    assert chosen_model(tmp_path) == "builtin"


def test_a_folder_that_has_gone_counts_as_none(tmp_path: Path) -> None:
    """The built-in model answers instead, until the folder is back."""
    model = tmp_path / "model"
    choose_model(tmp_path, str(model))
    assert chosen_model(tmp_path) == "builtin"
    model.mkdir()
    (model / "genai_config.json").write_text("{}", "utf-8")
    assert chosen_model(tmp_path) == str(model)
