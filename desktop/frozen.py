"""The entrance of the packaged program: the window, or one of the processes behind it.

The packaged program is also what ``sys.executable`` names. So it starts a module
with ``-m``, as Python does, for the modules that the application starts that way.
"""

from __future__ import annotations

import os
import runpy
import shutil
import sys
from pathlib import Path

import desktop

STARTED_AS_PROCESS = (
    "desktop.serving",
    "services.backends.local.worker",
    "services.files.worker",
    "services.models.foundry_process",
)
PAGE_FILES = (".chainlit", "public", "chainlit.md", "chainlit_de-DE.md")
"""What Chainlit reads in its root, where it wants to write as well."""
_CODE = Path(desktop.__file__).resolve().parent.parent
"""The packaged files; this one's own place is another there, as it is where the program begins."""


def main() -> int:
    """Start the window, or with ``-m`` the named process; returns the exit status."""
    _restore_library_path()
    arguments = sys.argv[1:]
    if arguments[:1] == ["-m"]:
        name = "".join(arguments[1:2])
        if name not in STARTED_AS_PROCESS:
            return 2
        sys.argv = [name, *arguments[2:]]
        runpy.run_module(name, run_name="__main__", alter_sys=True)
        return 0
    from desktop.command import main as open_window

    return open_window(arguments, lay_out)


def lay_out(folder: Path) -> Path:
    """Copy the page's files below ``folder``: the program's own folder may be read-only."""
    root = folder / "page"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name in PAGE_FILES:
        source = _CODE / name
        if source.is_dir():
            shutil.copytree(source, root / name)
        else:
            shutil.copyfile(source, root / name)
    return root


def _restore_library_path() -> None:
    """PyInstaller points the linker at its own libraries; browsers that we start want theirs."""
    original = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if original is not None:
        os.environ["LD_LIBRARY_PATH"] = original
    elif getattr(sys, "frozen", False):
        os.environ.pop("LD_LIBRARY_PATH", None)


if __name__ == "__main__":
    sys.exit(main())
