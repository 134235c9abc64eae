"""Which local model: built in, a folder, or a Foundry Local alias."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from services.errors import SettingsError
from services.local_choice import BUILTIN

BUILTIN_DIRECTORY = Path(__file__).parents[3] / "models" / "builtin"
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model before it is loaded.

    ``directory`` is an ONNX Runtime GenAI folder; it is ``None`` for a Foundry
    alias, which is then looked up in the folder of downloaded models.
    ``verified`` says that the folder carries checksums that must hold.
    """

    name: str
    directory: Path | None
    verified: bool = False


def resolve_model(value: str) -> ModelRef:
    """The model that ``value`` names: builtin, an alias or a path.

    Raises:
        SettingsError: a path that is not an ONNX Runtime GenAI folder, or a
            name that can be neither an alias nor a path.
    """
    if value.lower() == BUILTIN:
        return ModelRef(BUILTIN, BUILTIN_DIRECTORY, verified=True)
    path = Path(value).expanduser()
    looks_like_path = "/" in value or "\\" in value or path.is_dir()
    if not looks_like_path and _ALIAS.fullmatch(value):
        return ModelRef(value, None)
    if not (path / "genai_config.json").is_file():
        raise SettingsError(
            name="NEARSIDE_LOCAL_MODEL",
            value=value,
            allowed="builtin, a Foundry Local alias such as phi-4-mini, or a folder "
            "with an ONNX Runtime GenAI model (it contains genai_config.json)",
        )
    return ModelRef(path.resolve().name, path.resolve())
