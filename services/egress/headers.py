"""The few headers that the wire format needs. Pure."""

from __future__ import annotations

from typing import Any

import httpx2

_KEYS = ("authorization", "api-key")


def needed(request: httpx2.Request) -> dict[str, str]:
    """What travels of a request's headers: its key and what HTTP demands.

    Client libraries add the operating system, versions and identifiers of
    their own; those stay here, and so do cookies. No ``Accept-Encoding``: a
    compressed stream arrives later and in lumps.
    """
    keys = {name: request.headers[name] for name in _KEYS if name in request.headers}
    return {
        "host": request.url.netloc.decode("ascii"),
        "user-agent": "Nearside",
        "accept": "text/event-stream, application/json",
        "content-type": "application/json",
        **keys,
    }


def timeouts(request: httpx2.Request) -> dict[str, Any]:
    """What travels of a request's extensions: how long to wait.

    Others could change what is sent, such as the target in the request line.
    """
    return {name: value for name, value in request.extensions.items() if name == "timeout"}
