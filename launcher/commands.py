"""The table of commands behind ``run.py``."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.calibrate import calibrate
from launcher.desktop import desktop, package
from launcher.models import models
from launcher.notebook import notebook
from launcher.sentences import LauncherError, say
from launcher.start import start
from launcher.testing import bench, test

ROOT = Path(__file__).resolve().parent.parent
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table; ``help_key`` names its line in :mod:`launcher.sentences`."""

    name: str
    help_key: str
    run: Callable[[Path, Sequence[str]], int]


COMMANDS = (
    Command("start", "help_start", start),
    Command("desktop", "help_desktop", desktop),
    Command("models", "help_models", models),
    Command("calibrate", "help_calibrate", calibrate),
    Command("notebook", "help_notebook", notebook),
    Command("package", "help_package", package),
    Command("test", "help_test", test),
    Command("bench", "help_bench", bench),
)


def run(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` name; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that lacks a letter
    try:
        return _dispatch(list(arguments))
    except LauncherError as error:
        print(error, file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print(say("interrupted"), file=sys.stderr)
        return INTERRUPTED


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["--inside"]:
        module = importlib.import_module(arguments[1])
        return int(module.main(arguments[2:]))
    if arguments[:1] in (["--help"], ["help"]) or arguments == ["-h"]:
        print(say("usage"), end="\n\n")
        for command in COMMANDS:
            print(f"  {command.name:<11}{say(command.help_key)}")
        return 0
    table = {command.name: command for command in COMMANDS}
    if arguments and not arguments[0].startswith("-"):
        name = arguments.pop(0)
        if name not in table:
            raise LauncherError("command_unknown", name=name)
    else:
        name = "start"
    return table[name].run(ROOT, arguments)
