"""Closes the network as the worker does, then tries to get out; prints what happened.

Started by a test, in a process of its own, because nothing opens the network again.
"""

from __future__ import annotations

import ctypes
import json
import socket
import threading

from services.backends.local.seal import close_network


def tried(family: int) -> bool:
    """Whether Python gets a socket."""
    try:
        socket.socket(family).close()
    except PermissionError:
        return False
    return True


def main() -> None:
    """Try from a later thread too, and without Python."""
    found: dict[str, bool] = {"closed": close_network()}
    found["ipv4"] = tried(socket.AF_INET)
    found["native ipv6"] = ctypes.CDLL(None).socket(socket.AF_INET6, socket.SOCK_DGRAM, 0) >= 0
    found["inside"] = tried(socket.AF_UNIX)
    thread = threading.Thread(target=lambda: found.update(thread=tried(socket.AF_INET)))
    thread.start()
    thread.join()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
