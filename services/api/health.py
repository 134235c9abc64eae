"""``GET /api/health``: told from memory, so that it answers whatever is down."""

from __future__ import annotations

from typing import Any

from services.domain import BackendStatus, Site
from services.errors import NearsideError, StorageError
from services.ports import ChatBackend


def health(
    local: ChatBackend | None,
    cloud: ChatBackend | None,
    trouble: StorageError | None,
    unchecked: NearsideError | None = None,
) -> dict[str, Any]:
    """The state of the parts; ``unchecked`` says why the privacy check cannot work.

    ``degraded`` as soon as something that was set up does not work; a cloud
    that was never set up (``off``) is no fault. The engine in this program adds
    its ``runtime`` and the length of its ``queue``, the running answer included.
    """
    parts = {Site.LOCAL: _state(local), Site.CLOUD: _state(cloud)}
    history, privacy = _working(trouble), _working(unchecked)
    states = {part["state"] for part in (*parts.values(), history, privacy)}
    return {
        "status": "degraded" if "down" in states else "ok",
        "local": parts[Site.LOCAL],
        "cloud": parts[Site.CLOUD],
        "history": history,
        "privacy": privacy,
    }


def _working(trouble: NearsideError | None) -> dict[str, Any]:
    return {"state": "down", "detail": trouble.sentence("en")} if trouble else {"state": "ready"}


def _state(backend: ChatBackend | None) -> dict[str, Any]:
    status = backend.status() if backend else BackendStatus("off")
    part: dict[str, Any] = {"state": status.state, "model": status.model}
    more = {"detail": status.detail, "runtime": status.runtime, "queue": status.queue}
    return part | {name: value for name, value in more.items() if value is not None}
