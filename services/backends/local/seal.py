"""Takes the network away from the process that runs the model. Linux only.

The switches for telemetry do not reach everything: Foundry Local 2.2.1 looks up
``mobile.events.data.microsoft.com`` every few seconds with all of them set (seen
with ``strace``). A seccomp filter is held by the kernel: it covers native code,
every later thread and child, and nothing in the process can take it off.

Sockets inside the computer (``AF_UNIX``) and to the kernel (``AF_NETLINK``) stay
possible; drivers of graphics processors use them.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
import sys

_ARCHITECTURES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""Machine -> its name for the filter (``AUDIT_ARCH_…``) and its ``socket(2)``."""
_IO_URING_SETUP = 425
"""The other way to a socket; the same number on every machine."""

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _ARCHITECTURE, _DOMAIN = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _DENY = 0x7FFF0000, 0x00050000 | errno.EACCES


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def close_network() -> bool:
    """Deny this process sockets to any network for good; whether the system could.

    To be called before there is a second thread.
    """
    known = _ARCHITECTURES.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    steps = _steps(*known)
    program = _Program(len(steps), b"".join(struct.pack("HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    refused: int = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    return refused == 0


def _steps(architecture: int, opening: int) -> list[tuple[int, int, int, int]]:
    """The filter: instruction, steps to skip when true and when false, operand."""
    return [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_IF_EQUAL, 0, 6, architecture),  # calls of another machine: denied
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_IF_EQUAL, 4, 0, _IO_URING_SETUP),
        (_JUMP_IF_EQUAL, 0, 4, opening),
        (_LOAD, 0, 0, _DOMAIN),
        (_JUMP_IF_EQUAL, 1, 0, socket.AF_INET),
        (_JUMP_IF_EQUAL, 0, 1, socket.AF_INET6),
        (_RETURN, 0, 0, _DENY),
        (_RETURN, 0, 0, _ALLOW),
    ]
