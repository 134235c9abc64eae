"""The few headers that the wire format needs. Pure."""

from __future__ import annotations

import httpx2

_NEEDED = ("host", "authorization", "api-key", "content-type", "accept")


def needed(request: httpx2.Request) -> dict[str, str]:
    """What of a request's headers travels on.

    Client libraries add the operating system, versions and identifiers of
    their own; those stay here, and so do cookies. No ``Accept-Encoding``: a
    compressed stream arrives later and in lumps.
    """
    headers = {name: request.headers[name] for name in _NEEDED if name in request.headers}
    return {**headers, "user-agent": "Nearside"}
