"""A model that can be fetched, and one that is here: frozen values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Offer:
    """A model of the catalog, in the variant that suits this computer best.

    ``size_mb`` is the download in MiB, ``None`` where the catalog does not say.
    ``device`` is ``CPU``, ``GPU`` or ``NPU``; ``task`` is a word such as
    ``chat-completion``.
    """

    alias: str
    size_mb: int | None
    licence: str
    task: str
    device: str
    here: bool

    def as_json(self) -> dict[str, Any]:
        """The fields, for the pipe between the two processes."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Present:
    """A model on this computer; ``size`` is in bytes.

    ``kind`` is ``builtin``, ``download`` or ``folder`` (the person's own).
    ``whole`` is false for a download that was interrupted.
    """

    name: str
    folder: Path
    size: int
    whole: bool = True
    kind: str = "builtin"
