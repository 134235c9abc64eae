"""What ``python`` and, where there is none, ``curl`` mean in the documentation's commands.

``python run.py …`` is the real launcher, with the set-up of the environment taken as
done: the tests run in that environment, and must not fetch or replace it. Everything
else is given to this interpreter as it is.
"""

from __future__ import annotations

import argparse
import os
import sys
from http.cookies import SimpleCookie
from pathlib import Path
from unittest.mock import PropertyMock, patch

ROOT = Path(__file__).resolve().parents[2]


def python(arguments: list[str]) -> int:
    """``python`` with these arguments, as if it stood in the folder of the repository."""
    if arguments[0] != "run.py":
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        os.execve(sys.executable, [sys.executable, *arguments], {**os.environ, "PYTHONPATH": path})  # noqa: S606
    sys.path.insert(0, str(ROOT))
    from launcher.commands import run
    from launcher.environment import Environment

    here = PropertyMock(return_value=Path(sys.executable))
    with patch.object(Environment, "ensure"), patch.object(Environment, "python", here):
        return run(arguments[1:])


def curl(arguments: list[str]) -> int:
    """The few options of curl that the documentation uses, by httpx."""
    import httpx

    parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-X", default=None)
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d", default=None)
    parser.add_argument("-b", type=Path, default=None)
    parser.add_argument("-c", type=Path, default=None)
    parser.add_argument("-o", type=Path, default=None)
    parser.add_argument("url")
    asked = parser.parse_args(arguments)
    headers = dict(header.split(": ", 1) for header in asked.H)
    if asked.b:
        headers["Cookie"] = asked.b.read_text("utf-8")
    method = asked.X or ("POST" if asked.d is not None else "GET")
    response = httpx.request(
        method, asked.url, headers=headers, content=asked.d, trust_env=False, timeout=60
    )
    if asked.c:
        kept = SimpleCookie("; ".join(response.headers.get_list("set-cookie")))
        asked.c.write_text("; ".join(f"{n}={c.value}" for n, c in kept.items()), "utf-8")
    if asked.o:
        asked.o.write_bytes(response.content)
    else:
        print(response.text)
    return 0


def write(folder: Path, *names: str) -> None:
    """Put the programs ``names`` into ``folder``, for a ``PATH`` that begins with it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        program = folder / name
        program.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" {name} "$@"\n', "utf-8"
        )
        program.chmod(0o755)


if __name__ == "__main__":
    sys.exit({"python": python, "curl": curl}[sys.argv[1]](sys.argv[2:]))
