"""``python run.py package``: a folder that runs on a computer without Python."""

from __future__ import annotations

import pkgutil
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

import PyInstaller.__main__ as pyinstaller

from desktop.needed import foreign_modules
from launcher.sentences import language
from services.texts import say

ROOT = Path(__file__).resolve().parent.parent
NAME = "Nearside"
_WHOLE = (
    "chainlit",
    "literalai",
    "foundry_local_sdk",
    "onnxruntime_genai",
    "onnxruntime_genai_core",
    "stdnum",
)
"""Packages that read their own files, or import their modules by name."""
_FILES = ("onnxruntime",)
"""Its library bears its version in its name, which hides it from PyInstaller."""
_MODULES = ("services", "desktop", "phonenumbers", "uvicorn", "engineio.async_drivers")
_IMPORTED_BY_NAME = ("chat", "browser_tab", "aiosqlite", "re2", "logging.config")
_DATA = (
    "app.py",
    "chainlit.md",
    "chainlit_de-DE.md",
    ".chainlit/config.toml",
    "public",
    "models",
    "services/locales",
    "services/prices.json",
    "services/routing/lexicon.txt",
    "services/routing/share_quantiles.json",
    "services/history/migrations",
)
_REQUIREMENTS = tuple(ROOT / f"requirements{part}.txt" for part in ("", "-desktop"))


def main(arguments: Sequence[str]) -> int:
    """Make the folder ``dist/Nearside``, or ``Nearside`` in the folder that is named.

    Returns the exit status.
    """
    target = Path(arguments[0]).resolve() if arguments else ROOT / "dist"
    work = ROOT / "build" / "package"
    work.mkdir(parents=True, exist_ok=True)
    pyinstaller.run(options(target, work))
    print(say("window.packaged", language(), folder=str(target / NAME)), flush=True)
    return 0


def options(target: Path, work: Path) -> list[str]:
    """PyInstaller's arguments; ``work`` takes its intermediate files."""
    compiled = [found.name for found in pkgutil.iter_modules() if found.name.endswith("__mypyc")]
    return [
        str(ROOT / "desktop" / "frozen.py"),
        "--noconfirm",
        "--log-level=WARN",
        f"--name={NAME}",
        f"--paths={ROOT}",
        f"--distpath={target}",
        f"--workpath={work}",
        f"--specpath={work}",
        *([] if sys.platform == "linux" else ["--windowed", f"--icon={icon_file(work)}"]),
        *(f"--collect-all={name}" for name in _WHOLE),
        *(f"--collect-data={name}" for name in _FILES),
        "--recursive-copy-metadata=chainlit",
        *(f"--collect-submodules={name}" for name in _MODULES),
        *(f"--hidden-import={name}" for name in (*_IMPORTED_BY_NAME, *compiled)),
        *(f"--exclude-module={name}" for name in ("tkinter", *foreign_modules(_REQUIREMENTS))),
        *(f"--add-data={ROOT / name}:{_place(name)}" for name in _DATA),
    ]


def icon_file(folder: Path, system: str = sys.platform) -> Path:
    """The app's icon as Windows (``.ico``) or macOS (``.icns``) want it: a PNG with a head."""
    picture = (ROOT / "public" / "icon.png").read_bytes()
    if system == "win32":
        # One picture of 256 by 256 (written as 0), 32 bits a point, behind 22 bytes.
        head = struct.pack("<HHHBBBBHHII", 0, 1, 1, 0, 0, 0, 0, 1, 32, len(picture), 22)
    else:
        entry = struct.pack(">4sI", b"ic08", len(picture) + 8)
        head = struct.pack(">4sI", b"icns", len(picture) + 16) + entry
    path = folder / ("icon.ico" if system == "win32" else "icon.icns")
    path.write_bytes(head + picture)
    return path


def _place(name: str) -> str:
    """Where ``name`` goes in the package: a folder keeps its name, a file its folder."""
    return name if (ROOT / name).is_dir() else str(Path(name).parent)
