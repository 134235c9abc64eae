"""Checksums of a model folder, in the format of ``sha256sum``."""

from __future__ import annotations

import hashlib
from pathlib import Path

from services.errors import BackendUnavailable

CHECKSUMS = "SHA256SUMS"


def verify(directory: Path) -> None:
    """Compare every file that ``SHA256SUMS`` lists with what is on disk.

    Raises:
        BackendUnavailable: the list or a file is missing, or a file differs.
    """
    try:
        lines = (directory / CHECKSUMS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise _damaged(CHECKSUMS) from None
    entries = [line.partition(" ") for line in lines if line.strip()]
    if not entries:
        raise _damaged(CHECKSUMS)
    for digest, _, name in entries:
        # sha256sum marks files that it read in binary mode with a star.
        plain = name.strip().removeprefix("*")
        try:
            with (directory / plain).open("rb") as file:
                actual = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise _damaged(plain) from None
        if actual != digest.lower():
            raise _damaged(plain)


def _damaged(file: str) -> BackendUnavailable:
    return BackendUnavailable("error.local_model_damaged", file=file)
