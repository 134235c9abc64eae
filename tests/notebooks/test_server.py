"""Finding a running program, or starting one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from launcher.address import is_nearside
from notebooks.server import ADDRESS, find_or_start, start
from tests.unit.launcher.test_address import HEALTH, Answer


@pytest.fixture
def running() -> Iterator[int]:
    """The port of something that answers as Nearside does."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.body = HEALTH  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_program_at_the_named_address_is_taken(running: int) -> None:
    """It is left running afterwards."""
    server = find_or_start({ADDRESS: f"http://127.0.0.1:{running}/"})
    assert server.url == f"http://127.0.0.1:{running}"
    assert server.sentence.endswith("was running already.")
    server.close()
    assert is_nearside("127.0.0.1", running)


def test_a_named_address_where_nobody_answers_is_told() -> None:
    """No other program is taken or started in its place."""
    with pytest.raises(RuntimeError, match=r"NEARSIDE_ADDRESS is http://127\.0\.0\.1:9,"):
        find_or_start({ADDRESS: "http://127.0.0.1:9"})


def test_without_one_it_is_started_and_ended(data_dir: Path) -> None:
    """What was started for the notebook ends with it."""
    server = find_or_start({})
    try:
        assert server.process is not None
        assert "started for this notebook" in server.sentence
        assert is_nearside("127.0.0.1", int(server.url.rpartition(":")[2]))
    finally:
        server.close()
    assert server.process.poll() is not None
    assert (data_dir / "history.db").is_file()


def test_a_start_that_fails_says_why() -> None:
    """The last line of what the program said is part of the sentence."""
    failing = (sys.executable, "-c", "print('first'); raise SystemExit('no room for it')")
    with pytest.raises(RuntimeError, match=r"^Nearside did not start: no room for it$"):
        start(failing)


def test_the_key_of_the_settings_is_used(running: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ``/v1`` wants a key, it is the one that the program has; else any word."""
    server = find_or_start({ADDRESS: f"http://127.0.0.1:{running}"})
    assert server.api_key == "not-needed"
    monkeypatch.setenv("NEARSIDE_API_KEY", "made-up-key")
    assert server.api_key == "made-up-key"
