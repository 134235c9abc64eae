"""Checksums of a model folder, in the format of ``sha256sum``."""

from __future__ import annotations

import hashlib
from pathlib import Path

CHECKSUMS = "SHA256SUMS"


def first_damaged(directory: Path) -> str | None:
    """The first file that differs from ``SHA256SUMS`` in ``directory`` or is missing.

    That may be the list itself. ``None`` when every file is as listed.
    """
    try:
        lines = (directory / CHECKSUMS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return CHECKSUMS
    entries = [line.partition(" ") for line in lines if line.strip()]
    if not entries:
        return CHECKSUMS
    for digest, _, name in entries:
        # sha256sum marks files that it read in binary mode with a star.
        plain = name.strip().removeprefix("*")
        if not plain:
            return CHECKSUMS
        try:
            with (directory / plain).open("rb") as file:
                actual = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return plain
        if actual != digest.lower():
            return plain
    return None
