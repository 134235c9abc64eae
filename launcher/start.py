"""``python run.py``: set up what is missing, then become the application."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher import address
from launcher.environment import APP, Environment
from launcher.sentences import LauncherError, say

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000


@dataclass(frozen=True, slots=True)
class Options:
    """What the start was asked for; ``rest`` is for Chainlit."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    headless: bool = False
    rest: tuple[str, ...] = ()


def start(root: Path, arguments: Sequence[str]) -> int:
    """Start the application; returns the exit status where it does not take over.

    Raises:
        LauncherError: it cannot start; says why.
    """
    options = parse(arguments)
    address.require_password(options.host, os.environ, Path(".env"))
    url = address.url_of(options.host, options.port)
    headless = options.headless or not has_screen(os.environ)
    if not address.is_free(options.host, options.port):
        if not address.is_nearside(options.host, options.port):
            other = options.port + 1 if options.port < 65535 else DEFAULT_PORT
            raise LauncherError("port_busy", port=options.port, other=other)
        print(say("running", url=url), flush=True)
        if not headless:
            webbrowser.open(url)
        return 0
    environment = Environment(root)
    environment.ensure(APP)
    print(say("starting", url=url), flush=True)
    passed = ["--host", options.host, "--port", str(options.port), *options.rest]
    return become(environment, "launcher.serve", [*passed, *(["--headless"] if headless else [])])


def parse(arguments: Sequence[str]) -> Options:
    """Read our options; all others are Chainlit's.

    Raises:
        LauncherError: an option of ours has no value or a wrong one.
    """
    values = {"--host": DEFAULT_HOST, "--port": str(DEFAULT_PORT)}
    headless, rest, waiting = False, [], list(arguments)
    while waiting:
        argument = waiting.pop(0)
        name, equals, value = argument.partition("=")
        if name in values:
            if not equals and not waiting:
                raise LauncherError("option_value", option=name)
            values[name] = value if equals else waiting.pop(0)
        elif argument in {"--headless", "-h"}:
            headless = True
        else:
            rest.append(argument)
    if not values["--host"].strip():
        raise LauncherError("option_value", option="--host")
    port = address.parse_port(values["--port"])
    return Options(values["--host"].strip(), port, headless, tuple(rest))


def has_screen(environ: Mapping[str, str], system: str = sys.platform) -> bool:
    """Whether a browser window can open here.

    Without a screen Python would open a text browser in this terminal, which
    would hold up the server.
    """
    if system in {"win32", "darwin"}:
        return True
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def become(  # noqa: RET503 - os.execv does not return
    environment: Environment, module: str, arguments: Sequence[str]
) -> int:
    """Run ``module`` inside the environment in place of this process.

    Windows cannot replace a process; there we wait for the child and return its
    exit status.
    """
    run_file = str(environment.root / "run.py")
    command = [str(environment.python), run_file, "--inside", module, *arguments]
    if sys.platform == "win32":
        return _wait(command)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter


def _wait(command: Sequence[str]) -> int:
    with subprocess.Popen(command) as child:  # noqa: S603 - our own interpreter
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue  # the child got it too and ends by itself
