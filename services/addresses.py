"""Which hosts and addresses count as this computer, or as the user's own network."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this computer and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def near_name(host: str) -> str:
    """How this computer calls a server of its own that listens on ``host``, for a URL."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def is_near(address: str) -> bool:
    """Whether an IP address is loopback or private.

    An IPv4 address inside an IPv6 one counts as itself; anything that is not
    an address is not near.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_loopback or (ip.is_private and not ip.is_unspecified and not ip.is_reserved)


def is_near_host(host: str) -> bool:
    """Whether ``host`` is loopback or private by its very name.

    Names other than ``localhost`` are not looked up: what a name resolves to
    can change between the check and the request.
    """
    return host == "localhost" or host.endswith(".localhost") or is_near(host)


def near_url(value: str) -> str | None:
    """``value`` as the base address of a model server nearby; ``None`` where it is none.

    ``localhost:11434`` is enough: ``http`` and the usual path ``/v1`` are added. An
    address with a password in it is refused, as it would be kept and shown.
    """
    text = value.strip().rstrip("/")
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in {"http", "https"} or port == 0 or not plain or not is_near_host(host):
        return None
    return f"{parts.scheme}://{parts.netloc}{parts.path or '/v1'}"
