"""Which of the two libraries runs a model folder.

**ONNX Runtime GenAI directly (``onnx``) for every folder that runs on the
processor**, because it alone lets us keep a conversation's key-value cache:
``ChatSession`` of Foundry Local reads the whole conversation again for each
answer. Milliseconds to the first token of the built-in model through this
engine, about 250 new tokens a turn, two shared cores:

=========  ======  ======  ======  ======  ======  ======
turn            1       2       3       4       5       6
=========  ======  ======  ======  ======  ======  ======
onnx           40      60      69      57      68      67
foundry        49     109     235     258     338     358
=========  ======  ======  ======  ======  ======  ======

With a model of 0.36 B parameters the same grew from 4.0 to 16.8 s in five turns
with ``ChatSession``, and stayed between 2.5 and 2.9 s with a kept cache. The
tokens after the first come equally fast. What the model answers is the same
(tested, greedy). Only the direct way tells how sure the model was.

**Foundry Local (``foundry``) for folders that need another execution provider**
(a graphics or neural processor), because it brings the providers' libraries,
which the other package lacks: it can load no such folder at all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ONNX = "onnx"
FOUNDRY = "foundry"

_PROCESSOR = frozenset({"cpu", "cpuexecutionprovider"})


def choose_runtime(directory: Path, wanted: str = "auto") -> str:
    """The library for the model in ``directory``: ``wanted``, if that is one."""
    if wanted in {ONNX, FOUNDRY}:
        return wanted
    return FOUNDRY if _providers(directory) - _PROCESSOR else ONNX


def _providers(directory: Path) -> set[str]:
    """The execution providers that the folder's configuration names, in lower case.

    None where it cannot be read; loading then says what is wrong with it.
    """
    try:
        config: Any = json.loads((directory / "genai_config.json").read_text("utf-8"))
        options = config["model"]["decoder"]["session_options"]["provider_options"]
        return {name.lower() for option in options for name in dict(option)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
