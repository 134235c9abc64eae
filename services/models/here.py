"""What is on this computer, told from disk alone: no network, no waiting."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from services.backends.local.foundry_cache import find_downloaded, is_partial
from services.backends.local.model_ref import BUILTIN, BUILTIN_DIRECTORY
from services.errors import ModelError
from services.models.offer import Present


def downloads_of(data_dir: Path) -> Path:
    """Where the local engine looks for Foundry's downloads."""
    return data_dir / "foundry" / "models"


def present_models(data_dir: Path, chosen: str) -> list[Present]:
    """The built-in model, Foundry's downloads, and ``chosen`` if it is a folder."""
    found = [Present(BUILTIN, BUILTIN_DIRECTORY, folder_size(BUILTIN_DIRECTORY))]
    found += sorted(_downloaded(downloads_of(data_dir)), key=lambda model: model.name)
    own = Path(chosen).expanduser()
    if chosen not in {model.name for model in found} and (own / "genai_config.json").is_file():
        found.append(Present(chosen, own, folder_size(own)))
    return found


def folder_size(folder: Path) -> int:
    """Bytes of all files in ``folder``."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def remove_model(data_dir: Path, name: str) -> int:
    """Delete every downloaded variant of ``name``, whole or not; the bytes freed.

    Raises:
        ModelError: it is not among the downloads, or a file is in use.
    """
    downloads = downloads_of(data_dir)
    freed = 0
    for model in list(_downloaded(downloads)):
        found = find_downloaded(name, downloads) if name != BUILTIN else None
        if model.name.lower() != name.lower() and not (found and model.folder in found.parents):
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
        whole = any(folder.rglob("genai_config.json")) and not is_partial(folder)
        if whole or is_partial(folder):
            yield Present(name, folder, folder_size(folder), whole)


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
    if (path / "genai_config.json").is_file():
        return str(path.resolve())
    if "/" in value or "\\" in value or path.is_dir():
        raise ModelError("error.model_folder", folder=value)
    if find_downloaded(value, downloads_of(data_dir)) is None:
        raise ModelError("error.local_model_not_downloaded", model=value)
    return value
