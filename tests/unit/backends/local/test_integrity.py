"""Checksums of a model folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from services.backends.local.integrity import verify
from services.backends.local.model_ref import BUILTIN_DIRECTORY
from services.errors import BackendUnavailable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files and their checksums, as ``sha256sum`` writes them."""
    lines = []
    for name, mark in (("model.onnx", " "), ("a file.json", "*")):
        (tmp_path / name).write_text(name, "utf-8")
        lines.append(f"{hashlib.sha256(name.encode()).hexdigest()} {mark}{name}\n")
    (tmp_path / "SHA256SUMS").write_text("".join(lines), "utf-8")
    return tmp_path


def test_whole_files_pass(folder: Path) -> None:
    """Both marks of ``sha256sum`` and names with spaces are read."""
    verify(folder)


def test_the_built_in_model_is_whole() -> None:
    """What the repository ships matches its list."""
    verify(BUILTIN_DIRECTORY)


@pytest.mark.parametrize("name", ["model.onnx", "a file.json"])
def test_a_changed_file_is_named(folder: Path, name: str) -> None:
    """One wrong byte is enough."""
    (folder / name).write_text("changed", "utf-8")
    with pytest.raises(BackendUnavailable) as caught:
        verify(folder)
    assert caught.value.text_key == "error.local_model_damaged"
    assert caught.value.values == {"file": name}


@pytest.mark.parametrize("name", ["model.onnx", "SHA256SUMS"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    """A list without its files, or files without a list, are not whole."""
    (folder / name).unlink()
    with pytest.raises(BackendUnavailable) as caught:
        verify(folder)
    assert caught.value.values == {"file": name}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"nonsense\n"])
def test_a_broken_list_is_no_list(folder: Path, content: bytes) -> None:
    """An emptied list must not let everything pass."""
    (folder / "SHA256SUMS").write_bytes(content)
    with pytest.raises(BackendUnavailable):
        verify(folder)
