"""Host and port at the start."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from launcher import address
from launcher.sentences import LauncherError

NOWHERE = Path("no-such-file")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a value to judge, nothing is bound


@pytest.mark.parametrize("value", ["1", "8000", "65535"])
def test_a_port_is_read(value: str) -> None:
    """Every port that exists is accepted."""
    assert address.parse_port(value) == int(value)


@pytest.mark.parametrize("value", ["0", "65536", "-1", "80a", "", "8000.0", "²", "9" * 5000])
def test_a_wrong_port_is_named(value: str) -> None:
    """The sentence names the option, the value and what is allowed; the status is 2."""
    with pytest.raises(LauncherError, match="65535") as caught:
        address.parse_port(value)
    assert caught.value.status == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"])
def test_loopback_needs_no_password(host: str) -> None:
    """Who is on this computer may use it."""
    address.require_password(host, {}, NOWHERE)


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.168.0.7", "nas.local", ""])
def test_an_exposed_start_without_a_password_is_refused(host: str) -> None:
    """Others in the network would read along."""
    with pytest.raises(LauncherError, match="NEARSIDE_PASSWORD") as caught:
        address.require_password(host, {"NEARSIDE_PASSWORD": " "}, NOWHERE)
    assert caught.value.status == 2


@pytest.mark.parametrize(
    "line", ["NEARSIDE_PASSWORD=x", "export NEARSIDE_PASSWORD='x'", ' NEARSIDE_PASSWORD = "x"']
)
def test_a_password_may_stand_in_dotenv(tmp_path: Path, line: str) -> None:
    """The file of settings counts as much as the environment."""
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"# mine\n{line}\n", "utf-8")
    address.require_password(EVERYWHERE, {}, dotenv)


@pytest.mark.parametrize("line", ["NEARSIDE_PASSWORD=", "#NEARSIDE_PASSWORD=x", "PASSWORD=x", "''"])
def test_an_empty_password_in_dotenv_is_none(tmp_path: Path, line: str) -> None:
    """A line without a value or a comment protects nothing."""
    dotenv = tmp_path / ".env"
    dotenv.write_text(line, "utf-8")
    with pytest.raises(LauncherError):
        address.require_password(EVERYWHERE, {}, dotenv)


def test_a_free_port_is_free_and_stays_so() -> None:
    """Looking does not take it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert address.is_free("127.0.0.1", port)
    assert address.is_free("localhost", port)


def test_a_taken_port_is_found_out() -> None:
    """Whoever listens there keeps it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not address.is_free("127.0.0.1", server.getsockname()[1])


def test_a_foreign_address_is_named() -> None:
    """The sentence says that the address is not one of this computer."""
    with pytest.raises(LauncherError, match=r"192\.0\.2\.1"):
        address.is_free("192.0.2.1", 8000)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        (EVERYWHERE, "http://127.0.0.1:80"),
        ("::", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
    ],
)
def test_the_shown_address_can_be_opened(host: str, url: str) -> None:
    """A browser cannot open 0.0.0.0 and wants brackets around IPv6."""
    assert address.url_of(host, 80) == url


class Answer(BaseHTTPRequestHandler):
    """Answers every GET with the server's ``body``."""

    def do_GET(self) -> None:
        """Answer."""
        body = self.server.body  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering() -> Iterator[ThreadingHTTPServer]:
    """A web server on a free port; set its ``body``."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


HEALTH = json.dumps({"status": "degraded", "local": {}, "cloud": {}, "history": {}}).encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [(HEALTH, True), (b'{"status": "ok"}', False), (b"<html>", False), (b"[]", False)],
)
def test_nearside_is_recognised_by_its_health(
    answering: ThreadingHTTPServer, body: bytes, expected: bool
) -> None:
    """Only the shape of our health page counts, whatever its state."""
    answering.body = body  # type: ignore[attr-defined]
    assert address.is_nearside("127.0.0.1", answering.server_port) is expected


def test_what_does_not_speak_http_is_not_nearside() -> None:
    """A program that says nothing or nonsense does not hang the start."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=_talk_nonsense, args=(server,))
        thread.start()
        assert not address.is_nearside("127.0.0.1", server.getsockname()[1])
        thread.join()


def _talk_nonsense(server: socket.socket) -> None:
    client, _ = server.accept()
    with client:
        client.sendall(b"\x00\xff nonsense\r\n\r\n")
