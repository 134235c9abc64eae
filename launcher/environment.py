"""The folder ``.venv``: whether it fits the requirements, and making it so."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from launcher import packages
from launcher.lock import SetupLock
from launcher.sentences import LauncherError, say

APP = ("requirements.txt",)
DESKTOP = ("requirements.txt", "requirements-desktop.txt")
NOTEBOOK = ("requirements.txt", "requirements-notebook.txt")
TEST = (*DESKTOP, "requirements-notebook.txt", "requirements-test.txt")
_STAMP = "nearside.json"


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment of the copy of Nearside in ``root``."""

    root: Path

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        if sys.platform == "win32":
            return self.folder / "Scripts" / "python.exe"
        return self.folder / "bin" / "python"

    def ready(self, names: tuple[str, ...]) -> bool:
        """Whether the packages of the files ``names`` are installed; reads three small files."""
        return self._stale(self._stamp()) is None and self._holds(names)

    def ensure(self, names: tuple[str, ...]) -> None:
        """Set up what is missing; at once when nothing is.

        Raises:
            LauncherError: it could not be set up; says why and what to do.
        """
        if self.ready(names):
            return
        with SetupLock(self.root / ".venv.lock") as lock:
            if not lock.dirty and self.ready(names):
                return  # another start did it while we waited
            start = time.monotonic()
            try:
                self._set_up(names, lock)
            except OSError as error:
                raise self._translated(error) from error
            print("  " + say("done", seconds=round(time.monotonic() - start)), flush=True)

    def _set_up(self, names: tuple[str, ...], lock: SetupLock) -> None:
        stamp = self._stamp()
        reason = "reason_interrupted" if lock.dirty else self._unusable(stamp)
        if reason or not self.folder.exists():
            print(say("rebuild", reason=say(reason)) if reason else self._first(), flush=True)
            self._check_room()
            lock.mark()
            self._create(lock)
            lock.clear()
            stamp = {}
        else:
            print(say("update") if stamp else self._first(), flush=True)
        wanted = tuple(name for name in names if not self._fits(stamp, name))
        wheels = self.folder / "wheels"
        shutil.rmtree(wheels, ignore_errors=True)
        packages.fetch(self.python, [self.root / name for name in wanted], wheels, lock)
        lock.mark()
        self._stamp_path.unlink(missing_ok=True)
        packages.install(self.python, wheels, lock)
        files = {name: self._digest(name) for name in wanted}
        kept = {name: digest for name, digest in _files(stamp).items() if self._fits(stamp, name)}
        self._stamp_path.write_text(json.dumps(self._identity() | {"files": kept | files}), "utf-8")
        lock.clear()
        shutil.rmtree(wheels, ignore_errors=True)

    def _create(self, lock: SetupLock) -> None:
        base = str(getattr(sys, "_base_executable", sys.executable))
        try:
            packages.run_step("venv", [base, "-m", "venv", "--clear", str(self.folder)], lock)
        except LauncherError as error:
            if error.key == "pip_failed":
                self._check_room()  # ensurepip hides the reason of its failure
                raise LauncherError("no_venv", 1, python=base) from error
            raise

    def _first(self) -> str:
        return say("create", folder=self.folder)

    def _unusable(self, stamp: dict[str, object]) -> str | None:
        """Why an existing environment has to be made anew; ``None`` if it need not."""
        if not self.folder.exists():
            return None
        if stamp:
            return self._stale(stamp)
        return None if self._works() else "reason_broken"

    def _stale(self, stamp: dict[str, object]) -> str | None:
        identity = self._identity()
        if stamp.get("python") != identity["python"]:
            return "reason_python"
        if stamp.get("folder") != identity["folder"]:
            return "reason_moved"
        return None if self.python.exists() else "reason_python"

    def _works(self) -> bool:
        """Whether an environment without a stamp, made by other means, can be adopted."""
        probe = f"import sys, pip; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
        try:
            command = [str(self.python), "-c", probe]
            return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - our own interpreter
        except OSError:
            return False

    def _identity(self) -> dict[str, object]:
        """What an environment is bound to: kind and version of Python, and its place."""
        version = "{}.{}".format(*sys.version_info)
        python = f"{platform.python_implementation()} {version} {platform.machine()}"
        return {"python": python, "folder": str(self.folder.absolute())}

    @property
    def _stamp_path(self) -> Path:
        return self.folder / _STAMP

    def _stamp(self) -> dict[str, object]:
        """What the last finished set-up noted; empty if there is none."""
        try:
            stamp = json.loads(self._stamp_path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def _holds(self, names: tuple[str, ...]) -> bool:
        stamp = self._stamp()
        return all(self._fits(stamp, name) for name in names)

    def _fits(self, stamp: dict[str, object], name: str) -> bool:
        return _files(stamp).get(name) == self._digest(name)

    def _digest(self, name: str) -> str:
        digest = hashlib.sha256()
        for part in (name, "constraints.txt"):
            digest.update((self.root / part).read_bytes())
            digest.update(b"\0")
        return digest.hexdigest()

    def _check_room(self) -> None:
        if shutil.disk_usage(self.root).free < packages.NEEDED_MB * 1_000_000:
            raise LauncherError("no_space", 1, needed=packages.NEEDED_MB, folder=self.root)

    def _translated(self, error: OSError) -> LauncherError:
        """A sentence for an error of the file system."""
        if isinstance(error, PermissionError) or error.errno == 30:  # read-only file system
            return LauncherError("no_writing", 1, folder=self.root)
        if error.errno == 28:  # no space left
            return LauncherError("no_space", 1, needed=packages.NEEDED_MB, folder=self.root)
        raise error


def _files(stamp: dict[str, object]) -> dict[str, str]:
    files = stamp.get("files")
    return files if isinstance(files, dict) else {}
