"""The packaged program on a computer without Python: it starts, answers and ends.

    python run.py bench package [FOLDER]

``FOLDER`` is what ``python run.py package`` made; the default is ``dist``, packaged
first if it is not there. Prints figures; ends with status 1 if anything is amiss.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.desktop_window import opened, screen
from tests.serving import ROOT

BARE = {"PATH": "", "PYTHONPATH": "", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
"""No interpreter to be found, no packages, and no home with settings."""


def size_mb(folder: Path) -> float:
    """Megabytes of all files below ``folder``."""
    return (
        sum(
            path.stat().st_size
            for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink()
        )
        / 1e6
    )


async def chat(program: Path, folder: Path) -> dict[str, object]:
    """One start, prompt, answer and end."""
    begin = time.monotonic()
    with screen() as display:
        async with opened(display, folder, command=[str(program)], environ=BARE) as desktop:
            answer = await desktop.ask("Hello!")
            answered = time.monotonic() - begin
            status = await desktop.close()
            left = await desktop.left()
    return {"answer": answer, "start to answer, s": answered, "status": status, "left": left}


def main(arguments: list[str]) -> int:
    """Package if need be, chat once, print; returns the exit status."""
    target = Path(arguments[0]) if arguments else ROOT / "dist"
    program = target.resolve() / "Nearside" / "Nearside"
    if not program.exists():
        subprocess.run([sys.executable, str(ROOT / "run.py"), "package", str(target)], check=True)
    print(f"size: {size_mb(program.parent):.0f} MB")
    with tempfile.TemporaryDirectory(prefix="nearside-") as folder:
        figures = asyncio.run(chat(program, Path(folder)))
        log = (Path(folder) / "log").read_text("utf-8", "replace")
    for name, value in figures.items():
        print(f"{name}: {value:.1f}" if isinstance(value, float) else f"{name}: {value}")
    good = bool(figures["answer"]) and figures["status"] == 0 and figures["left"] == []
    if not good:
        print(log, file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
