"""What is on this computer, told from disk alone: no network, no waiting."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from services.backends.local.foundry_cache import find_downloaded, is_partial
from services.backends.local.model_ref import BUILTIN_DIRECTORY
from services.errors import ModelError
from services.local_choice import (
    BUILTIN,
    MODEL_FILE,
    LocalChoice,
    keep_choice,
    kept_choice,
    known_folders,
)
from services.models.offer import Present


def downloads_of(data_dir: Path) -> Path:
    """Where the local engine looks for Foundry's downloads."""
    return data_dir / "foundry" / "models"


def present_models(data_dir: Path, chosen: str) -> list[Present]:
    """The built-in model, Foundry's downloads, and the person's own folders.

    Those are ``chosen``, if it is a folder, and the ones that were chosen before.
    """
    found = [Present(BUILTIN, BUILTIN_DIRECTORY, folder_size(BUILTIN_DIRECTORY))]
    found += sorted(_downloaded(downloads_of(data_dir)), key=lambda model: model.name)
    names = {model.name for model in found}
    for name in dict.fromkeys([chosen, *known_folders(data_dir)]):
        own = Path(name).expanduser()
        if name not in names and (own / MODEL_FILE).is_file():
            found.append(Present(name, own, folder_size(own), kind="folder"))
    return found


def folder_size(folder: Path) -> int:
    """Bytes of all files in ``folder``."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def disk_use(folder: Path) -> int:
    """Bytes that the files in ``folder`` take; less than their size while one is fetched.

    Foundry gives a file its full size at once. Where the system does not tell how
    much of it is there (Windows), the room for all of it has been taken already.
    """
    files = [path.stat() for path in folder.rglob("*") if path.is_file()]
    if sys.platform == "win32":
        return sum(file.st_size for file in files)
    return sum(file.st_blocks * 512 for file in files)


def remove_model(data_dir: Path, name: str) -> int:
    """Delete every downloaded variant of ``name``, whole or not; the bytes freed.

    Raises:
        ModelError: it is not among the downloads, or a file is in use.
    """
    downloads = downloads_of(data_dir)
    freed = 0
    for model in list(_downloaded(downloads)):
        found = find_downloaded(name, downloads) if name != BUILTIN else None
        if model.name.lower() != name.lower() and not (
            found and model.folder in (found, *found.parents)
        ):
            continue
        try:
            shutil.rmtree(model.folder)
        except OSError:
            raise ModelError("error.model_in_use", model=name) from None
        freed += model.size
        _drop_empty(model.folder.parent, downloads)
    if not freed:
        raise ModelError("error.model_not_here", model=name)
    return freed


def _drop_empty(folder: Path, top: Path) -> None:
    while folder != top and folder.is_relative_to(top) and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _downloaded(downloads: Path) -> Iterator[Present]:
    """Foundry's layout: publisher, then one folder for each variant of a model."""
    aliases = _aliases(downloads)
    for folder in downloads.glob("*/*/"):
        variant = folder.name.rpartition("-")[0] or folder.name
        name = aliases.get(variant.lower(), variant)
        whole = any(folder.rglob(MODEL_FILE)) and not is_partial(folder)
        if whole or is_partial(folder):
            size = folder_size(folder) if whole else disk_use(folder)
            yield Present(name, folder, size, whole, kind="download")


def _aliases(downloads: Path) -> dict[str, str]:
    """The alias of each variant, from the catalog's copy that Foundry keeps."""
    found: dict[str, str] = {}
    for notes in downloads.glob("*modelinfo.json"):
        try:
            for model in json.loads(notes.read_text("utf-8"))["models"]:
                found[str(model["name"]).lower()] = str(model["alias"])
        except (OSError, ValueError, KeyError, TypeError):
            # Not in a format that we know: the folder names serve.
            continue
    return found


def usable_name(data_dir: Path, value: str) -> str:
    """What to remember for ``models use``: ``builtin``, an alias or an absolute folder.

    Raises:
        ModelError: there is no such model here.
    """
    if value.lower() == BUILTIN:
        return BUILTIN
    path = Path(value).expanduser()
    if "/" in value or "\\" in value or path.is_dir():
        return usable_folder(value)
    if find_downloaded(value, downloads_of(data_dir)) is None:
        raise ModelError("error.local_model_not_downloaded", model=value)
    return value


def usable_folder(value: str) -> str:
    """The whole path of a person's own ONNX Runtime GenAI folder.

    Raises:
        ModelError: there is no model in it.
    """
    try:
        path = Path(value).expanduser().resolve()
        if (path / MODEL_FILE).is_file():
            return str(path)
    except (OSError, RuntimeError, ValueError):
        pass  # a path that cannot even be looked up holds no model either
    raise ModelError("error.model_folder", folder=value)


def keep(data_dir: Path, choice: LocalChoice) -> None:
    """Note ``choice`` for this and the next starts.

    Raises:
        ModelError: the data folder cannot be written.
    """
    try:
        keep_choice(data_dir, choice)
    except OSError as error:
        raise ModelError(
            "error.model_choice", folder=str(data_dir), reason=error.strerror or ""
        ) from None


def give_up_what_is_gone(data_dir: Path) -> bool:
    """Choose the built-in model where the choice is no longer here; whether that was so.

    Raises:
        ModelError: the data folder cannot be written.
    """
    choice = kept_choice(data_dir)
    if choice.url is not None:
        return False
    try:
        usable_name(data_dir, choice.model)
    except ModelError:
        keep(data_dir, LocalChoice())
        return True
    return False
