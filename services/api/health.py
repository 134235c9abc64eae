"""``GET /api/health``: told from memory, so that it answers whatever is down."""

from __future__ import annotations

from typing import Any

from services.domain import BackendStatus, Site
from services.errors import StorageError
from services.ports import ChatBackend


def health(
    local: ChatBackend | None, cloud: ChatBackend | None, trouble: StorageError | None
) -> dict[str, Any]:
    """The state of the parts.

    ``degraded`` as soon as something that was set up does not work; a cloud
    that was never set up (``off``) is no fault. The engine in this program adds
    its ``runtime`` and the length of its ``queue``, the running answer included.
    """
    parts = {Site.LOCAL: _state(local), Site.CLOUD: _state(cloud)}
    history: dict[str, Any] = {"state": "down" if trouble else "ready"}
    if trouble:
        history["detail"] = trouble.sentence("en")
    broken = trouble is not None or any(part["state"] == "down" for part in parts.values())
    return {
        "status": "degraded" if broken else "ok",
        "local": parts[Site.LOCAL],
        "cloud": parts[Site.CLOUD],
        "history": history,
    }


def _state(backend: ChatBackend | None) -> dict[str, Any]:
    status = backend.status() if backend else BackendStatus("off")
    part: dict[str, Any] = {"state": status.state, "model": status.model}
    more = {"detail": status.detail, "runtime": status.runtime, "queue": status.queue}
    return part | {name: value for name, value in more.items() if value is not None}
