"""Keeps the tests apart from the network, the account's settings and each other.

The network is closed twice:

* an audit hook (``tests/offline/sitecustomize.py``) in this process and in every
  Python process started from it, on all systems;
* on Linux with the right to do so (root, as in most CI containers), the whole
  run moves into a network namespace that has a loopback device and nothing else.
  That holds native code and the browser too. Without that right, native code and
  the browser are held by nothing but their own settings; the tests that depend on
  it check those. ``NEARSIDE_TEST_NETWORK=host`` keeps the run in the computer's
  own network, for example to reach a database on its loopback device.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

OFFLINE = Path(__file__).parent / "offline"
KEPT_PREFIX = "NEARSIDE_TEST_"
CLEARED_PREFIXES = ("NEARSIDE_", "OPENAI_", "AZURE_", "LLMAAS_", "CHAINLIT_", "LITERAL_")
CLEARED = frozenset(
    {"API_URL", "CI", "LANG", "LANGUAGE", "DEBUG", "HEADLESS", "WATCH", "NO_CACHE", "RUN_TARGET"}
    | {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
    | {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
)
"""Variables that would change the application's or Chainlit's behaviour. Chainlit
takes ``CI`` for an option of its own and then sets a made-up OpenAI key."""

_CLONE_NEWNET = 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1


def clear_environment() -> None:
    """Remove what the account or a developer has set; tests set what they need."""
    for name in list(os.environ):
        foreign = name.startswith(CLEARED_PREFIXES) and not name.startswith(KEPT_PREFIX)
        if foreign or name in CLEARED or name.startswith("LC_"):
            del os.environ[name]
    os.environ["LC_ALL"] = "C.UTF-8"
    os.environ["CHAINLIT_ENV_FILE"] = "no-such-file.env"


def close_network(log: Path) -> None:
    """Close the network for this process and its children; attempts go to ``log``."""
    os.environ["NEARSIDE_TEST_NETWORK_LOG"] = str(log)
    paths = [str(OFFLINE), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    if os.environ.get("NEARSIDE_TEST_NETWORK") != "host":
        enter_empty_network()
    __import__("tests.offline.sitecustomize")


def enter_empty_network() -> bool:
    """Move this process into a network of its own; whether the system let us.

    Must be called while the process has one thread, as the move covers only the
    calling thread and what it starts later.
    """
    if sys.platform != "linux":
        return False
    import fcntl
    import socket

    if ctypes.CDLL(None).unshare(_CLONE_NEWNET) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        name, flags = struct.unpack("16sH14x", fcntl.ioctl(control, _SIOCGIFFLAGS, request))
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", name, flags | _IFF_UP))
    return True
