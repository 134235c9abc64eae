"""What the worker may know of our environment: a list of what is let through.

A list of secrets to remove would miss the next one; the worker gets only what
an operating system, a dynamic linker and a compute library need.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.telemetry import TELEMETRY_OFF

_ALLOWED = frozenset(
    {
        # operating systems
        "PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP",
        "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE",
        "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "XDG_CACHE_HOME",
        # linkers and compute libraries
        "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_PATH", "CUDA_VISIBLE_DEVICES",
        "OMP_NUM_THREADS", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
        "PROCESSOR_IDENTIFIER", "FOUNDRY_LOCAL_LIB_DIR",
        # the interpreter
        "VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE",
    }
)  # fmt: skip


def worker_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The worker's environment: nothing secret, and telemetry switched off."""
    kept = {name: value for name, value in environ.items() if name.upper() in _ALLOWED}
    return {**kept, **TELEMETRY_OFF}
