"""The local model that was chosen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.local_choice import (
    LocalChoice,
    forget_folder,
    keep_choice,
    kept_choice,
    known_folders,
)
from services.settings import load_settings


def test_nothing_chosen_is_the_builtin_model(tmp_path: Path) -> None:
    """A first start needs no file."""
    assert kept_choice(tmp_path / "none") == LocalChoice()


def test_a_choice_is_honoured_and_a_variable_wins(tmp_path: Path) -> None:
    """The note counts where NEARSIDE_LOCAL_MODEL is not set, and only there."""
    data = tmp_path / "data"
    keep_choice(data, LocalChoice("phi-4-mini"))
    environ = {"NEARSIDE_DATA_DIR": str(data)}
    assert load_settings(environ, tmp_path / "none").local_model == "phi-4-mini"
    set_too = {**environ, "NEARSIDE_LOCAL_MODEL": "builtin"}
    assert load_settings(set_too, tmp_path / "none").local_model == "builtin"


def test_a_server_of_ones_own_does_not_hear_of_the_choice(tmp_path: Path) -> None:
    """The choice is a model of the local engine; a server has models of its own."""
    keep_choice(tmp_path, LocalChoice("phi-4-mini"))
    environ = {
        "NEARSIDE_DATA_DIR": str(tmp_path),
        "NEARSIDE_LOCAL_URL": "http://127.0.0.1:11434/v1",
    }
    assert load_settings(environ, tmp_path / "none").local_model == "builtin"


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"model": 3}', '{"model": " "}', "\xff"])
def test_a_damaged_note_counts_as_none(tmp_path: Path, note: str) -> None:
    """A start never fails over it."""
    (tmp_path / "local-model.json").write_bytes(note.encode("latin-1"))
    assert kept_choice(tmp_path) == LocalChoice()


def test_a_folder_that_has_gone_counts_as_none(tmp_path: Path) -> None:
    """The built-in model answers instead, until the folder is back."""
    model = tmp_path / "model"
    keep_choice(tmp_path, LocalChoice(str(model)))
    assert kept_choice(tmp_path) == LocalChoice()
    model.mkdir()
    (model / "genai_config.json").write_text("{}", "utf-8")
    assert kept_choice(tmp_path) == LocalChoice(str(model))


def test_a_server_is_remembered_with_its_model(tmp_path: Path) -> None:
    """Address and model come back, and no key of another server goes there."""
    choice = LocalChoice("llama", "http://127.0.0.1:11434/v1")
    keep_choice(tmp_path, choice)
    assert kept_choice(tmp_path) == choice
    environ = {"NEARSIDE_DATA_DIR": str(tmp_path), "NEARSIDE_LOCAL_API_KEY": "sk-x"}
    settings = load_settings(environ, tmp_path / "none")
    assert (settings.local_url, settings.local_model) == (choice.url, "llama")
    assert (settings.local_api_key, settings.local_pinned) == ("", None)


@pytest.mark.parametrize("url", ["https://api.example.com/v1", "http://8.8.8.8/v1", 7, ""])
def test_a_far_server_in_the_note_counts_as_none(tmp_path: Path, url: object) -> None:
    """Whoever changes the note cannot lead private prompts away."""
    note = {"model": "m", "url": url}
    (tmp_path / "local-model.json").write_text(json.dumps(note), "utf-8")
    environ = {"NEARSIDE_DATA_DIR": str(tmp_path), "NEARSIDE_TRUST_LOCAL_URL": "1"}
    settings = load_settings(environ, tmp_path / "none")
    assert (settings.local_url, settings.local_model) == (None, "builtin")
    assert not settings.trust_local_url


def test_own_folders_stay_known_until_they_are_forgotten(tmp_path: Path) -> None:
    """Choosing something else keeps them on the list; forgetting touches no file."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "genai_config.json").write_text("{}", "utf-8")
    keep_choice(tmp_path, LocalChoice(str(model)))
    keep_choice(tmp_path, LocalChoice("phi-4-mini"))
    assert known_folders(tmp_path) == [str(model)]
    forget_folder(tmp_path, str(model))
    assert known_folders(tmp_path) == []
    assert kept_choice(tmp_path) == LocalChoice("phi-4-mini")
    assert (model / "genai_config.json").is_file()
