"""Refuses a local model whose files are not those that were made."""

from __future__ import annotations

from pathlib import Path

from services.errors import BackendUnavailable
from services.integrity import first_damaged


def verify(directory: Path) -> None:
    """Compare every file that ``SHA256SUMS`` lists with what is on disk.

    Raises:
        BackendUnavailable: the list or a file is missing, or a file differs.
    """
    if file := first_damaged(directory):
        raise BackendUnavailable("error.local_model_damaged", file=file)
