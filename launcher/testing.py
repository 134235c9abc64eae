"""``python run.py test`` and ``bench``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.browsers import installed
from launcher.environment import TEST, Environment
from launcher.sentences import LauncherError, say

BROWSER_VARIABLE = "NEARSIDE_TEST_BROWSER"
WINDOW_PACKAGES = (
    "xvfb",
    "libegl1",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
)
"""A screen in memory, and what Qt's window needs of Debian besides Chromium's own
libraries; the README names the latter as well."""
PARALLEL = ("--numprocesses=3", "--dist=loadfile", "--no-loadscope-reorder")
"""For all tests: three files at once, because many a test waits for a program, a browser
or a kernel; in their order, which begins with the slow ones."""


def checks(arguments: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Name and ``python -m`` arguments of each check, in order; options mean pytest alone."""
    if arguments:
        return [("pytest", ("pytest", *arguments))]
    return [
        ("ruff check", ("ruff", "check")),
        ("ruff format", ("ruff", "format", "--check")),
        ("mypy", ("mypy",)),
        ("pytest", ("pytest", *PARALLEL)),
    ]


def test(root: Path, arguments: Sequence[str]) -> int:
    """Run all checks, or only pytest when there are ``arguments`` for it.

    Returns the exit status of the first check that fails.

    Raises:
        LauncherError: the environment or a browser is missing.
    """
    environment = Environment(root)
    environment.ensure(TEST)
    environ = {**os.environ, BROWSER_VARIABLE: browser(os.environ)}
    ensure_screen(os.environ)
    for name, command in checks(arguments):
        print(f"== {name}", flush=True)
        status = _call([str(environment.python), "-m", *command], root, environ)
        if status:
            print(say("step_failed", step=name, status=status), file=sys.stderr)
            return status
    return 0


def bench(root: Path, arguments: Sequence[str]) -> int:
    """Run the benchmark that ``arguments`` begins with; returns its exit status.

    Raises:
        LauncherError: there is none of that name.
    """
    folder = root / "tests" / "benchmarks"
    known = sorted(path.stem for path in folder.glob("[!_]*.py"))
    name = arguments[0] if arguments else ""
    if name not in known:
        raise LauncherError("bench_unknown", name=name, known=", ".join(known) or say("bench_none"))
    environment = Environment(root)
    environment.ensure(TEST)
    environ = {**os.environ, "PYTHONPATH": str(root)}
    command = [str(environment.python), str(folder / f"{name}.py"), *arguments[1:]]
    return _call(command, root, environ)


def browser(environ: Mapping[str, str]) -> str:
    """The path of a Chromium, installed if this is a Debian and we may.

    Raises:
        LauncherError: there is none; says how to get one.
    """
    if named := environ.get(BROWSER_VARIABLE):
        if found := shutil.which(named):
            return found
        raise LauncherError("no_browser", 1)
    if found := installed():
        return found
    if _may_install():
        print(say("browser_install"), flush=True)
        if not _install(("chromium",), environ):
            raise LauncherError("browser_failed", 1)
        if found := installed():
            return found
    raise LauncherError("no_browser", 1)


def ensure_screen(environ: Mapping[str, str]) -> None:
    """Install the screen for the window's tests if this is a Debian and we may.

    Raises:
        LauncherError: there is none on this Linux; says how to get one.
    """
    if sys.platform != "linux" or shutil.which("Xvfb"):
        return
    if _may_install():
        print(say("screen_install"), flush=True)
        if _install(WINDOW_PACKAGES, environ):
            return
    raise LauncherError("no_xvfb", 1, packages=" ".join(WINDOW_PACKAGES))


def _may_install() -> bool:
    return sys.platform == "linux" and shutil.which("apt-get") is not None and os.geteuid() == 0


def _install(packages: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether Debian's packages could be installed."""
    quiet = {**environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = (["update"], ["install", "-y", "--no-install-recommends", *packages])
    return not any(_call(["apt-get", "-qq", *step], Path("/"), quiet) for step in steps)


def _call(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> int:
    """Run ``command``; a signal counts as 128 + its number, as a shell does it."""
    status = subprocess.run(command, cwd=folder, env=environ, check=False).returncode  # noqa: S603 - our own tools
    return 128 - status if status < 0 else status
