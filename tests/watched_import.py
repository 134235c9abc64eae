"""Imports modules and reports what their top level did; run by a test, in a fresh process.

Usage: ``watched_import.py ROOT MODULE...``; prints a JSON list of events.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from types import FrameType

WATCHED = frozenset(
    {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.listdir", "os.scandir"}
    | {"os.putenv", "os.unsetenv", "os.chdir", "os.system", "subprocess.Popen", "sqlite3.connect"}
    | {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"}
    | {"_thread.start_new_thread", "ctypes.dlopen", "signal.signal"}
)


DEFINING = f"{os.sep}pydantic{os.sep}"
"""Defining a model makes pydantic look for its plugins, once per process. That is
not in the hands of the code that defines one."""


class Watch:
    """Notes watched events that come from a top level below ``root``/services."""

    def __init__(self, root: str) -> None:
        self._ours = f"{Path(root) / 'services'}{os.sep}"
        self.events: list[str] = []

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        """The audit hook."""
        if event in WATCHED:
            self.note(f"{event} {args[:1]}", sys._getframe(1))

    def note(self, what: str, frame: FrameType | None) -> None:
        """Keep ``what`` if our code did it while being imported.

        The innermost top level on the stack is to blame. Python's import system
        reads source files itself; that is no deed of the importing module.
        """
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith("<frozen importlib") or DEFINING in name:
                return
            if frame.f_code.co_name == "<module>":
                if name.startswith(self._ours):
                    self.events.append(f"{name}:{frame.f_lineno}: {what}")
                return
            frame = frame.f_back


def watch_environment(watch: Watch) -> None:
    """Have reads of environment variables reported too; they raise no audit event."""
    read = os._Environ.__getitem__

    def getitem(self: os._Environ[str], key: str) -> str:
        watch.note(f"environ {key}", sys._getframe(1))
        return read(self, key)

    os._Environ.__getitem__ = getitem  # type: ignore[method-assign, assignment]


def main(root: str, names: list[str]) -> None:
    """Import ``names`` and print what happened."""
    sys.path.insert(0, root)
    watch = Watch(root)
    watch_environment(watch)
    sys.addaudithook(watch)
    for name in names:
        importlib.import_module(name)
    print(json.dumps(watch.events))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
