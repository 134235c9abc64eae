"""The local model that the person chose by command, kept in the data folder."""

from __future__ import annotations

import json
import logging
from pathlib import Path

BUILTIN = "builtin"
log = logging.getLogger(__name__)


def chosen_model(data_dir: Path) -> str:
    """What ``python run.py models use`` noted: an alias or a folder; else ``builtin``.

    A note that cannot be used (damaged, or its folder has gone) is told in the
    log and counts as none, so that a start never fails over it.
    """
    path = _path(data_dir)
    try:
        model = json.loads(path.read_text("utf-8"))["model"]
    except FileNotFoundError:
        return BUILTIN
    except (OSError, ValueError, KeyError, TypeError):
        log.warning("%s cannot be read; the built-in model is used", path)
        return BUILTIN
    if not isinstance(model, str) or not model.strip():
        log.warning("%s names no model; the built-in one is used", path)
        return BUILTIN
    if Path(model).is_absolute() and not (Path(model) / "genai_config.json").is_file():
        log.warning("the chosen model is no longer at %s; the built-in one is used", model)
        return BUILTIN
    return model


def choose_model(data_dir: Path, model: str) -> None:
    """Note ``model`` for the next start, whole or not at all.

    Raises:
        OSError: the data folder cannot be written.
    """
    path = _path(data_dir)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"model": model}) + "\n", "utf-8")
    fresh.replace(path)


def _path(data_dir: Path) -> Path:
    return data_dir / "local-model.json"
