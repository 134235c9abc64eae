"""Which model a setting names."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.backends.local.model_ref import BUILTIN_DIRECTORY, ModelRef, resolve_model
from services.errors import SettingsError


@pytest.mark.parametrize("value", ["builtin", "Builtin"])
def test_builtin_is_the_folder_of_the_repository(value: str) -> None:
    """The built-in model is there and carries checksums."""
    assert resolve_model(value) == ModelRef("builtin", BUILTIN_DIRECTORY, verified=True)
    assert (BUILTIN_DIRECTORY / "genai_config.json").is_file()


@pytest.mark.parametrize("value", ["phi-4-mini", "qwen2.5-0.5b", "Phi-3.5_mini"])
def test_a_plain_word_is_an_alias(value: str) -> None:
    """An alias is looked up only when it is loaded."""
    assert resolve_model(value) == ModelRef(value, None)


def test_a_model_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    """Any folder with a ``genai_config.json`` will do."""
    folder = tmp_path / "my model"
    folder.mkdir()
    (folder / "genai_config.json").write_text("{}", "utf-8")
    assert resolve_model(str(folder)) == ModelRef("my model", folder.resolve())


def test_a_folder_in_the_working_directory_needs_no_slash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain word that is a folder here means the folder."""
    folder = tmp_path / "local-model"
    folder.mkdir()
    (folder / "genai_config.json").write_text("{}", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert resolve_model("local-model").directory == folder.resolve()


@pytest.mark.parametrize("value", ["/no/such/folder", "./here", "two words", "C:\\models\\x"])
def test_anything_else_is_refused_with_what_is_allowed(value: str) -> None:
    """The sentence names the variable and the value."""
    with pytest.raises(SettingsError) as caught:
        resolve_model(value)
    assert caught.value.values["name"] == "NEARSIDE_LOCAL_MODEL"
    assert caught.value.values["value"] == value
