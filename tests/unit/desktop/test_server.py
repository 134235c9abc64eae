"""The server's process as the window sees it, and the port that it listens on."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from desktop.server import MODULE, ChatServer, command
from desktop.serving import HOST, open_door

PATIENCE = 60


def test_the_address_comes_from_the_process() -> None:
    """It is known as soon as the server says it, and closing the pipe ends the server."""
    program = "import sys; print('http://127.0.0.1:1', flush=True); sys.stdin.read()"
    server = ChatServer([sys.executable, "-c", program])
    assert server.address.result(PATIENCE) == "http://127.0.0.1:1"
    server.stop()
    assert server._process.returncode == 0


def test_a_server_that_does_not_start_is_an_error() -> None:
    """Nobody waits for the address of a server that has ended."""
    server = ChatServer([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(RuntimeError, match="ended"):
        server.address.result(PATIENCE)
    server.stop()


def test_a_server_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The window's end leaves no process behind, whatever the server is at."""
    monkeypatch.setattr("desktop.server.END_SECONDS", 0.01)
    program = "print('http://127.0.0.1:1', flush=True)\nwhile True: pass"
    server = ChatServer([sys.executable, "-c", program])
    server.address.result(PATIENCE)
    server.stop()
    assert server._process.returncode == -9


def test_the_packaged_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no ``run.py`` beside it, and no Python to run it."""
    assert command(["x"])[1:] == [str(Path(command([])[1])), "--inside", MODULE, "x"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert command(["x"]) == [sys.executable, "-m", MODULE, "x"]


def test_the_port_of_last_time_is_taken_again(tmp_path: Path) -> None:
    """So the page finds what the reader chose there, such as the dark theme."""
    note = tmp_path / "port.json"
    with open_door(note) as door:
        port = door.getsockname()[1]
    with open_door(note) as door:
        assert door.getsockname() == (HOST, port)


def test_a_port_that_is_taken_is_left_to_its_owner(tmp_path: Path) -> None:
    """Another free one serves as well."""
    note = tmp_path / "port.json"
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        note.write_text(f'{{"port": {port}}}', "utf-8")
        with open_door(note) as door:
            assert door.getsockname()[1] != port


@pytest.mark.parametrize("text", ["", "[]", '{"port": "x"}', '{"port": 80}', '{"port": 70000}'])
def test_a_note_that_makes_no_sense_is_passed_over(text: str, tmp_path: Path) -> None:
    """Any free port will do."""
    note = tmp_path / "port.json"
    note.write_text(text, "utf-8")
    with open_door(note) as door:
        assert door.getsockname()[1] >= 1024


def test_only_this_computer_reaches_the_door(tmp_path: Path) -> None:
    """It listens on loopback; a note that cannot be written changes nothing."""
    with open_door(tmp_path / "gone" / "port.json") as door:
        assert door.getsockname()[0] == "127.0.0.1"
