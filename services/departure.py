"""A row of the ledger: what left this computer, or was stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.domain import Route


@dataclass(frozen=True, slots=True)
class Departure:
    """One payload that left, or was stopped at, the gate: a row of the ledger.

    ``sha256`` is the hex digest of the body, ``size`` its bytes, ``replaced`` the
    placeholders in it; ``allowed`` is false where the gate stopped it. ``text`` is
    what may be kept of it (:mod:`services.egress.transcript`).
    """

    at: datetime
    destination: str
    size: int
    sha256: str
    allowed: bool
    replaced: int = 0
    released: bool = False
    route: Route | None = None
    model: str | None = None
    text: str | None = None
