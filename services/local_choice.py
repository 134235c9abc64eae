"""The local model that the person chose, kept in the data folder."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.addresses import near_url

BUILTIN = "builtin"
MODEL_FILE = "genai_config.json"
"""What every ONNX Runtime GenAI folder holds."""
_MOST_FOLDERS = 20
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalChoice:
    """What answers on this side of the boundary.

    ``model`` is ``builtin``, an alias of Foundry Local, or a folder. With ``url``
    it is the name of a model on that server, or empty for the server's first.
    """

    model: str = BUILTIN
    url: str | None = None


def kept_choice(data_dir: Path) -> LocalChoice:
    """What was chosen last; else the built-in model.

    A note that cannot be used (damaged, its folder has gone, its address is not
    near) is told in the log and counts as none, so that a start never fails over it.
    """
    path = _path(data_dir)
    try:
        noted = _read(path)
        model, url = noted["model"], noted.get("url")
    except FileNotFoundError:
        return LocalChoice()
    except (OSError, ValueError, KeyError):
        log.warning("%s cannot be read; the built-in model is used", path)
        return LocalChoice()
    if url is not None:
        near = near_url(url) if isinstance(url, str) and isinstance(model, str) else None
        if near is None:
            log.warning("%s names a server that cannot be used; the built-in model is", path)
            return LocalChoice()
        return LocalChoice(model, near)
    if not isinstance(model, str) or not model.strip():
        log.warning("%s names no model; the built-in one is used", path)
        return LocalChoice()
    if Path(model).is_absolute() and not (Path(model) / MODEL_FILE).is_file():
        log.warning("the chosen model is no longer at %s; the built-in one is used", model)
        return LocalChoice()
    return LocalChoice(model)


def keep_choice(data_dir: Path, choice: LocalChoice) -> None:
    """Note ``choice`` for this and the next starts, whole or not at all.

    Raises:
        OSError: the data folder cannot be written.
    """
    folders = known_folders(data_dir)
    if choice.url is None and Path(choice.model).is_absolute():
        folders = [choice.model, *(folder for folder in folders if folder != choice.model)]
    _write(data_dir, choice, folders)


def known_folders(data_dir: Path) -> list[str]:
    """The person's own model folders that were chosen before, the latest first."""
    try:
        folders = _read(_path(data_dir)).get("folders", [])
    except (OSError, ValueError):
        return []
    return [folder for folder in folders if isinstance(folder, str)]


def forget_folder(data_dir: Path, folder: str) -> None:
    """Take ``folder`` off the list; nothing in it is touched.

    Raises:
        OSError: the data folder cannot be written.
    """
    kept = [known for known in known_folders(data_dir) if known != folder]
    _write(data_dir, kept_choice(data_dir), kept)


def _read(path: Path) -> dict[str, Any]:
    noted = json.loads(path.read_text("utf-8"))
    if isinstance(noted, dict) and isinstance(noted.get("folders", []), list):
        return noted
    raise ValueError("not a note of ours")


def _write(data_dir: Path, choice: LocalChoice, folders: list[str]) -> None:
    noted = {"model": choice.model, "url": choice.url, "folders": folders[:_MOST_FOLDERS]}
    path = _path(data_dir)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(noted) + "\n", "utf-8")
    fresh.replace(path)


def _path(data_dir: Path) -> Path:
    return data_dir / "local-model.json"
