"""Host and port: free, taken, or already Nearside."""

from __future__ import annotations

import errno
import http.client
import ipaddress
import json
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from launcher.sentences import LauncherError

_PASSWORD = "NEARSIDE_PASSWORD"  # noqa: S105 - the name of a setting, not a password
_HEALTH_SECONDS = 2.0


def parse_port(value: str) -> int:
    """``value`` as a port.

    Raises:
        LauncherError: it is none.
    """
    if value.isascii() and value.isdigit() and 1 <= int(value[:6]) <= 65535:
        return int(value)
    raise LauncherError("port_invalid", value=value)


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def require_password(host: str, environ: Mapping[str, str], dotenv: Path) -> None:
    """Refuse to be reachable by others without a password.

    The application checks this again with its full settings; here it is found
    out before anything is installed.

    Raises:
        LauncherError: ``host`` is not loopback and no password is set.
    """
    if not is_loopback(host) and not environ.get(_PASSWORD, "").strip() and not _in_file(dotenv):
        raise LauncherError("exposed", host=host)


def _in_file(dotenv: Path) -> bool:
    if not dotenv.is_file():
        return False
    for line in dotenv.read_text("utf-8", errors="replace").splitlines():
        name, _, value = line.strip().removeprefix("export ").partition("=")
        if name.strip() == _PASSWORD and value.strip().strip("'\""):
            return True
    return False


def url_of(host: str, port: int) -> str:
    """The address for a browser on this computer."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_free(host: str, port: int) -> bool:
    """Whether the application could listen on ``port``; found out by doing it.

    Raises:
        LauncherError: the address is not ours, or the port not allowed to us.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform == "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:  # as asyncio does: a connection in TIME_WAIT does not matter
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE or getattr(error, "winerror", None) == 10048:
            return False
        if isinstance(error, PermissionError):
            raise LauncherError("port_forbidden", port=port) from error
        raise LauncherError("host_unknown", host=host) from error
    return True


def is_nearside(host: str, port: int) -> bool:
    """Whether Nearside itself answers there, told by the shape of its health page."""
    near = "127.0.0.1" if host in {"0.0.0.0", "localhost"} else host.strip("[]")  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(near, port, timeout=_HEALTH_SECONDS)
    try:
        connection.request("GET", "/api/health")
        health = json.loads(connection.getresponse().read(65536))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(health, dict) and {"status", "local", "cloud", "history"} <= health.keys()
