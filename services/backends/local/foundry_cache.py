"""Finds a model that Foundry Local has downloaded, from disk alone.

Asking the catalog would take seconds without a network, so a chat never does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

# What Foundry's catalog appends to an alias to name a variant of the model.
_VARIANT = re.compile(
    r"(?:[-_](?:instruct|chat|it|generic|cpu|gpu|npu|cuda|trtrtx|webgpu|openvino|qnn|dml"
    r"|vitis|directml|int4|int8|fp16|v?\d{1,2}))*"
)
_DEPTH = 5
_PARTIAL = "download.tmp"  # Foundry's mark in a folder whose download has not ended


def find_downloaded(alias: str, downloads: Path) -> Path | None:
    """The folder of the newest downloaded variant of ``alias``, or ``None``."""
    names = {alias.lower(), *_catalog_names(alias, downloads)}
    found = [
        config.parent
        for depth in range(_DEPTH)
        for config in downloads.glob("*/" * depth + "genai_config.json")
        if _names_model(config.parent.relative_to(downloads), names)
        and not any(is_partial(folder) for folder in _up_to(downloads, config.parent))
    ]
    return max(found, key=lambda folder: folder.stat().st_mtime, default=None)


def is_partial(folder: Path) -> bool:
    """Whether the download into ``folder`` was interrupted, or still runs."""
    return (folder / _PARTIAL).exists()


def _up_to(top: Path, folder: Path) -> Iterator[Path]:
    while folder != top:
        yield folder
        folder = folder.parent


def _names_model(folder: Path, names: set[str]) -> bool:
    for part in folder.parts:
        lowered = part.lower()
        for name in names:
            if lowered.startswith(name) and _VARIANT.fullmatch(lowered[len(name) :]):
                return True
    return False


def _catalog_names(alias: str, downloads: Path) -> Iterator[str]:
    """The names that Foundry's own notes in ``downloads`` give to ``alias``."""
    for notes in downloads.glob("*modelinfo.json"):
        try:
            models = json.loads(notes.read_text("utf-8"))["models"]
            for model in models:
                info = model.get("model_info", model)
                if str(info["alias"]).lower() == alias.lower():
                    yield str(info["name"]).lower()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # Not in a format that we know: the folder names still tell.
            continue
