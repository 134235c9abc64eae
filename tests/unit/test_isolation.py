"""The guards that all other tests rely on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import NetworkAttempts
from tests.isolation import CLEARED, KEPT_PREFIX, OFFLINE
from tests.offline.sitecustomize import is_loopback

DOCUMENTATION_ADDRESS = ("192.0.2.1", 443)


def test_a_connection_to_the_outside_is_refused_and_noted(
    network_attempts: NetworkAttempts,
) -> None:
    """Code under test sees a network failure, and the attempt is on record."""
    with socket.socket() as client, pytest.raises(OSError, match="closed in tests"):
        client.connect(DOCUMENTATION_ADDRESS)
    assert "192.0.2.1" in network_attempts.take()[0]


def test_a_name_is_not_looked_up(network_attempts: NetworkAttempts) -> None:
    """A look-up would tell a name server what is being asked for."""
    with pytest.raises(OSError, match="closed in tests"):
        socket.getaddrinfo("example.com", 443)
    assert "example.com" in network_attempts.take()[0]


def test_a_datagram_to_the_outside_is_refused(network_attempts: NetworkAttempts) -> None:
    """Connectionless traffic is held as well."""
    with (
        socket.socket(type=socket.SOCK_DGRAM) as client,
        pytest.raises(OSError, match="closed in tests"),
    ):
        client.sendto(b"x", DOCUMENTATION_ADDRESS)
    assert len(network_attempts.take()) == 1


def test_a_python_child_process_is_held_too(network_attempts: NetworkAttempts) -> None:
    """A server under test cannot reach the outside either, and is reported."""
    program = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    child = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert child.returncode == 1
    assert "closed in tests" in child.stderr
    assert "192.0.2.1" in network_attempts.take()[0]


def test_native_code_has_no_way_out_where_the_system_allows_it() -> None:
    """In a network namespace of our own, only the loopback device exists."""
    interfaces = [name for _, name in socket.if_nameindex()]
    isolated = interfaces == ["lo"]
    may_isolate = sys.platform == "linux" and os.environ.get("NEARSIDE_TEST_NETWORK") != "host"
    assert isolated or not (may_isolate and _can_unshare())


def _can_unshare() -> bool:
    """Whether a child process is allowed what the test run tried at its start."""
    program = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x40000000) != 0)"
    return subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_loopback_stays_open() -> None:
    """Real servers on this computer are what the tests talk to."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), 5) as client,
    ):
        accepted, _ = server.accept()
        accepted.close()
        assert client.recv(1) == b""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "a.localhost", ""])
def test_loopback_is_recognised(host: str) -> None:
    """Every way to write this computer is allowed."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "example.com", "localhost.example.com", "fe80::1"])
def test_what_only_looks_near_is_the_outside(host: str) -> None:
    """A private address or a similar name is another computer."""
    assert not is_loopback(host)


def test_the_environment_is_clean(data_dir: Path) -> None:
    """Nothing that the account has set reaches a test."""
    foreign = [
        name
        for name in os.environ
        if name.startswith(("NEARSIDE_", "OPENAI_", "AZURE_", "LLMAAS_"))
        and not name.startswith(KEPT_PREFIX)
    ]
    assert foreign == ["NEARSIDE_DATA_DIR"]
    assert not CLEARED & set(os.environ)
    assert os.environ["NEARSIDE_DATA_DIR"] == str(data_dir)
    assert not data_dir.exists()


def test_no_dotenv_lies_in_the_working_directory() -> None:
    """The working directory of a test is its own and empty."""
    assert list(Path.cwd().iterdir()) == []


def test_the_guard_is_handed_to_children_by_path() -> None:
    """Python finds the guard of child processes by ``PYTHONPATH``."""
    assert os.environ["PYTHONPATH"].split(os.pathsep)[0] == str(OFFLINE)


SAMPLE = """
import pytest

def test_skips():
    pytest.skip("no reason to trust this")

@pytest.mark.xfail(reason="known defect")
def test_expected_failure():
    assert False

@pytest.mark.xfail(reason="mended")
def test_unexpected_success():
    pass
"""
FORGETFUL = """
import os
import pytest

@pytest.hookimpl(trylast=True)
def pytest_configure():
    os.environ.pop("CI", None)  # as our own does, before other processes start
"""
SKIPPED_MODULE = "import pytest; pytest.skip('not here', allow_module_level=True)"


def _run(
    pytester: pytest.Pytester, ci: str, monkeypatch: pytest.MonkeyPatch, *options: str
) -> pytest.RunResult:
    root = Path(__file__).parents[2]
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PYTHONPATH", f"{root}{os.pathsep}{os.environ['PYTHONPATH']}")
    pytester.makepyfile(SAMPLE)
    pytester.makeconftest(FORGETFUL)
    strict = ("-p", "tests.strictness", "-p", "no:cacheprovider")
    return pytester.runpytest_subprocess(*strict, *options)


def test_what_does_not_run_fails_in_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Skips and expected failures are failures where CI is set."""
    _run(pytester, "true", monkeypatch).assert_outcomes(failed=3)


def test_what_does_not_run_fails_in_ci_in_many_processes_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes that are started without ``CI`` are told of it."""
    _run(pytester, "true", monkeypatch, "-n", "2").assert_outcomes(failed=3)


def test_what_does_not_run_is_let_pass_elsewhere(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without CI, pytest's own rules hold."""
    _run(pytester, "", monkeypatch).assert_outcomes(skipped=1, xfailed=1, xpassed=1)


def test_a_module_that_skips_itself_fails_in_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole file of tests cannot vanish unnoticed."""
    pytester.makepyfile(test_absent=SKIPPED_MODULE)
    _run(pytester, "true", monkeypatch).assert_outcomes(errors=1)
