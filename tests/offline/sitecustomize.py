"""No way out for Python: refuses every connection and name look-up that is not loopback.

Python imports a module of this name at its start when its folder is on
``PYTHONPATH``; ``tests/conftest.py`` puts it there, so that every Python process
under test is held too. An audit hook cannot be removed or worked around by
Python code. What the refused code sees is an ordinary network failure; the
attempt is also noted in the file that ``NEARSIDE_TEST_NETWORK_LOG`` names, and
the test in which it happens fails.

Not seen by the hook: sockets opened by native code. See ``tests/isolation.py``
for what holds those.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from pathlib import Path

LOG = "NEARSIDE_TEST_NETWORK_LOG"


class NetworkBlocked(OSError):
    """A test tried to reach something that is not this computer."""


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this computer, told without asking anybody."""
    if host in {"", "localhost", socket.gethostname()} or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse(event: str, args: tuple[object, ...]) -> None:
    """The audit hook: note the attempt and raise.

    Raises:
        NetworkBlocked: the event would leave this computer.
    """
    host = _destination(event, args)
    if host is None or is_loopback(host):
        return
    note = f"{event} to {host} by process {os.getpid()} ({Path(sys.argv[0] or 'python').name})"
    if log := os.environ.get(LOG):
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(note + "\n")
    raise NetworkBlocked(f"The network is closed in tests: {note}")


def _destination(event: str, args: tuple[object, ...]) -> str | None:
    """The host that a socket event goes to; ``None`` for anything else."""
    if event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        return None if not isinstance(host, str) or _is_address(host) else host
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = args[1]
        # A path (Unix socket) or None (connected already) stays on this computer.
        return str(address[0]) if isinstance(address, tuple) and len(address) >= 2 else None
    return None


def _is_address(host: str) -> bool:
    """Whether ``host`` is a number, which is looked up nowhere."""
    try:
        ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return True


sys.addaudithook(refuse)
