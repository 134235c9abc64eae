"""``run.py`` as a person calls it, as far as it goes without an installation."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from launcher.commands import COMMANDS
from launcher.sentences import LauncherError, language
from launcher.start import Options, has_screen, parse
from tests.source import ROOT
from tests.unit.launcher.test_address import EVERYWHERE, HEALTH, Answer

RUN = ROOT / "run.py"


def _run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(RUN), *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_help_lists_every_command() -> None:
    """``--help`` shows what there is and ends well."""
    result = _run("--help")
    assert result.returncode == 0
    assert all(f"  {command.name} " in result.stdout for command in COMMANDS)


def test_an_unknown_command_is_named() -> None:
    """A slip of the keyboard gets one sentence and status 2."""
    result = _run("strat")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "strat" in result.stderr


def test_a_busy_port_gets_one_sentence() -> None:
    """It names the port and the option that helps; the status is 2."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        port = server.getsockname()[1]
        thread = Thread(target=lambda: server.accept()[0].close())
        thread.start()
        result = _run("--port", str(port), "--headless")
        thread.join()
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert str(port) in result.stderr
    assert "--port" in result.stderr


def test_a_running_nearside_is_shown_instead_of_started_again() -> None:
    """The second start says where the first one is and ends well."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.body = HEALTH  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        result = _run("--port", str(server.server_port), "--headless")
        server.shutdown()
        thread.join()
    assert result.returncode == 0
    assert f"http://127.0.0.1:{server.server_port}" in result.stdout


def test_an_exposed_start_is_refused_in_german_too() -> None:
    """The sentence comes in the system's language, before anything is set up."""
    result = _run("--host", EVERYWHERE, LC_ALL="de_DE.UTF-8")
    assert result.returncode == 2
    assert "Passwort" in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_old_python_gets_one_sentence() -> None:
    """It names the version that is needed and the one that was found."""
    program = (
        "import runpy, sys; sys.version_info = (3, 10, 13, 'final', 0);"
        f"runpy.run_path({str(RUN)!r}, run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert result.stderr.startswith("Nearside needs Python 3.11 or newer; this is 3.10")
    assert result.stderr.count("\n") == 1


def test_options_of_ours_are_read_and_others_passed_on() -> None:
    """What Chainlit knows goes to Chainlit, in order."""
    options = parse(["-w", "--port=9000", "--host", "::1", "--root-path", "/chat", "--headless"])
    assert options == Options("::1", 9000, True, ("-w", "--root-path", "/chat"))


@pytest.mark.parametrize("arguments", [["--port"], ["--host"], ["--host="], ["--port", "many"]])
def test_an_option_without_a_usable_value_is_named(arguments: list[str]) -> None:
    """The sentence begins with the option."""
    with pytest.raises(LauncherError, match=r"^--"):
        parse(arguments)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LC_ALL": "de_AT.UTF-8", "LANG": "en_GB"}, "de"),
        ({"LC_ALL": "", "LANG": "de_DE"}, "de"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "fr_FR"}, "en"),
    ],
)
def test_the_systems_language_is_spoken(environ: dict[str, str], expected: str) -> None:
    """German where the system is German, otherwise English."""
    assert language(environ) == expected


def test_a_browser_opens_only_where_there_is_a_screen() -> None:
    """On a server, Python would open a text browser and hold up the start."""
    assert not has_screen({}, "linux")
    assert has_screen({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_screen({}, "darwin")


def test_the_benchmark_must_exist() -> None:
    """An unknown benchmark is named together with those that exist."""
    result = _run("bench", "no_such")
    assert result.returncode == 2
    known = [path.stem for path in (ROOT / "tests" / "benchmarks").glob("[!_]*.py")]
    assert "no_such" in result.stderr
    assert all(name in result.stderr for name in known)


def test_ci_runs_what_the_readme_says() -> None:
    """The script of CI is the command of the README and nothing else."""
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    commands = {line.strip() for line in script.splitlines() if "run.py" in line}
    assert commands == {'exec "$python" run.py test "$@"', 'exec python3 run.py test "$@"'}
    assert "python run.py test" in (ROOT / "README.md").read_text("utf-8")


def test_no_set_up_is_left_in_the_working_directory() -> None:
    """What a start makes lies beside ``run.py``, not where it was called."""
    _run("--help")
    assert list(Path.cwd().iterdir()) == []
